"""What the lines of a stream are, by another hand."""

from __future__ import annotations

from typing import List, NamedTuple

_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line that is not blank, without its terminator; `is_long` if it is over the limit."""

    text: bytes
    is_long: bool


def lines(stream: bytes, limit: int) -> List[Line]:
    if stream.startswith(_MARK):
        stream = stream[len(_MARK) :]
    *ended, last = stream.split(b"\n")
    texts = [text[:-1] if text.endswith(b"\r") else text for text in ended]
    return [Line(text, len(text) > limit) for text in [*texts, last] if len(text) > limit or text.strip(b" \t\r")]
