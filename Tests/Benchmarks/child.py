"""A program under measurement: a child process on two pipes, and what is measured on it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

PIECE = 1 << 20
#: What an empty pipe takes on every system.
PIPE_ROOM = 16_000
WAIT_LIMIT = 10.0


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
    """A running program. Started without Python's own machinery, which would be measured too."""

    def __init__(self, program: Program, first: bytes = b"") -> None:
        self.name = program.name
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
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(program.command[0], list(program.command), environment, file_actions=actions)
        for descriptor in (child_input, child_output, null):
            os.close(descriptor)
        if program.setup:
            self.write(program.setup)
            self.read_lines(program.setup_answers)

    def write(self, data: bytes) -> None:
        """Writes all of `data`; it must fit the pipe."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._input, view[:PIECE]) :]

    def read_lines(self, count: int) -> bytes:
        """Reads so many lines."""
        chunks: List[bytes] = []
        while count > 0:
            chunk = os.read(self._output, PIECE)
            if not chunk:
                raise Wrong(
                    f"{self.name} ended before it had answered all; its last words: {b''.join(chunks)[-300:]!r}"
                )
            chunks.append(chunk)
            count -= chunk.count(b"\n")
        return b"".join(chunks)

    def exchange(self, data: bytes, answers: int) -> Tuple[float, bytes]:
        """Sends `data` while it reads so many lines; the seconds that took, and the lines."""
        writer = threading.Thread(target=self.write, args=(data,))
        start = time.perf_counter()
        if len(data) <= PIPE_ROOM:
            self.write(data)
        else:
            writer.start()
        lines = self.read_lines(answers)
        seconds = time.perf_counter() - start
        if len(data) > PIPE_ROOM:
            writer.join()
        return seconds, lines

    def ask(self, line: bytes) -> bytes:
        """Sends a line and takes its answer."""
        os.write(self._input, line)
        answer = os.read(self._output, PIECE)
        while not answer.endswith(b"\n"):
            answer += os.read(self._output, PIECE)
        return answer

    def round_trips(self, line: bytes, count: int) -> List[float]:
        """The seconds that each of so many exchanges of one line takes, one after the other."""
        write, read, clock = os.write, os.read, time.perf_counter
        output, descriptor = self._output, self._input
        times = []
        for _ in range(count):
            start = clock()
            write(descriptor, line)
            while not read(output, PIECE).endswith(b"\n"):
                pass
            times.append(clock() - start)
        return times

    def elapsed(self) -> float:
        """The seconds since it was started."""
        return time.perf_counter() - self.started

    def memory(self, name: str) -> Optional[int]:
        """VmHWM, the peak, or VmRSS, what is resident now, in bytes; None where the system doesn't tell."""
        try:
            with open(f"/proc/{self.pid}/status") as status:
                for row in status:
                    if row.startswith(name + ":"):
                        return int(row.split()[1]) * 1024
        except FileNotFoundError:
            pass
        return None

    def pin(self, cpu: int) -> None:
        """Keeps it on one processor."""
        os.sched_setaffinity(self.pid, {cpu})

    def end(self) -> float:
        """Ends its input, waits for it, and gives the processor time it used, in seconds."""
        os.close(self._input)
        os.close(self._output)
        deadline = time.monotonic() + WAIT_LIMIT
        while True:
            pid, _, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                return usage.ru_utime + usage.ru_stime
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.wait4(self.pid, 0)
                raise Wrong(f"{self.name} did not end within {WAIT_LIMIT:g} s of the end of its input")
            time.sleep(0.001)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.wait4(self.pid, 0)


def check(name: str, lines: bytes, marker: bytes, count: int) -> None:
    """Sees to it that so many answers are right."""
    found = lines.count(marker)
    if found != count:
        wrong = next((line for line in lines.split(b"\n") if line and marker not in line), b"")
        raise Wrong(f"{name}: {found} of {count} answers are right; the first that is not: {wrong[:300]!r}")


def can_pin() -> bool:
    """Whether parent and child can be kept on processors."""
    return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1


def fail(message: str) -> None:
    """Ends the benchmark with a sentence."""
    sys.exit(f"benchmark: {message}")
