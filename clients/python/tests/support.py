"""What the tests share: the real program, the golden transcripts, the test server of the vendor's API."""

from __future__ import annotations

import faulthandler
import json
import pathlib
import queue
import re
import subprocess
import sys
import unittest
from typing import Any

from ovs_bridge import Bridge, Call, Event, find_bridge

PYTHON = pathlib.Path(__file__).resolve().parents[1]
ROOT = PYTHON.parents[1]
PROGRAM = find_bridge()
#: How many seconds may pass where something is awaited; generous, because the machine may be busy.
LIMIT = 30


class TestCase(unittest.TestCase):
    """A test that can't hang, and leaves no bridge behind."""

    def setUp(self) -> None:
        # Where a test hangs, the place is shown, and the run ends.
        faulthandler.dump_traceback_later(4 * LIMIT, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.log: list[str] = []

    def bridge(self, *options: str, **arguments: Any) -> Bridge:
        """A running bridge, which is closed with the test; its log goes to `self.log`."""
        arguments.setdefault("on_log", self.log.append)
        bridge = Bridge(PROGRAM, options, **arguments)

        def end() -> None:
            bridge.close(0)
            self.assertFalse(pathlib.Path(f"/proc/{bridge.pid}").exists(), "the bridge was left behind")

        self.addCleanup(end)
        return bridge

    def answer(self, call: Call) -> Any:
        """The data of a call that succeeds in time."""
        return call.result(LIMIT)

    def failure(self, call: Call) -> BaseException:
        """The exception of a call that fails in time."""
        error = call.exception(LIMIT)
        assert error is not None, f"{call.command} succeeded"
        return error


class Arrivals:
    """What comes from a bridge, in the order of arrival."""

    def __init__(self, bridge: Bridge) -> None:
        self._queue: queue.SimpleQueue[Event | Call] = queue.SimpleQueue()
        bridge.on_event(lambda event: self._queue.put(event))

    def watch(self, call: Call) -> Call:
        """Has the call's end put in the order."""
        call.add_done_callback(lambda _: self._queue.put(call))
        return call

    def next(self) -> Event | Call:
        """The next event, or call that has ended."""
        try:
            return self._queue.get(timeout=LIMIT)
        except queue.Empty:
            raise AssertionError(f"nothing came within {LIMIT} s") from None


class Transcript:
    """A golden transcript; Tests/Transcripts/README.md describes its form."""

    def __init__(self, path: pathlib.Path) -> None:
        self.name = path.stem
        self.options: list[str] = []
        #: Lines sent together, and the lines that must come back before more is sent.
        self.exchanges: list[tuple[list[str], list[str]]] = []
        for line in path.read_text("utf-8").split("\n"):
            if line.startswith("$ "):
                self.options = line[2:].split()
            elif line.startswith("> "):
                if not self.exchanges or self.exchanges[-1][1]:
                    self.exchanges.append(([], []))
                self.exchanges[-1][0].append(line[2:])
            elif line.startswith("< "):
                self.exchanges[-1][1].append(line[2:])

    @classmethod
    def all(cls) -> list[Transcript]:
        """All there are, of which there are more than ten."""
        transcripts = [cls(path) for path in sorted((ROOT / "Tests/Transcripts").glob("*.txt"))]
        assert len(transcripts) > 10, "transcripts are missing"
        return transcripts


class Bindings:
    """What the placeholders of a transcript stand for so far."""

    def __init__(self) -> None:
        self._values = {"backend": "sandbox", "api_domain": "null"}

    def fill(self, text: str) -> str:
        """The text with all names that are bound replaced."""
        return re.sub("<<(.+?)>>", lambda match: self._values.get(match[1], match[0]), text)

    def match(self, text: str, expected: str) -> bool:
        """Whether the text is what is expected; binds the names that are new."""
        parts = re.split("<<(.+?)>>", self.fill(expected))
        pattern = "".join(r"((?:[^\"\\]|\\.)+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        match = re.fullmatch(pattern, text)
        if match is not None:
            self._values.update(zip(parts[1::2], match.groups()))
            self._values.pop("*", None)
        return match is not None


class AMAPIServer:
    """The test server of the vendor's API; Tests/AMAPIServer/README.md says what it can be told."""

    def __init__(self, *options: str) -> None:
        program = ROOT / "Tests/AMAPIServer/amapi_server.py"
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(program), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.domain = f"http://127.0.0.1:{self._read()['http']}"

    def tell(self, do: str, **members: Any) -> Any:
        """Has it do something; returns its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **members}) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        assert answer["ok"], answer
        return answer

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=LIMIT)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the test server has ended"
        return json.loads(line)
