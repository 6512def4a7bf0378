"""Says what nobody would say to ovs-bridge, and sees whether it keeps what it promises.

    swift build -c release
    python3 Tests/Fuzz [--target scanner|splitter|conversations|replies] [--lines N] [--seconds T] [--seed S]

scanner: JSON texts, of which the scanner must think what another parser does. splitter: streams, whose lines must be
the same however they are cut. conversations: lines to a bridge, each of which gets the answers that a model foretells.
replies: what an account service may answer over HTTP.

Every run repeats the cases in Tests/Fuzz/corpus first. A case that fails is made small, printed and kept there, and the
exit status is 1. The seed, and with it every case, is another in each run; --seed, --target and --round have one again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from random import Random, SystemRandom
from typing import Dict, NamedTuple, Set, Tuple

import conversations
import replies
import scanner
import splitter
from bridge import Bridge
from cases import ROOT, BrokenFuzzer, Case, Result, corpus, save
from minimising import minimised

TARGETS = {module.NAME: module for module in (scanner, splitter, conversations, replies)}
#: Without --seconds and --lines.
SECONDS = 20.0
MINIMISING_SECONDS = 60.0


class Plan(NamedTuple):
    """What a run does."""

    folder: Path
    seed: int
    first: int
    size: int
    jobs: int
    #: For each target; 0 is no limit.
    lines: int
    seconds: float


class Report(NamedTuple):
    """What became of a target's rounds."""

    rounds: int
    lines: int
    seconds: float
    memory: int
    has_failed: bool


def case_of(name: str, plan: Plan, number: int) -> Case:
    """The case of a round, always the same."""
    module = TARGETS[name]
    made: Case = module.make(Random(f"{plan.seed}/{name}/{number}"), plan.size or module.ROUND)
    return made


def run_round(name: str, plan: Plan, number: int) -> Tuple[int, Result]:
    """How many lines a round had, and what there is to say of it."""
    case = case_of(name, plan, number)
    return len(case.items), TARGETS[name].check(case, plan.folder)


def replay(plan: Plan, names: "list[str]") -> bool:
    """Repeats the corpus, and says whether all is well."""
    is_well = True
    for path, case in corpus(names):
        result = TARGETS[case.target].check(case, plan.folder)
        if result.wrong:
            print(f"{path.relative_to(ROOT)}: {result.wrong}")
            is_well = False
    return is_well


def explore(name: str, plan: Plan, pool: ProcessPoolExecutor) -> Report:
    """Runs rounds of a target until it has had its share, or one fails."""
    began = time.monotonic()
    number = plan.first
    rounds = lines = started = memory = 0
    running: Dict[Future[Tuple[int, Result]], int] = {}
    failed: Set[Tuple[int, str]] = set()
    size = plan.size or TARGETS[name].ROUND
    while True:
        is_over = (
            bool(failed)
            or (plan.lines > 0 and lines + len(running) * size >= plan.lines)
            or (plan.seconds > 0 and time.monotonic() - began >= plan.seconds)
        )
        if not is_over and len(running) < plan.jobs:
            running[pool.submit(run_round, name, plan, number)] = number
            number += 1
            started += 1
            continue
        if not running:
            break
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            ended = running.pop(future)
            count, result = future.result()
            rounds, lines, memory = rounds + 1, lines + count, max(memory, result.memory)
            if result.wrong:
                failed.add((ended, result.wrong))
    seconds = time.monotonic() - began
    for ended, wrong in sorted(failed):
        tell(name, plan, ended, wrong)
    return Report(rounds, lines, seconds, memory, bool(failed))


def tell(name: str, plan: Plan, number: int, wrong: str) -> None:
    """Prints a failure, and keeps the smallest case that shows it."""
    check = TARGETS[name].check
    again = f"--target {name} --seed {plan.seed} --round {number}" + (
        f" --round-lines {plan.size}" if plan.size else ""
    )
    print(f"\n{name}: {wrong}\nagain, within all of its round: python3 Tests/Fuzz {again}", flush=True)
    case = case_of(name, plan, number)
    if not check(case, plan.folder).wrong:
        print("the same round didn't fail again: it is a matter of time, and can't be made small")
        return
    # What didn't come for so long doesn't come at all.
    Bridge.patience = 2
    case = minimised(case, lambda smaller: bool(check(smaller, plan.folder).wrong), MINIMISING_SECONDS)
    # For the last word on it; it may have become another failure on the way.
    wrong = check(case, plan.folder).wrong or wrong
    path = save(case, wrong)
    print(f"kept in {path.relative_to(ROOT)}, {len(case.items)} items, options {list(case.options)}: {wrong}")
    for item in case.items[:20]:
        print(f"  {item[:500]!r}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 Tests/Fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--target", choices=list(TARGETS), action="append", help="only this; may be given more than once"
    )
    parser.add_argument("--lines", type=int, default=0, metavar="N", help="ends after N lines, shared by the targets")
    parser.add_argument(
        "--seconds", type=float, default=0, metavar="T", help=f"ends after T seconds, likewise ({SECONDS:g})"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="has the cases of a run again (random)")
    parser.add_argument("--round", type=int, metavar="I", help="has this round of each target alone")
    parser.add_argument("--round-lines", type=int, default=0, metavar="N", help="so many lines for each process")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="rounds at a time (one for each processor)"
    )
    parser.add_argument("--build", default="release", choices=["debug", "release"], help="which build (release)")
    options = parser.parse_args()
    if options.jobs < 1 or min(options.lines, options.seconds, options.round_lines, options.round or 0) < 0:
        parser.error("--jobs must be at least 1, and nothing negative")
    names = options.target or list(TARGETS)
    folder = ROOT / ".build" / options.build
    for program in ("ovs-bridge", "fuzz-probe"):
        if not (folder / program).exists():
            raise BrokenFuzzer(f"{folder / program} is missing; build it with: swift build -c {options.build}")

    seed = SystemRandom().getrandbits(32) if options.seed is None else options.seed
    lines, seconds = options.lines, options.seconds
    if options.round is not None:
        lines, seconds = len(names), 0
    elif not lines and not seconds:
        seconds = SECONDS
    plan = Plan(
        folder,
        seed,
        options.round or 0,
        options.round_lines,
        options.jobs,
        -(-lines // len(names)),
        seconds / len(names),
    )
    print(f"seed {seed}", flush=True)
    is_well = replay(plan, names)
    with ProcessPoolExecutor(plan.jobs) as pool:
        for name in names:
            report = explore(name, plan, pool)
            is_well = is_well and not report.has_failed
            memory = f", at most {report.memory / (1 << 20):.1f} MiB" if report.memory else ""
            print(
                f"{name}: {report.lines:,} lines in {report.rounds} rounds, {report.seconds:.1f} s, "
                f"{report.lines / max(report.seconds, 0.001):,.0f} a second{memory}",
                flush=True,
            )
    return 0 if is_well else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenFuzzer as broken:
        sys.exit(f"fuzz: {broken}")
    except KeyboardInterrupt:
        sys.exit(130)
