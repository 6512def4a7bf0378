"""The bulk import, as its users run it."""

from __future__ import annotations

import csv
import io
import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any

from tests.support import LIMIT, PROGRAM, PYTHON, AMAPIServer, TestCase


class BulkImportTests(TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.clients = self.folder / "clients.csv"
        self.results = self.folder / "clients.results.csv"

    def write(self, *lines: str) -> None:
        """Makes the CSV file of these lines."""
        self.clients.write_text("".join(line + "\n" for line in lines), "utf-8")

    def write_many(self, count: int) -> None:
        """Makes a CSV file of so many clients, every second one without a password."""
        self.write("email,countrycode,type,password", *(f"c{n}@b,DE,12,{'secret' * (n % 2)}" for n in range(count)))

    def start(self, *arguments: str, key: str | None = "key", **more: Any) -> subprocess.Popen[str]:
        """A run of the import."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OVS_")}
        environment["OVS_BRIDGE"] = PROGRAM
        if key is not None:
            environment["OVS_API_KEY"] = key
        command = [sys.executable, str(PYTHON / "bulk_import.py"), str(self.clients), *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(command, env=environment, text=True, **pipes)

    def run_import(self, *arguments: str, status: int = 0, key: str | None = "key") -> str:
        """Runs it to its end; returns what it printed."""
        return self.end(self.start(*arguments, key=key), status)

    def end(self, run: subprocess.Popen[str], status: int) -> str:
        """What a run has printed at its end."""
        output, errors = run.communicate(timeout=2 * LIMIT)
        self.assertEqual(run.returncode, status, f"it printed\n{output}\n{errors}")
        return (output or "") + (errors or "")

    def last_results(self) -> dict[str, dict[str, str]]:
        """The last record of each client; a last line without its end is none."""
        text = self.results.read_bytes().decode()
        whole = text[: text.rfind("\n") + 1]
        return {record["email"]: record for record in csv.DictReader(io.StringIO(whole, newline=""))}

    def server(self, *options: str) -> AMAPIServer:
        """A test server, which outlives the runs."""
        server = AMAPIServer(*options)
        self.addCleanup(server.close)
        return server

    def test_ten_thousand(self) -> None:
        """All are added, and the generated passwords are kept where nobody else can read them."""
        self.write_many(10_000)
        output = self.run_import()
        self.assertIn("10000 rows: 10000 added\n", output)
        self.assertIn(f"The generated passwords are in {self.results}", output)
        self.assertEqual(self.results.stat().st_mode & 0o777, 0o600)
        records = self.last_results()
        self.assertEqual({record["result"] for record in records.values()}, {"added"})
        self.assertTrue(all(bool(records[f"c{n}@b"]["password"]) == (n % 2 == 0) for n in range(10_000)))
        self.assertIn("10000 rows: 0 added, 10000 added before\n", self.run_import())

    def test_rehearsal(self) -> None:
        """What was done on the sandbox is not taken for done on the service."""
        server = self.server()
        self.write_many(10)
        self.assertIn("10 rows: 10 added\n", self.run_import())
        self.assertIn("10 rows: 10 added\n", self.run_import("--", "--api-domain", server.domain))
        self.assertEqual(len(server.tell("accounts")["accounts"]), 10)
        self.assertIn("10 rows: 0 added, 10 added before\n", self.run_import("--", "--api-domain", server.domain))

    def test_interrupted(self) -> None:
        """Interrupted at half and run again, each client is there once, and known."""
        for number, status in [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]:
            with self.subTest(number.name):
                server = self.server("--latency", "20")
                self.results.unlink(missing_ok=True)
                self.write_many(1000)
                options = ["--", "--api-domain", server.domain]
                run = self.start(*options)
                server.tell("wait", applied=500, seconds=LIMIT)
                run.send_signal(number)
                output = self.end(run, status)
                if number == signal.SIGINT:
                    self.assertRegex(output, r"1000 rows: \d+ added, [1-9]\d* left, which another run takes up\n")
                    self.assertNotIn("sent", {record["result"] for record in self.last_results().values()})
                else:
                    # The bridge carries through what it has read; then it has seen the end of its parent.
                    self.assertIn("sent", {record["result"] for record in self.last_results().values()})
                self.assertRegex(self.run_import(*options), r"1000 rows: \d+ added(, .* run)?, \d+ added before\n")
                emails = [account["email"] for account in server.tell("accounts")["accounts"]]
                self.assertEqual(sorted(emails), sorted(f"c{n}@b" for n in range(1000)))
                results = {record["result"] for record in self.last_results().values()}
                self.assertLessEqual(results, {"added", "exists"})
                self.assertIn("1000 rows: 0 added, 1000 added before\n", self.run_import(*options))

    def test_interrupted_twice(self) -> None:
        """A second Ctrl-C doesn't wait for a service that hangs; the doubt is kept for the next run."""
        server = self.server()
        server.tell("fault", fault="hang", method="AddClient", times=None, applied=True)
        self.write_many(3)
        run = self.start("--", "--api-domain", server.domain)
        server.tell("wait", applied=3, seconds=LIMIT)
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        while not run.stderr.readline().startswith("interrupted; waiting"):
            self.assertIsNone(run.poll(), "the run has ended without waiting for what is under way")
        run.send_signal(signal.SIGINT)
        output = self.end(run, 130)
        self.assertIn("what was in flight is noted as sent", output)
        self.assertNotIn("ending", output, "the bridge was not killed")
        server.tell("clear")
        output = self.run_import("--", "--api-domain", server.domain)
        self.assertIn("3 rows: 0 added, 3 found to be added by an interrupted run\n", output)
        records = self.last_results()
        self.assertEqual([records[f"c{n}@b"]["result"] for n in range(3)], ["exists"] * 3)
        self.assertIn("OVS_CMD_RESET_PASSWORD", records["c0@b"]["message"])
        self.assertNotIn("OVS_CMD_RESET_PASSWORD", records["c1@b"]["message"])

    def test_interrupted_while_the_service_hangs(self) -> None:
        """Ctrl-C waits for what is in flight, but not for ever."""
        server = self.server()
        server.tell("fault", fault="hang", method="AddClient", times=None)
        self.write_many(3)
        run = self.start("--", "--api-domain", server.domain, "--drain-timeout", "0.1", "--timeout", "3600")
        server.tell("wait", requests=3, seconds=LIMIT)
        run.send_signal(signal.SIGINT)
        output = self.end(run, 130)
        self.assertIn("3 rows: 0 added, 3 in doubt\n", output)
        self.assertIn("line 2: c0@b: OVS_ERR_SHUTTING_DOWN: ", output)

    def test_answers_while_it_ends(self) -> None:
        """What is answered between two Ctrl-C is noted at once, with its password."""
        server = self.server()
        server.tell("fault", fault="hang", method="AddClient", email="c0@b")
        server.tell("fault", fault="delay_reply", method="AddClient", seconds=1, times=2)
        self.write_many(3)
        run = self.start("--", "--api-domain", server.domain, "--drain-timeout", "3600")
        server.tell("wait", requests=3, applied=2, seconds=LIMIT)
        run.send_signal(signal.SIGINT)
        # The bridge would be killed after 20 seconds, and everything be noted then.
        end = time.monotonic() + 15
        while self.results.read_text("utf-8").count(",added,") < 2:
            self.assertLess(time.monotonic(), end, "what was answered was not noted")
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        self.end(run, 130)
        records = self.last_results()
        self.assertEqual([records[f"c{n}@b"]["result"] for n in range(3)], ["sent", "added", "added"])
        self.assertTrue(records["c2@b"]["password"])

    def test_client_of_another(self) -> None:
        """A client that was there before any run is a failure, and no work of ours."""
        server = self.server()
        self.write("email,countrycode,type", "ann@example.com,DE,12")
        self.run_import("--", "--api-domain", server.domain)
        self.results.unlink()
        output = self.run_import("--", "--api-domain", server.domain, status=1)
        self.assertIn("1 row: 0 added, 1 failed\nline 2: ann@example.com: OVS_ERR_CLIENT_EXISTS: ", output)

    def test_doubt_stays(self) -> None:
        """A client that may have been added stays in doubt until the service tells, whatever fails in between."""
        server = self.server()
        server.tell("fault", fault="close", method="AddClient", applied=True)
        self.write("email,countrycode,type", "ann@example.com,DE,12")
        options = ["--", "--api-domain", server.domain]
        self.assertIn("line 2: ann@example.com: OVS_ERR_NETWORK: ", self.run_import(*options, status=1))
        self.assertEqual(self.last_results()["ann@example.com"]["result"], "unknown")
        server.tell("fault", fault="retry_after", seconds=10)
        self.assertIn("stopped by OVS_ERR_RATE_LIMITED: ", self.run_import(*options, status=1))
        self.assertEqual(self.last_results()["ann@example.com"]["result"], "unknown")
        self.run_import(*options)
        self.assertEqual(self.last_results()["ann@example.com"]["result"], "exists")

    def test_one_at_a_time(self) -> None:
        """A second run on the same results file is refused while the first is at it."""
        server = self.server()
        server.tell("fault", fault="hang", method="AddClient")
        self.write_many(1)
        options = ["--", "--api-domain", server.domain]
        run = self.start(*options)
        server.tell("wait", requests=1, seconds=LIMIT)
        self.assertIn(f"{self.results}: another run uses it just now", self.run_import(*options, status=65))
        run.kill()
        self.end(run, -signal.SIGKILL)
        self.assertIn("1 row: 1 added\n", self.run_import(*options))

    def test_nobody_reads(self) -> None:
        """Where nobody reads what it says, it does its work all the same."""
        self.write_many(2000)
        for descriptor in ["stdout", "stderr"]:
            with self.subTest(descriptor):
                self.results.unlink(missing_ok=True)
                ours, its = os.pipe()
                os.close(ours)
                more: dict[str, Any] = {descriptor: its}
                run = self.start("--", "--sandbox-latency", "50", **more)
                os.close(its)
                output = self.end(run, 0)
                self.assertNotIn("Traceback", output)
                self.assertEqual({record["result"] for record in self.last_results().values()}, {"added"})

    def test_torn_record(self) -> None:
        """A record that was being written when the run was killed is cut off."""
        self.write_many(4)
        self.run_import()
        text = self.results.read_text("utf-8")
        self.results.write_bytes(text.encode() + "c3@b,sandbox,failed,,Ä".encode()[:-1])
        self.assertIn("4 rows: 0 added, 4 added before\n", self.run_import())
        self.assertEqual(self.results.read_text("utf-8"), text)

    def test_full_disk(self) -> None:
        """A results file that can't be written ends the run, which has sent nothing that isn't in it."""
        server = self.server()
        self.write_many(1000)
        run = self.start(
            "--",
            "--api-domain",
            server.domain,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        )
        output = self.end(run, 65)
        self.assertIn(f"stopped by {self.results}: it can't be written: File too large", output)
        emails = {account["email"] for account in server.tell("accounts")["accounts"]}
        added = sum(record["result"] == "added" for record in self.last_results().values())
        self.assertRegex(output, f"^1000 rows: {len(emails)} added, {1000 - len(emails)} left")
        # Of those that could not be noted, all whose password was generated are told.
        unnoted = [email for email in emails if self.last_results()[email]["result"] != "added"]
        told = re.findall(r"line \d+: (.*): added, but its password could not be noted", output)
        self.assertEqual(len(unnoted), len(emails) - added)
        self.assertEqual(sorted(told), sorted(email for email in unnoted if int(email[1:-2]) % 2 == 0))
        self.assertTrue(emails)
        self.assertLessEqual(emails, self.last_results().keys())
        self.assertRegex(self.run_import("--", "--api-domain", server.domain), r"^1000 rows: \d+ added")

    def test_failures(self) -> None:
        """What is wrong with single clients is listed with its line, and keeps no other from being added."""
        self.write(
            "\ufeff",
            " type;Email;CountryCode;first_name",
            '12;ann@example.com;DE;"Ännchen; ""A"""',
            "",
            '12;bob@example.com;DE;"two',
            'lines"',
            "99;cid@example.com;DE;",
            "12;no e-mail;DE;",
            "12;ANN@example.com;DE;",
            "12;;DE;",
            "12;dan@example.com;Germany;",
            " ;;",
            "12;eve@example.com",
        )
        output = self.run_import(status=1)
        self.assertIn("8 rows: 2 added, 6 failed\n", output)
        self.assertIn("line 7: cid@example.com: OVS_ERR_UNKNOWN_PLAN: no plan has this API ID", output)
        self.assertRegex(output, r"line 8: no e-mail: OVS_ERR_INVALID_PARAMS: .*one @")
        self.assertIn("line 9: ANN@example.com: this e-mail stands in line 3 already", output)
        self.assertIn("line 10: (no e-mail): a client needs an e-mail", output)
        self.assertRegex(output, r"line 11: dan@example.com: .*two ASCII letters")
        self.assertRegex(output, r"line 13: eve@example.com: .*countrycode")
        self.write("email,countrycode,type", "ann@example.com,DE,12", "cid@example.com,DE,12")
        self.assertIn("2 rows: 1 added, 1 added before\n", self.run_import())

    def test_unusable_files(self) -> None:
        """A file that can't be used is told before anything is sent."""
        for content, words in [
            ("", "there is no header, which names the columns"),
            ("email,type\n", "the header lacks the column 'countrycode'"),
            (
                "email,countrycode,type,compny\n",
                "there is no column 'compny'; the header names some of email, countrycode",
            ),
            ("email,countrycode,type,email\n", "the column 'email' stands in the header twice"),
            ("email,countrycode,type\na@b,DE,1\na@b,DE,1,x\n", "line 3 has 4 fields, and the header only 3"),
            ('email,countrycode,type\na@b,DE,"1\n', "line 2: "),
            ("email,countrycode,type\n\udcff", "it is not UTF-8"),
        ]:
            with self.subTest(words):
                self.clients.write_bytes(content.encode(errors="surrogateescape"))
                output = self.run_import(status=65)
                self.assertIn(f"{self.clients}: ", output)
                self.assertIn(words, output)
                self.assertFalse(self.results.exists())
        self.clients.unlink()
        self.assertIn("No such file", self.run_import(status=65))
        self.write_many(1)
        for content in ["hello", "hello\nworld", "email,service,result,error,message,password\na@b\n"]:
            self.results.write_text(content)
            self.assertIn(f"{self.results}: it is ", self.run_import(status=65))
            self.assertEqual(self.results.read_text(), content)

    def test_stops(self) -> None:
        """What is no client's fault is told once, and nothing is sent in vain."""
        self.write_many(1000)
        self.assertIn("set OVS_API_KEY", self.run_import(key=None, status=64))
        output = self.run_import("--in-flight", "4", "--", "--sandbox-api-key", "another", status=1)
        self.assertIn("1000 rows: 0 added, 1000 left, which another run takes up\n", output)
        self.assertEqual(output.count("OVS_ERR_UNAUTHORIZED"), 1)
        self.assertEqual(len(self.last_results()), 4)
        output = self.run_import("--in-flight", "4", "--", "--sandbox-not-whitelisted", status=1)
        self.assertIn("1000 rows: 1 added, 999 left, which another run takes up\n", output)
        self.assertIn("; try -- --add-client-interval 10\n", output)
        output = self.run_import("--in-flight", "4", "--", "--api-domain", "127.0.0.1:1", status=1)
        self.assertIn("stopped by OVS_ERR_NETWORK: ", output)
        self.assertIn("1000 rows: 0 added, 1000 left, which another run takes up\n", output)
        self.assertIn("ended with status 64", self.run_import("--", "--no-such-option", status=69))

    def test_usage(self) -> None:
        """Wrong usage is told in a line, and the help tells all."""
        for arguments, words in [(["--in-flight", "0"], "from 1 to 1000"), (["--nonsense"], "--nonsense")]:
            self.assertIn(words, self.run_import(*arguments, status=64))
        self.assertIn("-- --api-domain acme", self.run_import("--help"))

    def test_bar(self) -> None:
        """On a terminal there is a bar in one line, within its width."""
        self.write_many(5000)
        ours, its = pty.openpty()
        run = self.start(stderr=its)
        os.close(its)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        run.communicate(timeout=LIMIT)
        bars = re.findall(r"\r([^\r\n\x1b]*)\x1b\[K", shown.decode())[1:]
        # The first may come before the first answer, and then knows no rate.
        self.assertTrue(
            any(re.fullmatch(r"\d+ of 5000, \d+ %, \d+/s, \d+ s left \[#*\.*\]", bar) for bar in bars), bars
        )
        self.assertEqual(bars[-1], "", "the bar stays behind")
        self.assertLess(max(map(len, bars)), 80)


if __name__ == "__main__":
    unittest.main()
