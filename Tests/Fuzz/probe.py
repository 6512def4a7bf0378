"""The probe, which shows what the wire makes of bytes (`Probe/Probe.swift`)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterable, List, Tuple

from bridge import ENVIRONMENT

LIMIT = 60.0


def frames(pieces: Iterable[bytes]) -> bytes:
    return b"".join(len(piece).to_bytes(4, "little") + piece for piece in pieces)


def ask(folder: Path, arguments: List[str], pieces: Iterable[bytes]) -> Tuple[List[bytes], str]:
    """The probe's frames, and how it died, if it did: a sentence."""
    try:
        done = subprocess.run(
            [str(folder / "fuzz-probe"), *arguments],
            input=frames(pieces),
            capture_output=True,
            timeout=LIMIT,
            env=ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return [], f"the probe has not answered all within {LIMIT:g} s"
    answers, place, output = [], 0, done.stdout
    while place + 4 <= len(output):
        end = place + 4 + int.from_bytes(output[place : place + 4], "little")
        if end > len(output):
            break
        answers.append(output[place + 4 : end])
        place = end
    if done.returncode != 0:
        return answers, f"the probe ended with status {done.returncode}: {done.stderr[-300:]!r}"
    return answers, ""
