"""The third table: what a command costs as lines, accounts and commands in flight grow."""

from __future__ import annotations

import json
import statistics
from typing import Dict, List, Tuple

import programs
from child import Child, Program, check
from report import Figures, Goal, number, table

KIB, MIB = 1000, 1_000_000
LINES = {1 * KIB: "1 KB", 10 * KIB: "10 KB", 100 * KIB: "100 KB", MIB: "1 MB", 10 * MIB: "10 MB"}
ACCOUNTS = [1, 1_000, 100_000, 1_000_000]
IN_FLIGHT = [1, 10, 100, 1_000]
PIECE = 50_000


def one_string(size: int) -> bytes:
    """A line of about `size` bytes that is one long string, the first name of a client; from the second on refused."""
    data = {"email": "long@example.com", "countrycode": "US", "type": "12", "first_name": "n" * size}
    return json.dumps({"cmd": 21, "data": data}, separators=(",", ":")).encode() + b"\n"


def many_values(size: int) -> bytes:
    """A line of about `size` bytes with a value every ten or so, which are read and then refused."""
    data = {"email": [f"value{index}" for index in range(size // 13)]}
    return json.dumps({"cmd": 18, "data": data}).encode() + b"\n"


class Sizes:
    """Measures all sizes once a round."""

    def __init__(self, quick: bool) -> None:
        self._accounts = ACCOUNTS[:2] if quick else ACCOUNTS
        self._quick = quick
        self.figures = Figures()
        bridge = programs.of_bridge("ovs-bridge", programs.STATIC, programs.LOCAL)
        self._wide = Program("ovs-bridge", [*bridge.command, "--max-line-bytes", "16777216"])
        self._logged_in = programs.of_bridge("ovs-bridge", programs.STATIC, programs.ACCOUNT_TYPE, login=True)
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
            child.write(b'{"cmd":10,"data":{"api_key":"key"}}\n')
            child.read_lines(1)
            for kind, make in (("string", one_string), ("values", many_values)):
                for size in LINES:
                    line = make(size)
                    # The first are about memory that is not there yet.
                    seconds = [child.exchange(line, 1)[0] for _ in range(7 if size >= MIB else 30)]
                    self.figures.add((kind, size), statistics.median(seconds[2:]))
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

    def report(self) -> str:
        """The tables."""
        figures = self.figures
        rows: List[List[object]] = []
        for size, words in LINES.items():
            row: List[object] = [words]
            for kind in ("string", "values"):
                row.append(number(figures.median((kind, size)), 3, 1e3))
                nanoseconds = figures.median((kind, size))
                row.append(number(nanoseconds, 2, 1e9 / size))
            rows.append(row)
        text = table(["a line of", "one string, ms", "ns/byte", "many values, ms", "ns/byte"], rows)
        rows = []
        for accounts in self._accounts:
            row = [f"{accounts:,}"]
            for kind in ("GET_ACCOUNT_TYPE", "RESET_PASSWORD", "pairs"):
                row.append(number(figures.median((kind, accounts)), 2, 1e6))
            row.append(number(figures.median(("memory", accounts)), 1, 1 / (1 << 20)))
            rows.append(row)
        heads = ["accounts", "own type, µs", "any reset, µs", "add or close, µs", "resident MiB"]
        text += "\n" + table(heads, rows)
        rows = []
        for window in IN_FLIGHT:
            row = [f"{window:,}"]
            row += [number(figures.median((name, "in flight", window))) for name in self._windows]
            rows.append(row)
        return text + "\n" + table(["in flight"] + [f"{name}, /s" for name in self._windows], rows)

    def goals(self) -> List[Goal]:
        figures = self.figures
        goals = [
            Goal(f"a line of 10 MB, {words}, of one of 1 MB", 12, figures.ratio((kind, 10 * MIB), (kind, MIB)), True)
            for kind, words in (("string", "one string"), ("values", "many values"))
        ]
        if self._accounts == ACCOUNTS:
            few, many = ACCOUNTS[1], ACCOUNTS[-1]
            for kind, words in (
                ("GET_ACCOUNT_TYPE", "own type"),
                ("RESET_PASSWORD", "any reset"),
                ("pairs", "add or close"),
            ):
                ratio = figures.ratio((kind, many), (kind, few))
                goals.append(Goal(f"a command with 1,000,000 accounts, {words}, of one with 1,000", 1.5, ratio, True))
            before, after = figures.median(("memory", few)), figures.median(("memory", many))
            each = None if before is None or after is None else (after - before) / (many - few)
            goals.append(Goal("memory of an account", 1024, each, True, "bytes"))
        return goals
