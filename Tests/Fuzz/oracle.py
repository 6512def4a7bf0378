"""Strict JSON by another hand: what the scanner should say of a text.

Python's own parser, and beside it what that parser is too kind about: NaN and Infinity, surrogates without a partner,
bytes that are not UTF-8, and more than 128 levels.
"""

from __future__ import annotations

import json
import re
from typing import Any, List, NoReturn, Optional, Tuple

DEPTH = 128

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


class NotJSON(Exception):
    """A text that must be refused; `offset` is the byte at fault, where that is known."""

    def __init__(self, why: str, offset: Optional[int] = None) -> None:
        super().__init__(why)
        self.offset = offset


class Oracle:
    """Reads texts. Objects are tuples of pairs, arrays lists, numbers the bytes they are written with."""

    def __init__(self) -> None:
        #: Whether a member stood twice in one object of the last text.
        self.has_twice = False
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._members,
            parse_int=str.encode,
            parse_float=str.encode,
            parse_constant=self._refuse,
        ).decode

    def parse(self, text: bytes) -> Any:
        self.has_twice = False
        try:
            characters = text.decode()
        except UnicodeDecodeError as error:
            raise NotJSON("it is not UTF-8", error.start) from None
        try:
            value = self._decode(characters)
        except RecursionError:
            raise NotJSON("it is too deep") from None
        except json.JSONDecodeError as error:
            raise NotJSON(error.msg) from None
        if characters.count("[") + characters.count("{") > DEPTH and _depth(characters) > DEPTH:
            raise NotJSON("it is too deep")
        if "\\u" in characters and _has_lone_surrogate(characters):
            raise NotJSON("a surrogate stands alone")
        return value

    def _members(self, pairs: List[Tuple[str, Any]]) -> Tuple[Tuple[str, Any], ...]:
        if len(pairs) > 1 and len({name for name, _ in pairs}) < len(pairs):
            self.has_twice = True
        return tuple(pairs)

    @staticmethod
    def _refuse(name: str) -> NoReturn:
        raise NotJSON(f"{name} is no number")


def has_twice(value: Any) -> bool:
    """Whether a member stands twice in one object, at any depth."""
    if isinstance(value, list):
        return any(has_twice(element) for element in value)
    if isinstance(value, tuple):
        return len({name for name, _ in value}) < len(value) or any(has_twice(member) for _, member in value)
    return False


def _depth(text: str) -> int:
    most = depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
    return most


def _has_lone_surrogate(text: str) -> bool:
    """Of a text that is JSON otherwise, where backslashes stand in strings alone."""
    lead_end = -1
    for match in _ESCAPE.finditer(text):
        unit = int(match[1] or "0", 16)
        if 0xDC00 <= unit <= 0xDFFF and match.start() == lead_end:
            lead_end = -1
            continue
        if lead_end >= 0 or 0xDC00 <= unit <= 0xDFFF:
            return True
        lead_end = match.end() if 0xD800 <= unit <= 0xDBFF else -1
    return lead_end >= 0
