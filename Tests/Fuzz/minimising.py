"""Makes a case that fails as small as it gets within its time (delta debugging, by Zeller and Hildebrandt)."""

from __future__ import annotations

import time
from typing import Callable, List, TypeVar

from cases import Case

Item = TypeVar("Item")


def minimised(case: Case, fails: Callable[[Case], bool], seconds: float) -> Case:
    """The smallest case found that still fails: first with as few items as may be, then with the shortest."""
    deadline = time.monotonic() + seconds
    items = _fewest(list(case.items), lambda rest: fails(case.but(rest)), deadline)
    # Of many that all seem to be needed, a byte more or less doesn't matter.
    for index in range(len(items) if len(items) <= 32 else 0):

        def fails_with(
            rest: List[int], before: List[bytes] = items[:index], behind: List[bytes] = items[index + 1 :]
        ) -> bool:
            return fails(case.but([*before, bytes(rest), *behind]))

        numbers: List[int] = list(items[index])
        numbers = _fewest(numbers, fails_with, deadline)
        items[index] = bytes(numbers)
    return case.but(items)


def _fewest(items: List[Item], fails: Callable[[List[Item]], bool], deadline: float) -> List[Item]:
    """What is left when no piece of any size can be taken out, so that the rest fails."""
    size = len(items) // 2 or len(items)
    while size > 0:
        start = 0
        while start < len(items):
            if time.monotonic() > deadline:
                return items
            rest = items[:start] + items[start + size :]
            if fails(rest):
                items = rest
            else:
                start += size
        size //= 2
    return items
