"""The service's own time."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from typing import Optional


def parse_start(text: str) -> datetime:
    """2026-01-31, which means its midnight, or 2026-01-31T09:30:00Z. All time here is UTC."""
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no date such as 2026-01-31 or 2026-01-31T09:30:00Z")


class Clock:
    """Starts where it is told to and runs on from there, whatever is done to the machine's own clock."""

    def __init__(self, start: Optional[datetime] = None) -> None:
        self._start = start or datetime.now(timezone.utc)
        self._started = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._started)

    def today(self) -> date:
        return self.now().date()

    def advance(self, seconds: float) -> None:
        """Lets time pass at once: nobody wants to wait for a month to see a plan run out."""
        self._start += timedelta(seconds=seconds)
