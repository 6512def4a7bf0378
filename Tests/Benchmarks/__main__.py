"""What ovs-bridge costs, beside what people would use instead.

    python3 -m pip install -r Tests/Benchmarks/requirements.txt
    swift build -c release
    swift build -c release --static-swift-stdlib --scratch-path .build/static
    python3 Tests/Benchmarks [--rounds 5] [--table stdio|http|size] [--json FILE] [--quick]

Three sets of tables: stdio, over standard input and output beside cat, echo loops and deltachat-rpc-server; http,
requests to a local nginx beside Python's clients and curl; size, cost against the size of lines, accounts and commands
in flight. Last come the goals, with what was measured.

Every round measures every row once, so that a noisy minute of the machine strikes all alike; the tables hold the
medians of all rounds, and ratios to peers of the same run. Every answer is checked, outside of the time that is
measured. Needs nginx, curl and Node beside the peers from PyPI. The whole takes about four minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from pathlib import Path
from typing import List, Protocol

from child import Wrong
from report import Figures, Goal, table

TABLES = ["stdio", "http", "size"]


class Table(Protocol):
    """A table of measurements."""

    figures: Figures

    def run(self) -> None: ...

    def report(self) -> str: ...

    def goals(self) -> List[Goal]: ...


def make(name: str, quick: bool) -> Table:
    """A table by its name; what only others need is not asked for."""
    if name == "stdio":
        from stdio_peers import StdioPeers

        return StdioPeers(quick)
    if name == "http":
        from http_peers import HTTPPeers

        return HTTPPeers(quick)
    from sizes import Sizes

    return Sizes(quick)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python3 Tests/Benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is measured")
    parser.add_argument("--table", choices=TABLES, action="append", help="only this table; may be given more than once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes medians, ratios and goals there, too")
    parser.add_argument(
        "--quick", action="store_true", help="few commands, to see that all works; the figures mean nothing"
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.absolute().parent}")

    began = time.monotonic()
    tables = {name: make(name, options.quick) for name in options.table or TABLES}
    for index in range(options.rounds):
        for name, measured in tables.items():
            print(f"round {index + 1} of {options.rounds}: {name}", file=sys.stderr)
            measured.run()

    print(f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()};")
    print(f"medians of {options.rounds} interleaved rounds, {time.monotonic() - began:.0f} s in all.\n")
    if options.quick:
        print("This was a quick run: the figures mean nothing.\n")
    for measured in tables.values():
        print(measured.report())
    goals = [goal for measured in tables.values() for goal in measured.goals()]
    print("## Goals\n")
    print(
        "Ratios of medians. Rounds: the lowest and the highest ratio within a round; where the limit lies between them,"
    )
    print("whether the goal is met is a matter of luck, and of more rounds.\n")
    print(table(Goal.HEADS, [goal.cells() for goal in goals]))
    if options.json:
        document = {
            "machine": [platform.machine(), os.cpu_count(), platform.system(), platform.release()],
            "rounds": options.rounds,
            "quick": options.quick,
            "medians": {name: measured.figures.medians() for name, measured in tables.items()},
            "values": {name: measured.figures.values() for name, measured in tables.items()},
            "ratios": {name: measured.figures.ratios for name, measured in tables.items()},
            "goals": [goal.json() for goal in goals],
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    # As if it were an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"benchmark: {wrong}")
    except KeyboardInterrupt:
        sys.exit(130)
