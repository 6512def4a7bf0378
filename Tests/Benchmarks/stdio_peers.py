"""The first table: over standard input and output, beside other programs that answer lines."""

from __future__ import annotations

import os
import statistics
from contextlib import ExitStack
from typing import Dict, List, Optional, Tuple

import programs
from child import Child, Program, can_pin, check, kept_on
from report import Figures, Goal, number, table

STATIC_LOCAL = "ovs-bridge, local command"
DYNAMIC_LOCAL = "ovs-bridge, dynamic build"
ADD_CLIENT = "ovs-bridge, ADD_CLIENT"
ACCOUNT_TYPE = "ovs-bridge, GET_ACCOUNT_TYPE"
BATCHES = "ovs-bridge, JSON-RPC, batches of 100"
DELTACHAT = "deltachat-rpc-server"
BATCH = 100


class StdioPeers:
    """Measures all programs once a round."""

    def __init__(self, quick: bool) -> None:
        static, dynamic = programs.STATIC, programs.DYNAMIC
        batch = b"[" + b",".join([programs.JSON_RPC] * BATCH) + b"]\n"
        bridges = [
            programs.of_bridge(STATIC_LOCAL, static, programs.LOCAL),
            programs.of_bridge(DYNAMIC_LOCAL, dynamic, programs.LOCAL),
            programs.of_bridge("ovs-bridge, GET_INFO", static, programs.INFO),
            programs.of_bridge(ADD_CLIENT, static, programs.add_client(1), login=True),
            programs.of_bridge(ACCOUNT_TYPE, static, programs.ACCOUNT_TYPE, login=True),
            programs.of_bridge("ovs-bridge, JSON-RPC", static, programs.JSON_RPC + b"\n", b'"result":'),
            programs.of_bridge(BATCHES, static, batch, b'"result":'),
        ]
        self._programs = bridges + [programs.deltachat()] + programs.echoes()
        self._counts: Dict[str, int] = dict.fromkeys((STATIC_LOCAL, DYNAMIC_LOCAL, "ovs-bridge, JSON-RPC"), 500_000)
        self._counts.update({"cat": 500_000, ACCOUNT_TYPE: 200_000, "ovs-bridge, GET_INFO": 200_000, BATCHES: 300_000})
        self._quick = quick
        self._start_up: Dict[str, float] = {}
        self.figures = Figures()

    def run(self) -> None:
        """A round."""
        for program in self._programs:
            self._spawn(program)
        self._round_trips([program for program in self._programs if program.name not in (ADD_CLIENT, BATCHES)])
        for program in self._programs:
            self._pipelined(program)
        if not self._quick:
            self._million()

    def _spawn(self, program: Program) -> None:
        """From the start of the process to its first answer, its first line being there already."""
        times, used = [], []
        for _ in range(3 if self._quick else 20):
            with Child(program, b"" if program.setup else program.line) as child:
                if not program.setup:
                    answer = child.read_lines(1)
                    times.append(child.elapsed())
                    check(program.name, answer, program.marker, BATCH if program.name == BATCHES else 1)
                used.append(child.end())
        if times:
            self.figures.add((program.name, "spawn"), statistics.median(times))
        self._start_up[program.name] = statistics.median(used)

    def _round_trips(self, all_programs: List[Program]) -> None:
        """One command at a time, with both processes on one processor, and on two.

        The programs take turns, a few hundred commands each, so that what the machine is up to meets all of them.
        """
        turns = 1 if self._quick else 10
        count = 200 if self._quick else 300
        parent: Optional[int] = None
        modes: List[Tuple[str, Optional[int]]] = [("any", None)]
        if can_pin():
            parent, other = sorted(os.sched_getaffinity(0))[:2]
            modes = [("one", parent), ("two", other)]
        for mode, cpu in modes:
            times: Dict[str, List[float]] = {program.name: [] for program in all_programs}
            with ExitStack() as stack:
                children = [(program, stack.enter_context(Child(program, cpu=cpu))) for program in all_programs]
                stack.enter_context(kept_on(parent))
                for _ in range(turns):
                    for program, child in children:
                        child.round_trips(program.line, 50)
                        taken, answers = child.round_trips(program.line, count)
                        times[program.name] += taken
                        check(program.name, answers, program.marker, count)
                for _, child in children:
                    child.end()
            for name, taken in times.items():
                taken.sort()
                self.figures.add((name, mode, "p50"), taken[len(taken) // 2])
                self.figures.add((name, mode, "p99"), taken[len(taken) * 99 // 100])

    def _lines(self, program: Program, count: int) -> Tuple[bytes, int]:
        if program.name == ADD_CLIENT:
            return b"".join(programs.add_client(index) for index in range(count)), count
        lines = count // BATCH if program.name == BATCHES else count
        return program.line * lines, lines

    def _pipelined(self, program: Program) -> None:
        """As many commands as go, sent without waiting for answers; then the memory and processor time it took."""
        count = self._counts.get(program.name, 100_000)
        if self._quick:
            count //= 100
        data, answers = self._lines(program, count)
        with Child(program) as child:
            seconds, lines = child.exchange(data, answers)
            self.figures.add((program.name, "peak"), child.memory("VmHWM"))
            used = child.end()
        check(program.name, lines, program.marker, count)
        self.figures.add((program.name, "rate"), count / seconds)
        self.figures.add((program.name, "CPU"), (used - self._start_up[program.name]) / count)

    def _million(self) -> None:
        """Whether memory stays flat."""
        program = self._programs[0]
        with Child(program) as child:
            for asked in range(100_000, 1_100_000, 100_000):
                _, answers = child.exchange(program.line * 100_000, 100_000)
                check(program.name, answers, program.marker, 100_000)
                if asked in (100_000, 1_000_000):
                    self.figures.add(f"peak after {asked:,}", child.memory("VmHWM"))
            child.end()

    def report(self) -> str:
        """The tables."""
        figures = self.figures
        modes = [("one", "1 CPU"), ("two", "2 CPUs")] if can_pin() else [("any", "unpinned")]
        heads = ["program", "spawn, ms"]
        for _, words in modes:
            heads += [f"p50 µs, {words}", "× cat", "p99 µs"]
        rows: List[List[object]] = []
        for program in self._programs:
            name = program.name
            row: List[object] = [name, number(figures.median((name, "spawn")), 1, 1e3)]
            for mode, _ in modes:
                row.append(number(figures.median((name, mode, "p50")), 1, 1e6))
                row.append(number(figures.ratio((name, mode, "p50"), ("cat", mode, "p50")), 2))
                row.append(number(figures.median((name, mode, "p99")), 1, 1e6))
            rows.append(row)
        text = (
            "## One at a time, over pipes\n\n"
            "Spawn: from the start of the process to its first answer, its first line being in the pipe already.\n"
            "Round trip: from the write of a line to its answer. The kernel runs the two processes on one CPU, or on\n"
            "two, as it likes, which makes more of a difference than all else"
        )
        text += "; both are measured.\n\n" if can_pin() else ", and which can't be chosen here.\n\n"
        text += table(heads, rows)
        rows = []
        for program in self._programs:
            name = program.name
            rows.append(
                [
                    name,
                    number(figures.median((name, "rate"))),
                    figures.spread((name, "rate")),
                    number(figures.ratio((name, "rate"), (DELTACHAT, "rate")), 2),
                    number(figures.median((name, "CPU")), 2, 1e6),
                    number(figures.median((name, "peak")), 1, 1 / (1 << 20)),
                ]
            )
        heads = ["program", "commands/s", "rounds", "× deltachat", "CPU µs/command", "peak MiB"]
        text += (
            "\n## Pipelined, over pipes\n\n"
            "Commands are written without waiting for answers. CPU is that of the program alone, without its start.\n"
            "Rounds: the lowest and the highest.\n\n"
        )
        return text + table(heads, rows)

    def goals(self) -> List[Goal]:
        figures = self.figures
        rate = (DELTACHAT, "rate")
        start = (STATIC_LOCAL, "spawn"), (DELTACHAT, "spawn")
        goals = [figures.goal("spawn to first answer, of deltachat-rpc-server's", 1, *start, at_most=True)]
        modes = [("one", ", one CPU"), ("two", ", two CPUs")] if can_pin() else [("any", "")]
        for mode, words in modes:
            trip = (STATIC_LOCAL, mode, "p50"), ("cat", mode, "p50")
            goals.append(figures.goal(f"round trip p50, local command, of cat's{words}", 1.25, *trip, at_most=True))
        for what, name, limit in (
            ("local commands", STATIC_LOCAL, 5),
            ("ADD_CLIENT on the sandbox", ADD_CLIENT, 2),
            ("GET_ACCOUNT_TYPE on the sandbox", ACCOUNT_TYPE, 2),
        ):
            words = f"pipelined {what}, of deltachat-rpc-server's"
            goals.append(figures.goal(words, limit, (name, "rate"), rate, at_most=False))
        if not self._quick:
            peak = figures.median("peak after 1,000,000")
            mebibytes = None if peak is None else peak / (1 << 20)
            goals.append(Goal("peak memory after 1,000,000 local commands", 10, mebibytes, True, "MiB"))
            growth = "peak after 1,000,000", "peak after 100,000"
            goals.append(figures.goal("… of that after 100,000", 1.05, *growth, at_most=True))
        return goals
