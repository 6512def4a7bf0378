"""The third table: what a command costs as lines, accounts and commands in flight grow."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Dict, List, Optional, Tuple

import programs
from child import Child, Program, check
from report import Figures, Goal, number, table

KB, MB = 1000, 1_000_000
LINES = {KB: "1 KB", 10 * KB: "10 KB", 100 * KB: "100 KB", MB: "1 MB", 10 * MB: "10 MB"}
ACCOUNTS = [1, 1_000, 100_000, 1_000_000]
#: From here on memory is that of accounts.
BASE = 1_000
IN_FLIGHT = [1, 10, 100, 1_000]
PIECE = 50_000
CLOSE_LONG = b'{"cmd":22,"data":{"email":"long@example.com"}}\n'
#: What is said to a parameter of the wrong type.
INVALID = b'"error":6,'


def one_string(size: int) -> bytes:
    """A line of `size` bytes that is one long string, the first name of a client; it is accepted."""
    head = b'{"cmd":21,"data":{"email":"long@example.com","countrycode":"US","type":"12","first_name":"'
    tail = b'"}}\n'
    return head + b"n" * (size - len(head) - len(tail)) + tail


def many_values(size: int) -> bytes:
    """A line of `size` bytes with a value every eleven; all are read before the array is refused."""
    head, tail, value = b'{"cmd":18,"data":{"email":[""', b"]}}\n", b',"v%07d"'
    count = (size - len(head) - len(tail)) // len(value % 0)
    line = head + b"".join(value % index for index in range(count)) + tail
    return line[:-1] + b" " * (size - len(line)) + b"\n"


class Sizes:
    """Measures all sizes once a round."""

    def __init__(self, quick: bool) -> None:
        self._accounts = ACCOUNTS[:2] if quick else ACCOUNTS
        self._quick = quick
        self.figures = Figures()
        bridge = programs.of_bridge("ovs-bridge", programs.STATIC, programs.LOCAL)
        self._logged_in = programs.of_bridge("ovs-bridge", programs.STATIC, programs.ACCOUNT_TYPE, login=True)
        self._wide = replace(self._logged_in, command=[*bridge.command, "--max-line-bytes", "16777216"])
        self._windows: Dict[str, Program] = {
            "a local command": bridge,
            "GET_ACCOUNT_TYPE": self._logged_in,
            "deltachat-rpc-server": programs.deltachat(),
        }

    def run(self) -> None:
        """A round."""
        self._long_lines()
        self._many_accounts()
        for name, program in self._windows.items():
            self._windows_of(name, program)

    def _long_lines(self) -> None:
        with Child(self._wide) as child:
            for kind, make, marker in (("string", one_string, programs.OK), ("values", many_values, INVALID)):
                for size in LINES:
                    line = make(size)
                    times = []
                    for _ in range(9 if size >= MB else 50):
                        seconds, answer = child.exchange(line, 1)
                        check(f"a line of {LINES[size]}", answer, marker, 1)
                        times.append(seconds)
                        if kind == "string":
                            check("CLOSE_CLIENT", child.ask(CLOSE_LONG), programs.OK, 1)
                    # The first are about memory that is not there yet.
                    self.figures.add((kind, size), statistics.median(times[2:]))
            child.end()

    def _many_accounts(self) -> None:
        """Adds accounts, and at each size asks for a while; the accounts asked for are all over the place."""
        total = 0
        with Child(self._logged_in) as child:
            for accounts in self._accounts:
                while total < accounts:
                    more = min(PIECE, accounts - total)
                    lines = b"".join(programs.add_client(index) for index in range(total, total + more))
                    _, answers = child.exchange(lines, more)
                    check("ADD_CLIENT", answers, programs.OK, more)
                    total += more
                self.figures.add(("memory", accounts), child.memory("VmRSS"))
                for kind, (lines, count, answers_each) in self._account_loads(accounts).items():
                    seconds, answers = child.exchange(lines, count * answers_each)
                    check(kind, answers, programs.OK, count * answers_each)
                    self.figures.add((kind, accounts), seconds / count)
            child.end()

    def _account_loads(self, accounts: int) -> Dict[str, Tuple[bytes, int, int]]:
        count = 500 if self._quick else 50_000
        own = programs.ACCOUNT_TYPE * count
        # A step that meets all of them, in no order; each answer comes behind the event of its mail.
        step = 7919 * 104_729
        resets = b"".join(
            b'{"cmd":23,"data":{"email":"user%d@example.com"}}\n' % (index * step % accounts) for index in range(count)
        )
        pairs = b"".join(
            programs.add_client(10_000_000 + index)
            + b'{"cmd":22,"data":{"email":"user%d@example.com"}}\n' % (10_000_000 + index)
            for index in range(count // 2)
        )
        return {"GET_ACCOUNT_TYPE": (own, count, 1), "RESET_PASSWORD": (resets, count, 2), "pairs": (pairs, count, 1)}

    def _windows_of(self, name: str, program: Program) -> None:
        """So many commands at a time: all are written, all answers read, and again."""
        with Child(program) as child:
            for window in IN_FLIGHT:
                rounds = max(1, (2_000 if self._quick else 50_000) // window // (20 if window == 1 else 1))
                lines = program.line * window
                seconds, answers = 0.0, []
                for _ in range(rounds):
                    took, part = child.exchange(lines, window)
                    seconds += took
                    answers.append(part)
                check(name, b"".join(answers), program.marker, window * rounds)
                self.figures.add((name, "in flight", window), window * rounds / seconds)
            child.end()

    def _account_bytes(self, accounts: int) -> Optional[float]:
        before, after = self.figures.median(("memory", BASE)), self.figures.median(("memory", accounts))
        if accounts <= BASE or before is None or after is None:
            return None
        return (after - before) / (accounts - BASE)

    def report(self) -> str:
        """The tables."""
        figures = self.figures
        rows: List[List[object]] = []
        for size, words in LINES.items():
            row: List[object] = [words]
            for kind in ("string", "values"):
                seconds = figures.median((kind, size))
                row.append(number(seconds, 3, 1e3))
                row.append(number(seconds, 2, 1e9 / size))
            rows.append(row)
        text = (
            "## Long lines\n\n"
            "One line at a time, from its first byte written to its answer: a client with a long first name, and an\n"
            "array of short strings, which is read and then refused.\n\n"
        )
        text += table(["a line of", "one string, ms", "ns/byte", "many values, ms", "ns/byte"], rows)
        rows = []
        for accounts in self._accounts:
            row = [f"{accounts:,}"]
            for kind in ("GET_ACCOUNT_TYPE", "RESET_PASSWORD", "pairs"):
                row.append(number(figures.median((kind, accounts)), 2, 1e6))
            row.append(number(figures.median(("memory", accounts)), 1, 1 / (1 << 20)))
            row.append(number(self._account_bytes(accounts)))
            rows.append(row)
        heads = ["accounts", "own type, µs", "any reset, µs", "add or close, µs", "resident MiB", "bytes/account"]
        text += (
            "\n## Many accounts in the sandbox\n\n"
            "Pipelined commands, time for each: GET_ACCOUNT_TYPE of the account that is logged in; RESET_PASSWORD of\n"
            "accounts all over the place, each with the event of its mail; ADD_CLIENT and CLOSE_CLIENT of fresh ones.\n"
            f"Bytes for each account are those beyond {BASE:,} accounts.\n\n"
        )
        text += table(heads, rows)
        rows = []
        for window in IN_FLIGHT:
            row = [f"{window:,}"]
            row += [number(figures.median((name, "in flight", window))) for name in self._windows]
            rows.append(row)
        text += (
            "\n## Commands in flight\n\n"
            "So many lines are written at once, all answers read, and again; commands per second. Nothing is kept on\n"
            "a CPU, so that the figures for one in flight depend on where the kernel runs the two processes.\n\n"
        )
        return text + table(["in flight"] + list(self._windows), rows)

    def goals(self) -> List[Goal]:
        figures = self.figures
        goals = [
            figures.goal(f"a line of 10 MB, {words}, of one of 1 MB", 12, (kind, 10 * MB), (kind, MB), at_most=True)
            for kind, words in (("string", "one string"), ("values", "many values"))
        ]
        if self._accounts == ACCOUNTS:
            few, many = BASE, ACCOUNTS[-1]
            for kind, words in (
                ("GET_ACCOUNT_TYPE", "own type"),
                ("RESET_PASSWORD", "any reset"),
                ("pairs", "add or close"),
            ):
                what = f"1,000,000 accounts, {words}, of a command with 1,000"
                goals.append(figures.goal(what, 1.5, (kind, many), (kind, few), at_most=True))
            goals.append(Goal("memory of an account", 1024, self._account_bytes(many), True, "bytes"))
        return goals
