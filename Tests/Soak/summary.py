"""What a run has come to, for people."""

from __future__ import annotations

import os
import platform
from collections import Counter
from typing import List, Tuple

import neighbours  # noqa: F401 (lets the others be found)
from books import DONE, KINDS, NOT_SENT, REFUSED, UNANSWERED, UNKNOWN, Ledger
from footprint import GROWTH, MIB
from report import table
from soak import Place, Soak


def summary(soak: Soak, seconds: float, seed: int) -> str:
    """The tables."""
    books = soak.books
    text = f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()};"
    text += f" {seconds / 60:g} minutes, seed {seed}.\n\n"
    heads = ["bridges", "processes", "commands", "answered", "outcome unknown", "unanswered", "MiB", "descriptors"]
    rows: List[List[object]] = [_row(place) for place in soak.places]
    ledgers = [ledger for place in soak.places for ledger in place.ledgers]
    rows.append(["all", *_counts(ledgers), "", ""])
    text += table(heads, rows)
    text += (
        "\nUnanswered: the bridge was killed, or its reader was gone. MiB and descriptors (with connections kept): at\n"
        f"rest after {soak.warm_up:.0f} s, and at the end; flat is at most {GROWTH // MIB} MiB more, no descriptor"
        " more, and no more\nconnections than may be kept.\n\n"
    )
    fates = Counter(books.fates.values())
    words = [
        ("asked for", len(books.fates)),
        ("answered as a success", fates[DONE]),
        ("refused", fates[REFUSED]),
        ("not sent", fates[NOT_SENT]),
        ("unknown", fates[UNKNOWN]),
        ("unanswered", fates[UNANSWERED]),
        ("in the service's journal as applied", sum(books.applied.values())),
        ("of them unknown or unanswered", _applied(soak, UNKNOWN) + _applied(soak, UNANSWERED)),
    ]
    text += table(["changes over HTTP and HTTPS", "times"], _numbers(words)) + "\n"
    happened = sorted(soak.disturbances.items())
    happened.append(("faults, dead tokens and closed connections ordered", soak.service.faults))
    text += table(["what happened", "times"], _numbers(happened)) + "\n"
    text += table(["answers", "times"], _numbers(books.errors.most_common())) + "\n"
    text += table(["what must not be", "times"], _numbers([(kind, books.findings[kind]) for kind in KINDS]))
    return text + "".join(f"\n{detail}\n" for detail in books.details)


def _counts(ledgers: List[Ledger]) -> List[str]:
    """How many processes there were, and what became of the commands for them."""
    names = ["sent", "answered", "unknown", "unanswered"]
    return [f"{len(ledgers):,}"] + [f"{sum(getattr(ledger, name) for ledger in ledgers):,}" for name in names]


def _row(place: Place) -> List[object]:
    row: List[object] = [place.kind.name, *_counts(place.ledgers)]
    if place.before is None or place.after is None:
        return row + ["", ""]
    row.append(f"{place.before.memory / MIB:.1f} → {place.after.memory / MIB:.1f}")
    row.append(" → ".join(f"{each.descriptors} (+{each.connections})" for each in (place.before, place.after)))
    return row


def _applied(soak: Soak, fate: str) -> int:
    return sum(soak.books.applied[name] for name, each in soak.books.fates.items() if each == fate)


def _numbers(rows: List[Tuple[str, int]]) -> List[List[object]]:
    return [[name, f"{count:,}"] for name, count in rows]
