"""The server as a process: its HTTP, its TLS, its control protocol, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional

from server_under_test import GET_ANN, PROGRAM, TIMEOUT, ServerUnderTest, form_request


class OnOneServer(unittest.TestCase):
    """Tests that share a server and find it as new."""

    server: ServerUnderTest

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = ServerUnderTest()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def setUp(self) -> None:
        self.server.control("reset")


class HTTPTests(OnOneServer):
    def test_a_connection_is_kept_alive_until_either_side_says_otherwise(self) -> None:
        connection = self.server.connect()
        for _ in range(3):
            self.assertEqual(self.server.call("GetClient", connection, email="a@b").code, "CLIENT_NOT_FOUND")
        entries = self.server.control("journal")["entries"]
        self.assertEqual([entry["on_connection"] for entry in entries], [1, 2, 3])
        self.assertEqual(len({entry["connection"] for entry in entries}), 1)
        connection.close()
        answer = self.server.send(GET_ANN, end=False)
        self.assertTrue(answer.startswith(b"HTTP/1.1 404 Not Found\r\n"))
        self.assertIn(b"\r\nConnection: close\r\n", answer)
        self.assertTrue(self.server.send(GET_ANN.replace(b"HTTP/1.1", b"HTTP/1.0"), end=False))

    def test_a_reply_is_json_with_its_length(self) -> None:
        answer = self.server.add(email="Ännchen@example.com", first_name="+ & =")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.text.encode()))
        self.assertEqual(answer.json["status"], "success")
        self.assertEqual(answer.json["username"], "Ännchen@example.com")
        self.assertEqual(self.server.last_entry()["fields"][-1], ["first_name", "+ & ="])

    def test_requests_may_come_in_pieces_or_at_once(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.http), TIMEOUT) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in form_request(close=False):
                raw.sendall(bytes([byte]))
            self.assertIn(b"CLIENT_NOT_FOUND", raw.recv(65536))
        answers = self.server.send(form_request(close=False) + GET_ANN)
        self.assertEqual(answers.count(b"CLIENT_NOT_FOUND"), 2)

    def test_a_body_of_a_mebibyte_and_no_more(self) -> None:
        body = b"apikey=" + b"k" * (1024 * 1024 - 7)
        self.assertIn(b"MISSING_FIELD", self.server.send(form_request(body=body)))
        self.assertTrue(self.server.send(form_request(body=body + b"k")).startswith(b"HTTP/1.1 413 "))

    def test_continue_is_said_to_those_who_wait_for_it(self) -> None:
        head, _, body = GET_ANN.replace(b"Host", b"Expect: 100-continue\r\nHost").partition(b"\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.http), TIMEOUT) as raw:
            raw.sendall(head + b"\r\n\r\n")
            self.assertEqual(raw.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            raw.sendall(body)
            self.assertTrue(raw.recv(65536).startswith(b"HTTP/1.1 404 "))
        self.assertTrue(self.server.send(GET_ANN.replace(b"Host", b"Expect: tea\r\nHost")).startswith(b"HTTP/1.1 417 "))

    def test_what_no_client_should_send_is_told_what_is_wrong(self) -> None:
        for bad, why in {
            GET_ANN.replace(b"POST", b"GET"): "must be a POST",
            GET_ANN.replace(b"POST", b"PUT"): "must be a POST",
            GET_ANN.replace(b"GetClient", b"GetClient?"): "query string",
            GET_ANN.replace(b"GetClient", b"GetClient?apikey=key"): "query string",
            GET_ANN.replace(b"x-www-form-urlencoded", b"json"): "x-www-form-urlencoded",
            GET_ANN.replace(b"Content-Type", b"X-Content-Type"): "x-www-form-urlencoded",
            GET_ANN.replace(b"Content-Length", b"X-Length"): "Content-Length is missing",
            GET_ANN.replace(b"Content-Length: ", b"Content-Length: +"): "Content-Length is no number",
            GET_ANN.replace(b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: "): "stands 2 times",
            GET_ANN.replace(b"Content-Length", b"Transfer-Encoding: chunked\r\nX-Length"): "Transfer-Encoding",
            GET_ANN.replace(b"Host: localhost\r\n", b""): "Host is missing",
            GET_ANN.replace(b"Host:", b"Host :"): "line 2",
            GET_ANN.replace(b"localhost", b"l\xc3\xb6calhost"): "line 2",
            GET_ANN.replace(b"POST /", b"POST  /"): "request line",
            GET_ANN.replace(b"HTTP/1.1", b"HTTP/2"): "request line",
            GET_ANN.replace(b"\r\n", b"\n"): "LF without CR",
            GET_ANN.replace(b"Host", b"Authorization: Basic YTpi\r\nHost"): "no bearer token",
            form_request(body=b"apikey=key&email=a%40b&colour=red"): "no field colour",
            form_request(body=b"apikey=key&email=a%40b&country=DE"): "no field country",
            form_request(body=b"apikey=key&email=a%40b&email=a%40b"): "email stands twice",
            form_request(body=b"apikey=key&email=%ff"): "not UTF-8",
            form_request(body=b"apikey=key&email=\xc3\xa4"): "percent-encoded",
            form_request(body=b"apikey=key&email=a%4"): "without its digits",
            form_request(body=b"apikey=key&&email=a%40b"): "no equals sign",
        }.items():
            with self.subTest(why=why, request=bad):
                head, _, body = self.server.send(bad).partition(b"\r\n\r\n")
                self.assertTrue(head.startswith(b"HTTP/1.1 400 Bad Request\r\n"), head)
                error = json.loads(body)
                self.assertEqual((error["status"], error["code"]), ("error", "BAD_REQUEST"))
                self.assertIn(why, error["message"])
                self.assertEqual(self.server.last_entry()["status"], 400)

    def test_unknown_methods_and_paths_are_answered_in_html(self) -> None:
        for path in (b"/api/amapi/DropClient", b"/api/amapi/getclient", b"/api/amapi/", b"/api/GetClient", b"/"):
            answer = self.server.send(GET_ANN.replace(b"/api/amapi/GetClient", path))
            self.assertTrue(answer.startswith(b"HTTP/1.1 404 Not Found\r\n"))
            self.assertIn(b"\r\nContent-Type: text/html", answer)

    def test_refusals_have_their_statuses(self) -> None:
        self.assertEqual(self.server.add(plan="13").status, 422)
        tokens = self.server.add(password="pw").json
        wrong = self.server.call("GetClient", email="ann@example.com", password="wrong")
        self.assertEqual((wrong.status, wrong.code), (401, "INVALID_PASSWORD"))
        self.assertEqual(wrong.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(self.server.add().status, 409)
        other = self.server.call("GetClient", bearer=tokens["short_token"], email="bob@example.com")
        self.assertEqual((other.status, other.code), (403, "OTHER_ACCOUNT"))

    def test_dozens_of_clients_at_once(self) -> None:
        def live(number: int) -> None:
            connection = self.server.connect()
            email = f"{number}@example.com"
            codes = [self.server.add(email, over=connection).status]
            codes += [self.server.call("GetClient", connection, email=email).status for _ in range(20)]
            codes += [self.server.call("CloseClient", connection, email=email).status]
            connection.close()
            results.append(set(codes))

        results: List[Any] = []
        threads = [threading.Thread(target=live, args=(number,)) for number in range(48)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [{200}] * 48)
        self.assertEqual(self.server.control("stats")["requests"], 48 * 22)


class ControlTests(OnOneServer):
    def test_the_journal_tells_a_request_as_it_came(self) -> None:
        self.server.add("a+b@example.com", password="ä&")
        self.server.call("GetClient", bearer="token", email="a+b@example.com")
        added, got = self.server.control("journal")["entries"]
        self.assertEqual([added["n"], got["n"]], [1, 2])
        self.assertEqual((added["method"], added["path"], added["query"]), ("POST", "/api/amapi/AddClient", None))
        self.assertIn(["Content-Type", "application/x-www-form-urlencoded"], added["headers"])
        self.assertEqual(added["body"], "apikey=key&email=a%2Bb%40example.com&country=DE&type=12&password=%C3%A4%26")
        self.assertEqual(dict(added["fields"])["password"], "ä&")
        self.assertEqual((added["applied"], added["status"], added["bearer"]), (True, 200, None))
        self.assertEqual((got["applied"], got["status"], got["bearer"]), (False, 401, "token"))
        self.assertEqual((added["tls"], added["fault"]), (None, None))
        self.assertLess(added["time"], got["time"])
        self.assertEqual(self.server.control("journal", since=1)["entries"], [got])

    def test_mails_and_accounts(self) -> None:
        self.server.add(plan="6")
        self.server.call("ResetPassword", email="ann@example.com")
        (mail,) = self.server.control("mails")["mails"]
        self.assertEqual(mail["to"], "ann@example.com")
        self.assertEqual(self.server.control("mails", since=1)["mails"], [])
        (account,) = self.server.control("accounts")["accounts"]
        self.assertEqual((account["email"], account["plan"], account["changes"]), ("ann@example.com", "6", 2))

    def test_waiting_ends_with_the_request(self) -> None:
        self.assertFalse(self.server.control_line('{"do":"wait","requests":1,"seconds":0}')["ok"])
        timer = threading.Timer(0.1, self.server.call, ("GetClient",), {"email": "a@b"})
        timer.start()
        self.assertEqual(self.server.control("wait", requests=1, seconds=5)["requests"], 1)
        timer.join()

    def test_idle_connections_are_closed(self) -> None:
        for tls in (None, trusting()):
            idle = [self.server.connect(tls) for _ in range(3)]
            for connection in idle:
                self.server.call("GetClient", connection, email="a@b")
            busy = self.server.connect(tls)
            busy.connect()
            self.assertEqual(self.server.control("close_idle")["closed"], 3)
            for connection in idle:
                # Seen as an end in order, also by TLS, which would raise an SSLEOFError at a mere end of TCP.
                self.assertEqual(connection.sock.recv(1), b"")
                connection.close()
            self.assertEqual(self.server.call("GetClient", busy, email="a@b").status, 404)
            busy.close()

    def test_tokens_are_expired_and_time_passes(self) -> None:
        token = self.server.add().json["short_token"]
        self.assertEqual(self.server.control("expire_tokens", kind="short")["expired"], 1)
        self.assertEqual(self.server.call("GetClient", bearer=token, email="ann@example.com").status, 401)
        self.server.control("advance", seconds=400 * 24 * 60 * 60)
        self.assertEqual(self.server.call("GetClient", email="ann@example.com").code, "NO_ACTIVE_PLAN")
        self.server.control("advance", seconds=-400 * 24 * 60 * 60)

    def test_mistaken_commands_are_told(self) -> None:
        for line in (
            "nonsense",
            "[]",
            "{}",
            '{"do":1}',
            '{"do":"dance"}',
            '{"do":"stats","since":1}',
            '{"do":"journal","since":"1"}',
            '{"do":"expire_tokens","kind":"tall"}',
            '{"do":"fault"}',
            '{"do":"fault","fault":"flood"}',
            '{"do":"fault","fault":"delay"}',
            '{"do":"fault","fault":"delay","seconds":"1"}',
            '{"do":"fault","fault":"delay","seconds":1,"times":-1}',
            '{"do":"fault","fault":"hang","method":"getclient"}',
            '{"do":"fault","fault":"hang","sent":1}',
            '{"do":"fault","fault":"refuse_connections","method":"GetClient"}',
        ):
            answer = self.server.control_line(line)
            self.assertEqual(answer["ok"], False, line)
            self.assertTrue(answer["error"], line)

    def test_stats(self) -> None:
        before = self.server.control("stats")
        connection = self.server.connect(trusting())
        self.server.add(over=connection)
        stats = self.server.control("stats")
        gained = {name: stats[name] - before[name] for name in stats if name != "connections_open"}
        self.assertEqual(
            gained,
            {
                "connections_accepted": 1,
                "tls_handshakes": 1,
                "tls_failures": 0,
                "requests": 1,
                "applied": 1,
                "rules": 0,
            },
        )
        self.assertGreaterEqual(stats["connections_open"], 1)
        connection.close()


class TLSTests(unittest.TestCase):
    def test_each_certificate_is_what_its_name_says(self) -> None:
        for certificate, problem in {
            "server": None,
            "expired": "certificate has expired",
            "wrong-host": "Hostname mismatch",
            "untrusted": "self.signed certificate",
        }.items():
            server = ServerUnderTest("--certificate", certificate)
            self.addCleanup(server.stop)
            with self.subTest(certificate=certificate):
                connection = server.connect(trusting())
                if problem:
                    with self.assertRaisesRegex(ssl.SSLCertVerificationError, problem):
                        server.call("GetClient", connection, email="a@b")
                    self.assertEqual(until_settled(server, "tls_failures"), 1)
                else:
                    self.assertEqual(server.call("GetClient", connection, email="a@b").status, 404)
                    self.assertEqual(server.last_entry()["tls"], "TLSv1.3")
                connection.close()

    def test_old_protocols(self) -> None:
        for newest, version in {"1.2": "TLSv1.2", "1.1": "TLSv1.1"}.items():
            server = ServerUnderTest("--tls-max", newest)
            self.addCleanup(server.stop)
            with self.subTest(newest=newest):
                connection = server.connect(trusting(lax=True))
                self.assertEqual(server.call("GetClient", connection, email="a@b").status, 404)
                self.assertEqual(server.last_entry()["tls"], version)
                connection.close()
        with self.assertRaises(ssl.SSLError):
            server.call("GetClient", server.connect(trusting()), email="a@b")


class ProcessTests(unittest.TestCase):
    def test_it_ends_with_its_input_whatever_it_is_doing(self) -> None:
        server = ServerUnderTest()
        server.fault("hang")
        connection = server.connect()
        connection.connect()
        connection.sock.sendall(GET_ANN)
        server.control("wait", requests=1, seconds=5)
        assert server.process.stdin
        server.process.stdin.write(b'{"do":"wait","requests":9,"seconds":60}\n{"do":"stats"}\n')
        server.process.stdin.close()
        started = time.monotonic()
        self.assertEqual(server.process.wait(TIMEOUT), 0)
        self.assertLess(time.monotonic() - started, 1.5)
        assert server.process.stdout
        with server.process.stdout as answers:
            self.assertEqual([json.loads(line)["ok"] for line in answers], [False, True])
        connection.close()

    def test_it_ends_with_its_parent_even_if_its_input_goes_on(self) -> None:
        """A middle process starts the server with an input whose far end is here, and dies."""
        far_end, near_end = os.pipe()
        code = (
            "import subprocess, sys\n"
            "child = subprocess.Popen([sys.executable, sys.argv[1]], stdin=int(sys.argv[2]), stdout=subprocess.PIPE)\n"
            "sys.stdout.buffer.write(child.stdout.readline())\n"
        )
        middle = subprocess.run(
            [sys.executable, "-c", code, str(PROGRAM), str(far_end)],
            pass_fds=(far_end,),
            stdout=subprocess.PIPE,
            check=True,
            timeout=TIMEOUT,
        )
        os.close(far_end)
        port = json.loads(middle.stdout)["http"]
        deadline = time.monotonic() + 5
        while accepts(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(accepts(port))
        os.close(near_end)

    def test_signals(self) -> None:
        server = ServerUnderTest()
        server.process.send_signal(signal.SIGINT)
        server.control("stats")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(TIMEOUT), -signal.SIGTERM)
        server.stop()

    def test_the_journal_in_a_file_outlives_a_kill(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "journal"
        server = ServerUnderTest("--journal-file", str(path))
        self.assertEqual(server.add("ann@example.com").status, 200)
        self.assertEqual(server.call("GetClient", email="bob@example.com").status, 404)
        server.fault("hang", applied=True)
        connection = server.connect()
        connection.connect()
        connection.sock.sendall(form_request("CloseClient"))
        server.control("wait", applied=2)
        server.process.kill()
        self.assertEqual(server.process.wait(TIMEOUT), -signal.SIGKILL)
        connection.close()
        server.stop()
        entries: Dict[int, Dict[str, Any]] = {}
        for line in path.read_bytes().splitlines():
            record = json.loads(line)
            entries.setdefault(record["n"], {}).update(record)
        self.assertEqual(
            [(entry["path"][len("/api/amapi/") :], entry["applied"], entry["status"]) for entry in entries.values()],
            [("AddClient", True, 200), ("GetClient", False, 404), ("CloseClient", True, None)],
        )
        self.assertEqual(dict(entries[1]["fields"])["email"], "ann@example.com")

    def test_the_journal_takes_no_file_that_is_there(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            refused = subprocess.run(
                [sys.executable, str(PROGRAM), "--journal-file", file.name], stderr=subprocess.PIPE, timeout=TIMEOUT
            )
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"File exists", refused.stderr)

    def test_options_of_the_service(self) -> None:
        server = ServerUnderTest(
            "--api-key",
            "key",
            "--secret-key",
            "secret",
            "--not-whitelisted",
            "--now",
            "2026-01-31",
            "--add-client-interval",
            "1.5",
            "--short-lifetime",
            "0",
            "--latency",
            "50",
            "--strong-passwords",
            "--journal",
            "3",
        )
        self.addCleanup(server.stop)
        started = time.monotonic()
        self.assertEqual(server.add(apikey="other").code, "INVALID_APIKEY")
        self.assertGreaterEqual(time.monotonic() - started, 0.05)
        self.assertEqual(server.add(password="weak").code, "WEAK_PASSWORD")
        self.assertEqual(server.add(plan="1", password="Strong-enough").status, 200)
        limited = server.add("bob@example.com")
        self.assertEqual((limited.code, limited.headers["Retry-After"]), ("RATE_LIMITED", "2"))
        self.assertEqual(server.call("GetClient", email="ann@example.com").code, "NOT_PERMITTED")
        tokens = server.log_in("Strong-enough")
        self.assertEqual(
            server.call("GetClient", bearer=tokens["short_token"], email="ann@example.com").code, "INVALID_TOKEN"
        )
        seen = server.call("GetClient", email="ann@example.com", secretkey="secret").json
        self.assertEqual(seen["exp_date"], "2026-02-28")
        self.assertEqual([entry["n"] for entry in server.control("journal")["entries"]], [6, 7, 8])

    def test_latency_carries_out_whether_or_not_the_client_is_still_there(self) -> None:
        server = ServerUnderTest("--latency", "300")
        self.addCleanup(server.stop)
        body = b"apikey=key&email=ann@example.com&country=DE&type=12"
        with socket.create_connection(("127.0.0.1", server.http), TIMEOUT) as raw:
            raw.sendall(form_request("AddClient", body))
            server.control("wait", requests=1, seconds=5)
        self.assertEqual(server.control("accounts")["accounts"], [])
        self.assertEqual(until_settled(server, "applied"), 1)


def trusting(lax: bool = False) -> ssl.SSLContext:
    """A client that trusts the server's authority; a lax one takes old protocols too."""
    context = ssl.create_default_context(cafile=str(PROGRAM.parent / "certificates" / "ca.pem"))
    if lax:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def until_settled(server: ServerUnderTest, name: str, value: int = 1) -> Optional[int]:
    """A number of the stats as soon as it has a value, or what it is instead after a while."""
    deadline = time.monotonic() + 5
    stats: Dict[str, int] = server.control("stats")
    while stats[name] != value and time.monotonic() < deadline:
        time.sleep(0.01)
        stats = server.control("stats")
    return stats[name]


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    unittest.main()
