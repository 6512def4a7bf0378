"""What each fault looks like from the client's side of the socket."""

from __future__ import annotations

import socket
import time
import unittest
from email.utils import parsedate_to_datetime
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Dict, List

import fault_actions  # noqa: F401 (registers the faults)
from fault_rules import FAULTS
from server_under_test import PROGRAM, TIMEOUT, form_request
from test_amapi_server import OnOneServer, trusting, until_settled

ADD_ANN = form_request("AddClient", b"apikey=key&email=ann%40example.com&country=DE&type=12", close=False)
RIGHT_BODY = b'{"status":"success","username":"ann@example.com","password":"'


class RuleTests(OnOneServer):
    def statuses(self, count: int, method: str = "GetClient", email: str = "a@b") -> List[int]:
        return [self.server.call(method, email=email).status for _ in range(count)]

    def test_a_rule_strikes_once_or_so_often_or_for_ever(self) -> None:
        self.server.fault("status", status=503)
        self.assertEqual(self.statuses(2), [503, 404])
        self.server.fault("status", status=503, times=2, skip=1)
        self.assertEqual(self.statuses(4), [404, 503, 503, 404])
        self.server.fault("status", status=503, times=None)
        self.assertEqual(self.statuses(5), [503] * 5)
        self.server.control("clear")
        self.assertEqual(self.statuses(1), [404])

    def test_the_first_rule_that_matches_is_used(self) -> None:
        self.server.fault("status", status=501, method="CloseClient")
        self.server.fault("status", status=502, email="ANN@example.com")
        self.server.fault("status", status=503)
        self.assertEqual(self.statuses(2), [503, 404])
        self.assertEqual(self.statuses(2, email="ann@example.com"), [502, 404])
        self.assertEqual(self.statuses(2, method="CloseClient", email="ann@example.com"), [501, 404])
        self.assertEqual(self.server.control("stats")["rules"], 0)

    def test_the_journal_names_the_fault(self) -> None:
        self.server.fault("status", status=503, applied=True)
        self.server.add()
        entry = self.server.last_entry()
        self.assertEqual((entry["fault"], entry["status"], entry["applied"]), ("status", 503, True))


class FaultTests(OnOneServer):
    def connection(self) -> socket.socket:
        raw = socket.create_connection(("127.0.0.1", self.server.http), TIMEOUT)
        self.addCleanup(raw.close)
        return raw

    def answered(self, fault: str, request: bytes = ADD_ANN, **parameters: object) -> bytes:
        """All that comes back until the server ends the connection."""
        self.server.fault(fault, **parameters)
        raw = self.connection()
        raw.sendall(request)
        return rest(raw)

    def accounts(self) -> int:
        return len(self.server.control("accounts")["accounts"])

    def test_delay_carries_out_late(self) -> None:
        self.server.fault("delay", seconds=0.4)
        raw = self.connection()
        raw.sendall(ADD_ANN)
        self.server.control("wait", requests=1, seconds=5)
        self.assertEqual(self.accounts(), 0)
        self.assertIn(RIGHT_BODY, raw.recv(65536))

    def test_delay_reply_carries_out_at_once(self) -> None:
        self.server.fault("delay_reply", seconds=0.2)
        raw = self.connection()
        raw.sendall(ADD_ANN)
        self.server.control("wait", applied=1)
        self.assertEqual(self.accounts(), 1)
        self.assertIsNone(self.server.last_entry()["status"])
        self.assertIn(RIGHT_BODY, raw.recv(65536))

    def test_hang(self) -> None:
        self.server.fault("hang", applied=True)
        raw = self.connection()
        raw.sendall(ADD_ANN)
        self.server.control("wait", applied=1)
        raw.settimeout(0.05)
        with self.assertRaises(socket.timeout):
            raw.recv(1)
        open_before = self.server.control("stats")["connections_open"]
        raw.close()
        self.assertEqual(until_settled(self.server, "connections_open", open_before - 1), open_before - 1)

    def test_status_with_a_date_of_its_own(self) -> None:
        self.server.fault("status", status=404, headers=[["date", "Sun, 06 Nov 1994 08:49:37 GMT"]])
        raw = self.connection()
        raw.sendall(ADD_ANN)
        reply = raw.recv(65536)
        self.assertEqual(reply.lower().count(b"\r\ndate: "), 1)
        self.assertIn(b"\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", reply)

    def test_close_and_reset_before_and_after_the_change(self) -> None:
        for applied in (False, True):
            self.assertEqual(self.answered("close", applied=applied), b"")
            self.assertEqual(self.accounts(), int(applied))
            self.server.control("reset")
            with self.assertRaises(ConnectionResetError):
                self.answered("reset", applied=applied)
            self.assertEqual(self.accounts(), int(applied))
            self.server.control("reset")

    def test_close_and_reset_before_reading(self) -> None:
        self.assertEqual(self.answered("close_before_reading"), b"")
        with self.assertRaises(ConnectionResetError):
            self.answered("reset_before_reading")
        self.assertEqual(self.server.control("stats")["requests"], 0)
        kept = self.server.connect()
        self.server.call("GetClient", kept, email="a@b")
        self.server.fault("close_before_reading")
        with self.assertRaises(RemoteDisconnected):
            self.server.call("GetClient", kept, email="a@b")
        kept.close()

    def test_refuse_connections(self) -> None:
        self.server.fault("refuse_connections", times=2)
        for _ in range(2):
            with self.assertRaises(OSError):
                self.server.call("GetClient", email="a@b")
        self.assertEqual(self.server.call("GetClient", email="a@b").status, 404)

    def test_status(self) -> None:
        self.server.fault("status", status=503, body="busy", content_type="text/x", headers=[["X-A", "b"]])
        answer = self.server.add()
        self.assertEqual((answer.status, answer.text, answer.headers["X-A"]), (503, "busy", "b"))
        self.assertEqual(answer.headers["Content-Type"], "text/x")
        self.assertEqual(self.accounts(), 0)
        self.server.fault("status", status=204, applied=True)
        answer = self.server.add()
        self.assertEqual((answer.status, answer.headers["Content-Length"]), (204, None))
        self.assertEqual(self.accounts(), 1)

    def test_retry_after(self) -> None:
        self.server.fault("retry_after", seconds=7)
        answer = self.server.add()
        self.assertEqual((answer.code, answer.status, answer.headers["Retry-After"]), ("RATE_LIMITED", 429, "7"))
        self.server.fault("retry_after", seconds=60, form="date")
        wait = parsedate_to_datetime(self.server.add().headers["Retry-After"]).timestamp() - time.time()
        self.assertTrue(55 < wait <= 60, wait)

    def test_truncated(self) -> None:
        self.server.fault("truncated", sent=5)
        with self.assertRaises(IncompleteRead) as raised:
            self.server.add()
        self.assertEqual(raised.exception.partial, b'{"sta')
        self.assertEqual(self.accounts(), 1)
        self.assertNotIn(b'"}', self.answered("truncated", sent=100000, applied=False))

    def test_truncated_head(self) -> None:
        self.assertEqual(self.answered("truncated_head", sent=10), b"HTTP/1.1 2")
        self.assertEqual(self.accounts(), 1)
        half = self.answered("truncated_head", applied=False)
        self.assertIn(b"\r\nDate", half)
        self.assertNotIn(b"\r\n\r\n", half)

    def test_right_replies_told_otherwise(self) -> None:
        faults: Dict[str, Dict[str, float]] = {
            "drip": {"seconds": 0.0001},
            "chunked": {},
            "continue": {},
            "split": {},
            "delay": {"seconds": 0},
        }
        for fault, parameters in faults.items():
            with self.subTest(fault=fault):
                self.server.control("reset")
                self.server.fault(fault, **parameters)
                connection = self.server.connect()
                answer = self.server.add(over=connection)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.json["username"], "ann@example.com")
                self.assertEqual(answer.headers["Content-Length"] is None, fault == "chunked")
                self.assertEqual(self.server.last_entry()["fault"], fault)
                self.assertEqual(self.server.call("GetClient", connection, email="ann@example.com").status, 200)
                connection.close()

    def test_close_after_reply(self) -> None:
        answer = self.answered("close_after_reply", ADD_ANN.replace(b"Host", b"Connection: close\r\nHost"))
        self.assertIn(RIGHT_BODY, answer)
        self.assertNotIn(b"Connection", answer)

    def test_body(self) -> None:
        for text, sent in {"": b"", "<html>": b"<html>", '{"status":1}': b'{"status":1}', "\udcff": b"\xff"}.items():
            self.server.fault("body", body=text)
            raw = self.connection()
            raw.sendall(ADD_ANN.replace(b"Host", b"Connection: close\r\nHost"))
            self.assertEqual(rest(raw).partition(b"\r\n\r\n")[2], sent)
        self.assertEqual(self.accounts(), 0)

    def test_huge(self) -> None:
        for size in (0, 10, 40, 200_000):
            for chunked in (False, True):
                self.server.fault("huge", bytes=size, chunked=chunked)
                answer = self.server.add()
                self.assertEqual(len(answer.text), size)
                self.assertEqual(answer.headers["Content-Length"], None if chunked else str(size))
                if size >= 40:
                    self.assertEqual(answer.json["status"], "success")

    def test_without_end(self) -> None:
        for fault, parameters in {"huge": {"bytes": None}, "endless_headers": {}}.items():
            self.server.fault(fault, **parameters)
            open_before = self.server.control("stats")["connections_open"]
            raw = self.connection()
            raw.sendall(ADD_ANN)
            received = 0
            while received < 3_000_000:
                received += len(raw.recv(65536))
            raw.close()
            self.assertEqual(until_settled(self.server, "connections_open", open_before), open_before)

    def test_what_is_no_http(self) -> None:
        self.server.fault("garbage")
        with self.assertRaises(BadStatusLine):
            self.server.add()
        self.assertTrue(self.answered("old_http", applied=True).startswith(RIGHT_BODY))

    def test_redirect(self) -> None:
        self.server.fault("redirect", location="https://other.example/")
        answer = self.server.add()
        self.assertEqual((answer.status, answer.headers["Location"]), (307, "https://other.example/"))
        self.assertEqual(self.accounts(), 0)

    def test_echo(self) -> None:
        self.server.fault("echo")
        answer = self.server.call("GetClient", bearer="token", email="a@b", password="secret")
        self.assertEqual((answer.status, answer.code), (400, "BAD_REQUEST"))
        self.assertIn("password=secret with Bearer token", answer.json["message"])

    def test_faults_over_tls(self) -> None:
        for fault in (
            "truncated",
            "close",
            "reset",
            "reset_before_reading",
            "close_before_reading",
            "refuse_connections",
        ):
            with self.subTest(fault=fault):
                self.server.fault(fault)
                connection = self.server.connect(trusting())
                with self.assertRaises((IncompleteRead, OSError)):
                    self.server.call("GetClient", connection, email="a@b")
                connection.close()

    def test_every_fault_is_in_the_manual(self) -> None:
        text = (PROGRAM.parent / "README.md").read_text(encoding="utf-8")
        for name in FAULTS:
            self.assertIn(f"`{name}`", text)


def rest(raw: socket.socket) -> bytes:
    received = b""
    while piece := raw.recv(65536):
        received += piece
    return received


if __name__ == "__main__":
    unittest.main()
