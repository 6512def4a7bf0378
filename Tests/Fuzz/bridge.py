"""A bridge under test: a process that is told lines, and must live until it is let go."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, List, Sequence

PIECE = 1 << 18

#: Without a proxy, which would be asked in the service's place, and without the reports of crashes, which take time.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and name[:4] != "OVS_"},
    "SWIFT_BACKTRACE": "enable=no",
}

_EVENT = re.compile(rb'\{"notification":(1100|1101|1200),|\{"jsonrpc":"2\.0","method":')


class Died(Exception):
    """The bridge did not do what it must always do, in a sentence."""


class Bridge:
    """A running bridge, for a with-block."""

    #: How long it may be silent while answers are awaited, and how long it may take to end, in seconds.
    patience = 15.0

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self._command = [str(folder / "ovs-bridge"), *options]
        #: The lines that were answers and no events, and those that were events.
        self.answers: List[bytes] = []
        self.events: List[bytes] = []

    def __enter__(self) -> "Bridge":
        # A file, because nobody reads along.
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=ENVIRONMENT,
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self._rest = b""
        self._writer = threading.Thread()
        return self

    def tell(self, data: bytes) -> None:
        """Writes `data` while the answers are read."""

        def write() -> None:
            view = memoryview(data)
            # That the bridge is gone is seen where its answers are read.
            with contextlib.suppress(BrokenPipeError):
                while view:
                    view = view[os.write(self._input.fileno(), view[:PIECE]) :]

        self._writer = threading.Thread(target=write, daemon=True)
        self._writer.start()

    def take(self, count: int) -> None:
        """Reads until there are so many answers."""
        while len(self.answers) < count:
            if not self._read():
                raise Died(f"it ended with {len(self.answers)} of {count} answers, {self._how()}")

    def memory(self) -> int:
        """The most memory that it had, in bytes; 0 where the system doesn't tell."""
        with contextlib.suppress(OSError), open(f"/proc/{self._process.pid}/status") as status:
            for row in status:
                if row.startswith("VmHWM:"):
                    return int(row.split()[1]) * 1024
        return 0

    def end(self, last: bytes = b"") -> None:
        """Says `last`, ends the input and takes what still comes."""
        with contextlib.suppress(BrokenPipeError):
            if last:
                os.write(self._input.fileno(), last)
            self._input.close()
        while self._read():
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self.patience)
        if self._process.returncode != 0:
            raise Died(f"it did not end well: {self._how()}")
        if self._rest:
            raise Died(f"its last line has no end: {self._rest[-200:]!r}")

    def errors(self) -> bytes:
        """What it said on stderr."""
        self._errors.seek(0)
        return self._errors.read()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._output], [], [], self.patience)
        if not ready:
            raise Died(f"it has been silent for {self.patience:g} s after {len(self.answers)} answers")
        piece = os.read(self._output.fileno(), PIECE)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            (self.events if _EVENT.match(line) else self.answers).append(line)
        return bool(piece)

    def _how(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.returncode
        if status is None:
            return "and runs on"
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"{how}; its last words: {self.errors()[-300:]!r}"

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._writer.ident:
            self._writer.join()
        for stream in (self._input, self._output, self._errors):
            stream.close()
