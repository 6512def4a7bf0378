"""A case: what is given to a target, and how it is kept for later runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).resolve().parent / "corpus"


@dataclass(frozen=True)
class Case:
    """Texts, streams, lines or replies, as the target has it; any of them can be taken out, and be shortened."""

    target: str
    items: Sequence[bytes]
    options: Tuple[str, ...] = ()

    def but(self, items: Sequence[bytes]) -> "Case":
        return replace(self, items=items)


@dataclass(frozen=True)
class Result:
    """What a target has to say of a case."""

    #: A sentence, if something is wrong.
    wrong: str = ""
    #: The most memory that the program had, in bytes; 0 where it wasn't measured.
    memory: int = 0


class BrokenFuzzer(Exception):
    """The fuzzer itself can't work, in words for the user."""


def save(case: Case, why: str) -> Path:
    """Keeps a case in the corpus. Bytes are written as the characters of the same numbers."""
    document = {
        "why": why,
        "target": case.target,
        "options": list(case.options),
        "items": [item.decode("latin-1") for item in case.items],
    }
    text = json.dumps(document, indent=2) + "\n"
    CORPUS.mkdir(exist_ok=True)
    path = CORPUS / f"{case.target}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    path.write_text(text)
    return path


def corpus(targets: Sequence[str]) -> Iterator[Tuple[Path, Case]]:
    """The cases of the corpus for these targets."""
    for path in sorted(CORPUS.glob("*.json")):
        document: Dict[str, object] = json.loads(path.read_text())
        if document["target"] not in targets:
            continue
        options, items = document["options"], document["items"]
        assert isinstance(options, list) and isinstance(items, list)
        yield (
            path,
            Case(str(document["target"]), [item.encode("latin-1") for item in items], tuple(map(str, options))),
        )
