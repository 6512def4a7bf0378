"""A bridge under load: a child process whose pipes never make the loop wait."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from typing import Callable, List, NamedTuple, Set

from books import TRAPPED, Books, Ledger
from footprint import ALLOCATOR, Footprint, footprint
from load import Line

PIECE = 1 << 16
#: What may wait to be written before no more is sent.
ENOUGH = 1 << 18
END_LIMIT = 10.0


class Kind(NamedTuple):
    """A kind of bridge: its name in the report, its options, and how much it is asked at a time."""

    name: str
    options: List[str]
    #: The mean of the seconds between bursts.
    pause: float
    #: So many more lives than one in a burst, at most.
    lives: int
    #: No burst is sent while so many commands are open.
    most_open: int
    #: So many connections may be kept; with none it is on the sandbox.
    connections: int = 0
    #: Whether it is there from the beginning to the end; its memory and descriptors are to stay flat.
    is_lasting: bool = False

    @property
    def is_sandbox(self) -> bool:
        return self.connections == 0


class BridgeUnderLoad:
    """A running bridge. It calls `on_end` when the process is gone."""

    def __init__(
        self,
        program: str,
        kind: Kind,
        books: Books,
        selector: selectors.BaseSelector,
        on_end: Callable[[BridgeUnderLoad], None],
    ) -> None:
        self.kind = kind
        self.ledger = Ledger(books, kind.name, kind.is_sandbox)
        self._books = books
        self._selector = selector
        self._on_end = on_end
        self._unwritten = bytearray()
        self._partial = b""
        self._last_words = b""
        self._is_closing = False
        self._is_stalled = False
        #: The statuses with which it may end: with none before it is asked to.
        self._statuses: Set[int] = set()
        self._may_leave_open = False
        environment = {**os.environ, "OVS_API_KEY": "key", "no_proxy": "*", **(ALLOCATOR if kind.is_lasting else {})}
        pipe = subprocess.PIPE
        command = [program, "--log-level", "error", "--parent-pid", str(os.getpid()), *kind.options]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._input, self._output, self._log = self._process.stdin, self._process.stdout, self._process.stderr
        for stream in (self._input, self._output, self._log):
            os.set_blocking(stream.fileno(), False)
        selector.register(self._output, selectors.EVENT_READ, self._read_output)
        selector.register(self._log, selectors.EVENT_READ, self._read_log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_idle(self) -> bool:
        return not self.ledger.open

    @property
    def is_ending(self) -> bool:
        return bool(self._statuses)

    @property
    def takes_more(self) -> bool:
        """Whether another burst may be sent."""
        return len(self.ledger.open) < self.kind.most_open and len(self._unwritten) < ENOUGH and not self.is_ending

    @property
    def has_all(self) -> bool:
        """Whether all that was sent has been written."""
        return not self._unwritten

    def footprint(self) -> Footprint:
        return footprint(self.pid)

    def send(self, lines: List[Line]) -> None:
        for line in lines:
            for command in line.commands:
                self.ledger.send(command)
            self._unwritten += line.text
        self._write()

    # How it is disturbed, and ended

    def stall(self, is_stalled: bool) -> None:
        """Stops to read its answers, or goes on."""
        if is_stalled == self._is_stalled or self._output.closed:
            return
        self._is_stalled = is_stalled
        if is_stalled:
            self._selector.unregister(self._output)
        else:
            self._selector.register(self._output, selectors.EVENT_READ, self._read_output)

    def end_input(self) -> None:
        """All that was sent is to be answered."""
        self._statuses = {0}
        self._is_closing = True
        self._write()

    def terminate(self) -> None:
        """All that was sent is to be answered, if only by a refusal."""
        self._statuses = {0}
        self._process.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """Closes both pipes: it ends when it has an answer, or nothing more to do."""
        self._statuses = {0, 74}
        self._may_leave_open = True
        self._unwritten.clear()
        self._close_input()
        self._close_output()

    def kill(self) -> None:
        self._statuses = {-signal.SIGKILL}
        self._may_leave_open = True
        self._process.kill()

    # Pipes

    def _write(self) -> None:
        if self._input.closed:
            return
        try:
            while self._unwritten:
                written = os.write(self._input.fileno(), memoryview(self._unwritten)[:PIECE])
                del self._unwritten[:written]
        except BlockingIOError:
            self._wait_for_room(True)
            return
        except BrokenPipeError:
            # That it is gone is seen where its answers are read.
            self._unwritten.clear()
        self._wait_for_room(False)
        if self._is_closing:
            self._close_input()

    def _wait_for_room(self, is_waiting: bool) -> None:
        is_registered = self._input in self._selector.get_map()
        if is_waiting and not is_registered:
            self._selector.register(self._input, selectors.EVENT_WRITE, self._write)
        elif is_registered and not is_waiting:
            self._selector.unregister(self._input)

    def _close_input(self) -> None:
        if not self._input.closed:
            self._wait_for_room(False)
            self._input.close()

    def _close_output(self) -> None:
        if not self._output.closed:
            self.stall(True)
            self._output.close()

    def _read_output(self) -> None:
        piece = os.read(self._output.fileno(), PIECE)
        if not piece:
            self._close_output()
            return
        lines = (self._partial + piece).split(b"\n")
        self._partial = lines.pop()
        for line in lines:
            self.ledger.take(line)

    def _read_log(self) -> None:
        """The log's end is that of the process."""
        piece = os.read(self._log.fileno(), PIECE)
        self._last_words = (self._last_words + piece)[-2000:]
        if not piece:
            self._end()

    def _end(self) -> None:
        self._selector.unregister(self._log)
        self._log.close()
        self.stall(False)
        if not self._output.closed:
            # What it said last lies in the pipe, whole.
            os.set_blocking(self._output.fileno(), True)
            while not self._output.closed:
                self._read_output()
        self._close_input()
        status = self._process.wait(END_LIMIT)
        if status not in self._statuses:
            words = self._last_words.decode(errors="replace").strip()
            self._books.find(TRAPPED, f"{self.kind.name} ended with {_words(status)}; its last words: {words}")
        self.ledger.close(self._may_leave_open)
        self._on_end(self)

    def abolish(self) -> None:
        """Kills it whatever it does, if it is still there."""
        self._process.kill()
        self._process.wait()
        self._close_input()
        self._close_output()
        self._log.close()


def _words(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
