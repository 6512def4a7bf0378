"""A program under measurement: a child process on two pipes, and what is measured on it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, NoReturn, Optional, Sequence, Tuple, Type

PIECE = 1 << 20
#: An answer of its own fits this; a larger buffer for each would be measured too.
ANSWER_ROOM = 1 << 16
#: What an empty pipe takes at once.
PIPE_ROOM = 1 << 16 if sys.platform == "linux" else 16_000
WAIT_LIMIT = 10.0
#: How long a program may take for all that it is asked, in seconds; a minute is more than the longest needs.
LIFE_LIMIT = 120


class Wrong(Exception):
    """A program did not do what it was measured for, in words for the user."""


@dataclass(frozen=True)
class Program:
    """A program, and what to say to it."""

    name: str
    command: Sequence[str]
    #: What it is told first, and how many lines it answers to that.
    setup: bytes = b""
    setup_answers: int = 0
    #: One line that has one answer.
    line: bytes = b""
    #: What every right answer to it holds.
    marker: bytes = b""
    environment: Dict[str, str] = field(default_factory=dict)


class Child:
    """A running program, for a with-block. Started without Python's own machinery, which would be measured too."""

    def __init__(self, program: Program, first: bytes = b"", cpu: Optional[int] = None) -> None:
        """`first` is in the pipe before the program starts; on `cpu` it stays, with all threads that it will have."""
        self.name = program.name
        self._program = program
        self._has_ended = False
        self._writer: Optional[threading.Thread] = None
        child_input, self._input = os.pipe()
        self._output, child_output = os.pipe()
        null = os.open(os.devnull, os.O_WRONLY)
        if first:
            os.write(self._input, first)
        actions = [
            (os.POSIX_SPAWN_DUP2, child_input, 0),
            (os.POSIX_SPAWN_DUP2, child_output, 1),
            (os.POSIX_SPAWN_DUP2, null, 2),
        ]
        environment = {**os.environ, **program.environment}
        # Python ignores SIGPIPE, which a program would inherit.
        signals = [signal.SIGPIPE]
        with kept_on(cpu):
            self.started = time.perf_counter()
            self.pid = os.posix_spawn(
                program.command[0], list(program.command), environment, file_actions=actions, setsigdef=signals
            )
        for descriptor in (child_input, child_output, null):
            os.close(descriptor)

    def write(self, data: bytes) -> None:
        """Writes all of `data`; what comes back meanwhile must fit the pipe."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._input, view[:PIECE]) :]

    def read_lines(self, count: int) -> bytes:
        """Reads so many lines."""
        chunks: List[bytes] = []
        while count > 0:
            chunk = os.read(self._output, PIECE)
            if not chunk:
                raise self._ended_early(b"".join(chunks))
            chunks.append(chunk)
            count -= chunk.count(b"\n")
        return b"".join(chunks)

    def _ended_early(self, answers: bytes) -> Wrong:
        return Wrong(f"{self.name} ended before it had answered all; its last words: {answers[-300:]!r}")

    def exchange(self, data: bytes, answers: int) -> Tuple[float, bytes]:
        """Sends `data` while it reads so many lines; the seconds from first write to last line, and the lines."""
        start = time.perf_counter()
        if len(data) <= PIPE_ROOM:
            self.write(data)
        else:

            def feed() -> None:
                nonlocal start
                start = time.perf_counter()
                # That the program is gone is seen where its answers are read.
                with contextlib.suppress(BrokenPipeError):
                    self.write(data)

            self._writer = threading.Thread(target=feed, daemon=True)
            self._writer.start()
        lines = self.read_lines(answers)
        seconds = time.perf_counter() - start
        if self._writer:
            self._writer.join()
            self._writer = None
        return seconds, lines

    def ask(self, line: bytes) -> bytes:
        """Sends a line and takes its answer."""
        os.write(self._input, line)
        answer = os.read(self._output, ANSWER_ROOM)
        while not answer.endswith(b"\n"):
            more = os.read(self._output, ANSWER_ROOM)
            if not more:
                raise self._ended_early(answer)
            answer += more
        return answer

    def round_trips(self, line: bytes, count: int) -> Tuple[List[float], bytes]:
        """The seconds that each of so many exchanges of one line takes, one after the other; and the answers."""
        ask, clock = self.ask, time.perf_counter
        times, answers = [], []
        for _ in range(count):
            start = clock()
            answer = ask(line)
            times.append(clock() - start)
            answers.append(answer)
        return times, b"".join(answers)

    def elapsed(self) -> float:
        """The seconds since it was started."""
        return time.perf_counter() - self.started

    def memory(self, name: str) -> Optional[int]:
        """See `memory_of`."""
        return memory_of(self.pid, name)

    def end(self) -> float:
        """Ends its input, waits for it, and gives the processor time it used, in seconds."""
        self._close()
        deadline = time.monotonic() + WAIT_LIMIT
        while True:
            pid, _, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._has_ended = True
                return usage.ru_utime + usage.ru_stime
            if time.monotonic() > deadline:
                raise Wrong(f"{self.name} did not end within {WAIT_LIMIT:g} s of the end of its input")
            time.sleep(0.001)

    def _close(self) -> None:
        for descriptor in {self._input, self._output} - {-1}:
            os.close(descriptor)
        self._input = self._output = -1

    def _kill(self) -> None:
        """Ends it whatever it does; only then the thread that writes to it comes back."""
        signal.alarm(0)
        if not self._has_ended:
            self._has_ended = True
            os.kill(self.pid, signal.SIGKILL)
            os.wait4(self.pid, 0)
        if self._writer:
            self._writer.join()
        self._close()

    def _is_late(self, *_: object) -> None:
        raise Wrong(f"{self.name} has not answered all within {LIFE_LIMIT} s")

    def __enter__(self) -> "Child":
        # A signal, because a limit on each read would be measured too.
        signal.signal(signal.SIGALRM, self._is_late)
        signal.alarm(LIFE_LIMIT)
        try:
            if self._program.setup:
                self.write(self._program.setup)
                answers = self.read_lines(self._program.setup_answers)
                check(f"{self.name}, to start with", answers, self._program.marker, self._program.setup_answers)
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        self._kill()
        if kind is BrokenPipeError:
            raise Wrong(f"{self.name} ended before it had read all") from None


def memory_of(pid: int, name: str) -> Optional[int]:
    """VmHWM, the peak, or VmRSS, what is resident now, in bytes; None where the system doesn't tell."""
    try:
        with open(f"/proc/{pid}/status") as status:
            for row in status:
                if row.startswith(name + ":"):
                    return int(row.split()[1]) * 1024
    except FileNotFoundError:
        pass
    return None


def check(name: str, lines: bytes, marker: bytes, count: int) -> None:
    """Sees to it that so many answers are right."""
    found = lines.count(marker)
    if found != count:
        wrong = next((line for line in lines.split(b"\n") if line and marker not in line), b"")
        raise Wrong(f"{name}: {found} of {count} answers are right; the first that is not: {wrong[:300]!r}")


def can_pin() -> bool:
    """Whether parent and child can be kept on processors."""
    return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1


@contextlib.contextmanager
def kept_on(cpu: Optional[int]) -> Iterator[None]:
    """Keeps this thread, and what it starts, on a processor; None leaves it where it is."""
    if cpu is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def fail(message: str) -> NoReturn:
    """Ends the benchmark with a sentence."""
    sys.exit(f"benchmark: {message}")
