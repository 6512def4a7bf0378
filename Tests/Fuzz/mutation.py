"""Changes to bytes, as a seed has it."""

from __future__ import annotations

from random import Random
from typing import List, Sequence

#: What programs stumble over, in JSON and around it.
WORDS: List[bytes] = [
    *(bytes([byte]) for byte in b'"\\{}[],:-+.0e /#\t\r\n\x00\x1f\x7f\x80\xc0\xff'),
    *b"null true false nul NaN Infinity -Infinity -0 00 1.0 1e5 1E+400 -1 .5 1. 0x10 18446744073709551616".split(),
    *b"9223372036854775807 9223372036854775808 -9223372036854775808 2147483647 2147483648 4294967296 0.1e-7".split(),
    *b'"" "a" "id" {} [] [[ ]] {{ }} {"a":1} {"a":1,"a":2} {"":{"":0,"":0}} [1,2] ,1 :1 // /**/'.split(),
    *b"\\u0000 \\u000a \\ud800 \\udc00 \\ud83d\\ude00 \\ude00\\ud83d \\u2028 \\u00e9 \\u \\u12 \\x \\n".split(),
    *(b"\\/", b'\\"', b"\\\\"),
    *(text.encode() for text in ("\ufeff", "\u2028", "\u2029", "é", "e\u0301", "😀", "\u00a0", "\u0085", "\U0010ffff")),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x9f\x98", b"\xe2\x80", b"\xe2"),
    *(
        b"[" * 126,
        b"[" * 128,
        b"[" * 129,
        b"]" * 128,
        b'{"":' * 127,
        b"x" * 7,
        b"x" * 8,
        b"x" * 300,
        b"\r\n",
        b"\r\r\n",
    ),
]


class Mutator:
    """Makes new bytes of old ones."""

    def __init__(self, random: Random, others: Sequence[bytes], words: Sequence[bytes] = ()) -> None:
        """`others` are what pieces are taken from, `words` what is put in beside ``WORDS``."""
        self._random = random.random
        self._others = others
        self._words = [*WORDS, *words]

    def below(self, limit: int) -> int:
        return int(self._random() * limit)

    def mutated(self, text: bytes) -> bytes:
        """A text with one change to it, or a few."""
        data = bytearray(text)
        for _ in range(1 + int(5 * self._random() ** 3)):
            self._change(data)
        return bytes(data)

    def _change(self, data: bytearray) -> None:
        below = self.below
        place = below(len(data) + 1)
        kind = below(9)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << below(8)
        elif kind == 1 and place < len(data):
            data[place] = below(256)
        elif kind == 2:
            del data[place : place + 1 + below(4)]
        elif kind == 3:
            del data[place : place + below(len(data) + 1)]
        elif kind == 4:
            piece = data[place : place + 1 + below(24)]
            data[place:place] = piece * (1 + below(3))
        elif kind == 5:
            other = self._others[below(len(self._others))]
            start = below(len(other) + 1)
            data[place : place + below(24)] = other[start : start + 1 + below(60)]
        elif kind == 6:
            # A word in place of another.
            end = place
            while end < len(data) and data[end] not in b'",:{}[] \r\n':
                end += 1
            data[place:end] = self._words[below(len(self._words))]
        else:
            data[place:place] = self._words[below(len(self._words))]


class JSONMaker:
    """Makes JSON texts that may be anything but wrong."""

    _STRINGS = [
        "",
        "a",
        "id",
        "é",
        "\u2028",
        '"',
        "\\",
        "\n",
        "😀",
        "e\u0301",
        "x" * 9,
        "\x00",
        "\x7f",
        "/",
        "name",
        "type",
    ]
    _NUMBERS = ["0", "-0", "1", "12", "1.0", "1e5", "-1.5E-7", "9" * 40, "0.1", "1E400", "2147483648"]

    def __init__(self, random: Random) -> None:
        self._random = random.random

    def _pick(self, choices: List[str]) -> str:
        return choices[int(self._random() * len(choices))]

    def _space(self) -> str:
        return self._pick([" ", "\t", "\r", "\n", "  "]) if self._random() < 0.1 else ""

    def string(self) -> str:
        text = "".join(self._pick(self._STRINGS) for _ in range(int(3 * self._random())))
        if self._random() < 0.2:
            return '"' + "".join(f"\\u{unit:04x}" for unit in _units(text)) + '"'
        return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'

    def text(self, room: int = 12) -> str:
        """A value; with `room` for about so many inside."""
        chance = self._random()
        if room < 2 or chance < 0.3:
            if chance < 0.12:
                value = self._pick(["null", "true", "false"])
            elif chance < 0.2:
                value = self._pick(self._NUMBERS)
            else:
                value = self.string()
        else:
            count = int(4 * self._random())
            inside = [self.text(room // (count + 1)) for _ in range(count)]
            if chance < 0.6:
                value = "[" + self._space() + ",".join(inside) + "]"
            else:
                value = "{" + self._space() + ",".join(f"{self.string()}{self._space()}:{one}" for one in inside) + "}"
        return self._space() + value + self._space()


def _units(text: str) -> List[int]:
    data = text.encode("utf-16-be")
    return [data[index] << 8 | data[index + 1] for index in range(0, len(data), 2)]


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\x00": "\\u0000"}
