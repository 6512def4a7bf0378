"""Medians, tables for people, and the goals."""

from __future__ import annotations

import statistics
from typing import Dict, Hashable, List, Optional, Sequence

Cell = Optional[object]


class Figures:
    """Measurements by their keys, over all rounds."""

    def __init__(self) -> None:
        self._values: Dict[Hashable, List[float]] = {}
        #: All that were asked for, by what they are of.
        self.ratios: Dict[str, float] = {}

    def add(self, key: Hashable, value: Optional[float]) -> None:
        if value is not None:
            self._values.setdefault(key, []).append(value)

    def median(self, key: Hashable) -> Optional[float]:
        """The median; None for what could not be measured here."""
        values = self._values.get(key)
        return statistics.median(values) if values else None

    def values(self) -> Dict[str, List[float]]:
        """All rounds, in seconds, bytes or per second, by their keys as text."""
        return {words(key): values for key, values in self._values.items()}

    def medians(self) -> Dict[str, float]:
        """All medians, likewise."""
        return {key: statistics.median(values) for key, values in self.values().items()}

    def spread(self, key: Hashable) -> str:
        """The lowest and the highest of all rounds, for a table."""
        values = self._values.get(key)
        return f"{min(values):,.0f} – {max(values):,.0f}" if values else "-"

    def ratio(self, key: Hashable, base: Hashable) -> Optional[float]:
        value, unit = self.median(key), self.median(base)
        if value is None or not unit:
            return None
        self.ratios[f"{words(key)} / {words(base)}"] = value / unit
        return value / unit

    def goal(self, what: str, limit: float, key: Hashable, base: Hashable, at_most: bool) -> "Goal":
        """A goal for a ratio, with those of the single rounds."""
        pairs = zip(self._values.get(key, []), self._values.get(base, []))
        return Goal(what, limit, self.ratio(key, base), at_most, rounds=[value / unit for value, unit in pairs])


def words(key: Hashable) -> str:
    """A key as text."""
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)


class Goal:
    """A ratio or figure that is to be reached."""

    HEADS = ["goal", "limit", "measured", "rounds", "met"]

    def __init__(
        self,
        what: str,
        limit: float,
        value: Optional[float],
        at_most: bool,
        unit: str = "×",
        rounds: Sequence[float] = (),
    ) -> None:
        self.what, self.limit, self.value, self.at_most, self.unit = what, limit, value, at_most, unit
        self.rounds = rounds

    @property
    def is_met(self) -> Optional[bool]:
        if self.value is None:
            return None
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def json(self) -> Dict[str, object]:
        """For programs."""
        return {
            "goal": self.what,
            "limit": self.limit,
            "at_most": self.at_most,
            "unit": self.unit,
            "measured": self.value,
            "rounds": list(self.rounds),
            "met": self.is_met,
        }

    def cells(self) -> List[Cell]:
        sign = "≤" if self.at_most else "≥"
        met = {None: "not measured", True: "yes", False: "no"}[self.is_met]
        value = "-" if self.value is None else f"{self.value:,.2f} {self.unit}"
        rounds = f"{min(self.rounds):,.2f} – {max(self.rounds):,.2f}" if self.rounds else "-"
        return [self.what, f"{sign} {self.limit:g} {self.unit}", value, rounds, met]


def number(value: Optional[float], digits: int = 0, scale: float = 1) -> str:
    return "-" if value is None else f"{value * scale:,.{digits}f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table in Markdown whose columns line up in a terminal, too: the first to the left, the others to the right."""
    cells = [list(heads)] + [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]

    def text(row: Sequence[str]) -> str:
        first = row[0].ljust(widths[0])
        return "| " + " | ".join([first] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]) + " |"

    line = "| " + " | ".join(["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]) + " |"
    return "\n".join([text(cells[0]), line] + [text(row) for row in cells[1:]]) + "\n"
