"""That a run finds what is wrong with a bridge. OVS_BRIDGE names the program, if it isn't where it is built."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Tuple

import neighbours
import books
from soak import Soak, limited_turns
from summary import summary

HERE = Path(__file__).resolve().parent
LIMIT = 60


def program() -> str:
    named = os.environ.get("OVS_BRIDGE")
    builds = [neighbours.ROOT / ".build" / build / "ovs-bridge" for build in ("static/release", "release", "debug")]
    return named or str(next(path for path in builds if path.exists()))


class BadBridgeTests(unittest.TestCase):
    def soak(self, sins: str, seconds: float, rest_limit: float = 15) -> Tuple[Soak, str]:
        """A run with a bridge of such sins, and its summary."""
        with tempfile.TemporaryDirectory() as name, limited_turns():
            folder = Path(name)
            bad = folder / "bad-bridge"
            words = [sys.executable, str(HERE / "bad_bridge.py"), program(), sins]
            bad.write_text(f'#!/bin/sh\nexec {" ".join(map(shlex.quote, words))} "$@"\n')
            bad.chmod(0o755)
            soak = Soak(str(bad), seconds, 1, folder, rest_limit)
            try:
                soak.run()
            finally:
                soak.close()
            return soak, summary(soak, seconds, 1)

    def assert_found(self, soak: Soak, told: str, *kinds: str) -> None:
        """These kinds of findings, and wrong answers, which come with most, but no others."""
        self.assertEqual(set(soak.books.findings) - {books.WRONG}, set(kinds), told)
        for kind in kinds:
            self.assertRegex(told, rf"\| {kind} +\| +[1-9]")
            self.assertIn(f"\n{kind}: ", told)

    def test_commands_without_an_answer_are_found(self) -> None:
        soak, told = self.soak("loses", 2, rest_limit=3)
        self.assertGreater(soak.books.findings[books.LOST], 0, told)

    def test_answers_that_come_twice_are_found(self) -> None:
        self.assert_found(*self.soak("repeats", 2), books.ANSWERED_TWICE)

    def test_a_change_that_is_sent_twice_is_found(self) -> None:
        soak, told = self.soak("sends twice", 2)
        self.assertGreater(soak.books.findings[books.APPLIED_TWICE], 0, told)

    def test_a_change_that_may_have_been_sent_and_is_denied_is_found(self) -> None:
        self.assert_found(*self.soak("denies", 4), books.APPLIED_ALL_THE_SAME)

    def test_memory_and_descriptors_that_are_not_given_back_are_found(self) -> None:
        for sin in ("leaks memory", "leaks descriptors"):
            with self.subTest(sin=sin):
                self.assert_found(*self.soak(sin, 4), books.NOT_FLAT)

    def test_a_bridge_that_traps_is_found(self) -> None:
        soak, told = self.soak("traps", 3)
        self.assertIn(f"{books.TRAPPED}: sandbox ended with SIGILL", told)
        self.assertGreater(soak.books.findings[books.LOST], 0, told)


class CommandLineTests(unittest.TestCase):
    def run_soak(self, *options: str) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-B", str(HERE), *options]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)

    def test_nothing_is_found_in_a_good_bridge(self) -> None:
        run = self.run_soak("--minutes", "0.05", "--seed", "1", "--bridge", program())
        self.assertEqual(run.returncode, 0, run.stdout.decode() + run.stderr.decode())
        self.assertIn(b"--seed 1", run.stderr)

    def test_what_is_found_is_the_exit_status(self) -> None:
        run = self.run_soak("--minutes", "0.02", "--bridge", "/bin/cat")
        self.assertEqual(run.returncode, 1, run.stderr.decode())

    def test_a_missing_bridge_is_told(self) -> None:
        run = self.run_soak("--bridge", "no-such-program")
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"no-such-program is missing; build it with: swift build", run.stderr)


if __name__ == "__main__":
    unittest.main()
