"""The golden transcripts, line by line and as calls."""

from __future__ import annotations

import json
import os
import queue
import unittest
from typing import Any

from ovs_bridge import Call, Event, LineProcess, OVSError
from tests.support import LIMIT, PROGRAM, Arrivals, Bindings, TestCase, Transcript

#: Conversations that are native throughout, of envelopes that this client can make.
AS_CALLS = ["account-life-native", "due-dates", "not-whitelisted", "seed-samples"]


class TranscriptTests(TestCase):
    def test_lines(self) -> None:
        """A conversation goes as its transcript says."""
        for transcript in Transcript.all():
            with self.subTest(transcript.name):
                lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
                ends: queue.SimpleQueue[int] = queue.SimpleQueue()
                environment = {name: value for name, value in os.environ.items() if not name.startswith("OVS_")}
                process = LineProcess(
                    [PROGRAM, *transcript.options],
                    on_line=lines.put,
                    on_end=ends.put,
                    on_log=lambda line: self.log.append(line.decode()),
                    env=environment,
                )
                self.addCleanup(process.close, 0, LIMIT)
                bindings = Bindings()
                for sent, expected in transcript.exchanges:
                    for line in sent:
                        process.send(bindings.fill(line).encode() + b"\n")
                    for line in expected:
                        came = lines.get(timeout=LIMIT).decode().rstrip("\n")
                        self.assertTrue(
                            bindings.match(came, line), f"after\n> {sent}\nexpected\n< {line}\ngot\n< {came}"
                        )
                self.assertEqual(process.close(LIMIT, LIMIT), 0)
                self.assertEqual(ends.get(timeout=LIMIT), 0)
                self.assertTrue(lines.empty(), "more came than was expected")

    def test_calls(self) -> None:
        """A call has all that its answer holds."""
        for transcript in Transcript.all():
            if transcript.name not in AS_CALLS:
                continue
            with self.subTest(transcript.name):
                bridge = self.bridge(*transcript.options)
                arrivals = Arrivals(bridge)
                bindings = Bindings()
                for sent, expected in transcript.exchanges:
                    ids = {}
                    for line in sent:
                        envelope = json.loads(bindings.fill(line))
                        timeout = envelope["timeout_ms"] / 1000 if "timeout_ms" in envelope else None
                        call = bridge.submit(envelope["cmd"], envelope.get("data"), timeout=timeout)
                        ids[call.id] = envelope.get("id")
                        arrivals.watch(call)
                    for line in expected:
                        came = arrivals.next()
                        text = line_of(came, ids, line)
                        self.assertTrue(bindings.match(text, line), f"expected\n< {line}\ngot\n< {text}")


def line_of(came: Event | Call, ids: dict[int, Any], expected: str) -> str:
    """What came as the line it was, but that a call leaves the notification's number and name to its command."""
    if isinstance(came, Event):
        return native(notification=came.notification, name=came.name, error=0, error_name="OVS_ERR_OK", data=came.data)
    error = came.exception()
    if error is None:
        rest = {"error": 0, "error_name": "OVS_ERR_OK", "data": came.result()}
    else:
        assert isinstance(error, OVSError)
        rest = {"error": error.number, "error_name": error.name, "data": None, "message": error.message}
        rest.update(retryable=error.retryable, details=error.details)
    if ids[came.id] is not None:
        rest["id"] = ids[came.id]
    return expected[: expected.index('"error"')] + native(**rest)[1:]


def native(**members: Any) -> str:
    """A line as the bridge writes it."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    unittest.main()
