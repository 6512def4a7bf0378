"""The first target: texts, of which scanner and oracle must think the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from random import Random
from typing import List

import probe
from cases import ROOT, BrokenFuzzer, Case, Result
from mutation import JSONMaker, Mutator
from oracle import NotJSON, Oracle

NAME = "scanner"
#: Texts that one probe is asked about.
ROUND = 10_000
#: The values that the scanner calls JSON's are read back from what the writer makes of them, which holds no line's end.
_LINE_ENDS = [b"\n", b"\r", "\u2028".encode(), "\u2029".encode()]


@lru_cache(maxsize=1)
def seeds() -> List[bytes]:
    """The texts of the wire's own tests."""
    texts = [path.read_bytes() for path in sorted((ROOT / "Tests/OVSWireTests/Corpus").glob("*/*.json"))]
    if not texts:
        raise BrokenFuzzer("Tests/OVSWireTests/Corpus holds no texts")
    return [text for text in texts if len(text) < 4096]


def make(random: Random, count: int) -> Case:
    texts, maker = seeds(), JSONMaker(random)
    mutator = Mutator(random, texts)
    items = []
    for _ in range(count):
        chance = random.random()
        text = maker.text().encode() if chance < 0.6 else texts[mutator.below(len(texts))]
        items.append(text if chance < 0.1 else mutator.mutated(text))
    return Case(NAME, items)


def check(case: Case, folder: Path) -> Result:
    answers, death = probe.ask(folder, ["scanner"], case.items)
    oracle = Oracle()
    for text, answer in zip(case.items, answers):
        wrong = _judge(oracle, text, answer)
        if wrong:
            return Result(f"{wrong}: {text[:200]!r} was answered {answer[:200]!r}")
    if not death and len(answers) != len(case.items):
        death = f"the probe gave {len(answers)} answers to {len(case.items)} texts"
    return Result(death)


def _judge(oracle: Oracle, text: bytes, answer: bytes) -> str:
    word, _, rest = answer.partition(b" ")
    offset = -1
    if word != b"value":
        number, _, rest = rest.partition(b" ")
        offset = int(number)
    try:
        expected = oracle.parse(text)
        is_json, has_twice = True, oracle.has_twice
    except NotJSON as refused:
        is_json = False
        if word != b"error":
            return f"what is not JSON ({refused}) was taken for it"
        if refused.offset not in (None, offset):
            return f"the first byte that is not UTF-8 is {refused.offset}, not {offset}"
    if is_json and word == b"error":
        return "JSON was refused"
    if offset > len(text):
        return "the offset is behind the text"
    if any(end in rest for end in _LINE_ENDS):
        return "the value was written with a line's end in it"
    try:
        value = oracle.parse(rest)
    except NotJSON as refused:
        return f"the value was written as something else than JSON ({refused})"
    if not is_json:
        return ""
    if value != expected:
        return "the value became another"
    if has_twice != (word == b"twice"):
        return "a member that stands twice was not seen, or one was seen that doesn't"
    if has_twice and text[offset : offset + 1] != b'"':
        return "no member stands where one is said to stand twice"
    return ""
