"""A mixed load on bridges for as long as you like, in bad weather, with books of every command.

    swift build -c release --static-swift-stdlib --scratch-path .build/static
    python3 Tests/Soak --minutes 10

Six bridges at a time, over the sandbox and, by HTTP and HTTPS, over the test server of Tests/AMAPIServer, are asked for
the lives of accounts: all commands of the accounts and the session, in both dialects, in batches, with cancellations
and short timeouts. Meanwhile the test server does everything wrong that it can, and is killed and started again;
answers are not read for a while; bridges are killed, told to end, cut off. At the end every command must have its one
answer, and the journal of the test server, which outlives it, must agree with what the bridges said became of each
change. Three of the bridges live from the beginning to the end, and must not grow.

The exit status is 1 if anything was lost, answered twice, applied twice or otherwise than it was answered, or not flat,
or if a bridge trapped. Linux only: memory and descriptors come from /proc.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import neighbours
from child import Wrong
from soak import Soak, limited_turns
from summary import summary

BUILDS = [".build/static/release/ovs-bridge", ".build/release/ovs-bridge"]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 Tests/Soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1, metavar="N", help="how long, also in fractions (1)")
    parser.add_argument("--seed", type=int, metavar="N", help="what chance begins with; it is printed (a random one)")
    parser.add_argument("--bridge", metavar="PATH", help=f"the program ({BUILDS[0]}, or else {BUILDS[1]})")
    options = parser.parse_args()
    if not 0 < options.minutes < float("inf"):
        parser.error("--minutes must be more than 0")
    found = [path for path in BUILDS if (neighbours.ROOT / path).exists()]
    program = options.bridge or (str(neighbours.ROOT / found[0]) if found else None)
    if program is None or not Path(program).is_file():
        raise Wrong(f"{program or BUILDS[0]} is missing; build it with: swift build -c release")
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"soak: {program}, {options.minutes:g} minutes, --seed {seed}", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="ovs-bridge-soak-") as folder, limited_turns():
        soak = Soak(program, options.minutes * 60, seed, Path(folder))
        try:
            soak.run()
        finally:
            soak.close()
    print(summary(soak, options.minutes * 60, seed), end="")
    return 1 if soak.books.findings else 0


if __name__ == "__main__":
    # As if it were an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except (Wrong, OSError, subprocess.TimeoutExpired) as wrong:
        sys.exit(f"soak: {wrong}")
    except KeyboardInterrupt:
        sys.exit(130)
