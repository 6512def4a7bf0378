"""The second target: streams, which must have the same lines however they are cut, and those that the model finds."""

from __future__ import annotations

import zlib
from pathlib import Path
from random import Random
from typing import List

import probe
from cases import Case, Result
from stream import lines

NAME = "splitter"
#: Streams that one probe is asked about, each cut in several ways.
ROUND = 2000

_WORDS = [
    *(b"\n", b"\n", b"\r\n", b"\r", b" ", b"\t", b"x", b'"jsonrpc"', b'"json', b'rpc"', b'"', b"\xef\xbb\xbf", b"\xef"),
    *(
        "\u2028".encode(),
        b"\x00",
        b"\xff",
        b"{}",
        b"xxxxxxxxxxxx",
        b'{"cmd":1002}',
        b"\r\r\n",
        b" \t\r\n",
        b"\x0b\x0c\x85",
    ),
]


def make(random: Random, count: int) -> Case:
    def stream() -> bytes:
        return b"".join(random.choice(_WORDS) for _ in range(random.randrange(40)))

    return Case(NAME, [stream() for _ in range(count)], (str(random.choice([1, 2, 3, 5, 8, 13, 24, 64, 1000])),))


def _cuts(stream: bytes) -> List[List[bytes]]:
    """The stream in one piece, in single bytes, and twice in pieces of random sizes, always the same."""
    random = Random(zlib.crc32(stream))
    ways = [[stream], [stream[index : index + 1] for index in range(len(stream))]]
    for most in (3, 40):
        pieces, start = [], 0
        while start < len(stream):
            end = start + random.randint(1, most)
            pieces.append(stream[start:end])
            start = end
        ways.append(pieces)
    return ways


def check(case: Case, folder: Path) -> Result:
    limit = int(case.options[0])
    # An empty piece ends a stream.
    asked = [(stream, [piece for piece in pieces if piece]) for stream in case.items for pieces in _cuts(stream)]
    answers, death = probe.ask(
        folder, ["splitter", str(limit)], (piece for _, pieces in asked for piece in [*pieces, b""])
    )
    place = 0
    for stream, pieces in asked:
        expected = [
            b"long %d %s %s" % (len(line.text), b"true" if b'"jsonrpc"' in line.text else b"false", line.text[:limit])
            if line.is_long
            else b"text " + line.text
            for line in lines(stream, limit)
        ]
        found = []
        while place < len(answers) and not answers[place].startswith(b"end "):
            found.append(answers[place])
            place += 1
        if place == len(answers):
            return Result(death or "the probe answered too little")
        most = int(answers[place].split()[1])
        place += 1
        cut = f"{stream[:300]!r} in pieces of {[len(piece) for piece in pieces][:100]}, limit {limit},"
        if found != expected:
            return Result(f"{cut} has the lines {found[:20]}, not {expected[:20]}")
        # The CR of a CR LF, and a byte order mark not yet told from text.
        if most > limit + 4:
            return Result(f"{cut} had {most} bytes kept from one piece to the next")
    return Result(death)
