"""Which answers a line must get, by another hand: how many, in which dialect, under which identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from oracle import NotJSON, Oracle, has_twice
from stream import Line

#: An answer without identifier, and one whose identifier can't be foretold.
ABSENT, ANY = "<absent>", "<any>"
#: What ends the bridge, and what leads it away from the sandbox.
_AVOIDED = {"OVS_CMD_SHUTDOWN", b"1007", "OVS_CMD_SET_API_DOMAIN", b"1003"}
_NATIVE = {"cmd", "data", "id", "timeout_ms"}
_JSON_RPC = {"jsonrpc", "method", "params", "id", "timeout_ms"}
_WHOLE = re.compile(rb"-?[0-9]{1,18}")

Key = Tuple[Any, ...]


@dataclass(frozen=True)
class Expected:
    """What a line must bring about."""

    #: `("native", id)`, `("jsonrpc", id)` or `("batch", id, …)`; None where nothing must be answered.
    answer: Optional[Key]
    #: What the one answer must be, where that is known of the line as a whole.
    error: str = ""
    is_avoided: bool = False


class Model:
    """Foretells the answers of the lines of one stream, in their order."""

    def __init__(self) -> None:
        self._oracle = Oracle()
        self._last = "native"

    def expected(self, line: Line) -> Expected:
        """What a line must bring about; one that is to be avoided is taken not to be said."""
        before = self._last
        expected = self._expected(line)
        if expected.is_avoided:
            self._last = before
        return expected

    def _expected(self, line: Line) -> Expected:
        if line.is_long:
            return Expected(self._unreadable(line.text), "OVS_ERR_LINE_TOO_LONG")
        try:
            value = self._oracle.parse(line.text)
        except NotJSON:
            return Expected(self._unreadable(line.text), "OVS_ERR_PARSE")
        is_suspect = self._oracle.has_twice
        if isinstance(value, tuple):
            members = _members(value)
            if "jsonrpc" in members:
                self._last = "jsonrpc"
                wants, name, avoided = _json_rpc(value, members, is_suspect)
                return Expected(("jsonrpc", name) if wants else None, is_avoided=avoided)
            self._last = "native"
            return Expected(("native", _native_id(members)), is_avoided=_is_avoided(_once(members, "cmd")))
        if isinstance(value, list):
            self._last = "jsonrpc"
            if not value or len(value) > max(1000, len(line.text) // 30):
                return Expected(("jsonrpc", None), "OVS_ERR_INVALID_ENVELOPE")
            answers = [_json_rpc(one, _members(one), is_suspect and has_twice(one)) for one in value]
            ids = tuple(name for wants, name, _ in answers if wants)
            return Expected(("batch", *ids) if ids else None, is_avoided=any(avoided for _, _, avoided in answers))
        answer = self._unreadable(line.text)
        return Expected(("native", ABSENT) if answer[0] == "native" else answer, "OVS_ERR_INVALID_ENVELOPE")

    def _unreadable(self, text: bytes) -> Key:
        if b'"jsonrpc"' in text or self._last == "jsonrpc":
            return ("jsonrpc", None)
        return ("native", ANY)


def _members(value: Any) -> Dict[str, List[Any]]:
    members: Dict[str, List[Any]] = {}
    if isinstance(value, tuple):
        for name, member in value:
            members.setdefault(name, []).append(member)
    return members


def _once(members: Dict[str, List[Any]], name: str) -> Any:
    """The value of a member that stands once; an object for want of one, which is what no member may be."""
    values = members.get(name, ())
    return values[0] if len(values) == 1 else ()


def _is_avoided(command: Any) -> bool:
    return isinstance(command, (str, bytes)) and command in _AVOIDED


def _native_id(members: Dict[str, List[Any]]) -> Any:
    name = _once(members, "id")
    return name if isinstance(name, (str, bytes)) else ABSENT


def _json_rpc(value: Any, members: Dict[str, List[Any]], is_twice: bool) -> Tuple[bool, Any, bool]:
    """Whether it must be answered, under which identifier, and whether it is to be avoided."""
    name = _once(members, "id")
    has_id = name is None or isinstance(name, (str, bytes))
    timeout = members.get("timeout_ms", [b"1"])[0]
    is_request = (
        isinstance(value, tuple)
        and not is_twice
        and _JSON_RPC.issuperset(members)
        and (has_id or "id" not in members)
        and members.get("jsonrpc") == ["2.0"]
        and isinstance(_once(members, "method"), str)
        and isinstance(members.get("params", [()])[0], (tuple, list))
        and isinstance(timeout, bytes)
        and bool(_WHOLE.fullmatch(timeout))
        and 0 < int(timeout) < 1 << 31
    )
    is_avoided = is_request and _is_avoided(_once(members, "method"))
    return has_id or not is_request, name if has_id else None, is_avoided


def answered(value: Any) -> Tuple[Key, List[str]]:
    """The key of an answer, read by the oracle, and the names of its errors."""
    if isinstance(value, list):
        keys = [answered(one) for one in value]
        return ("batch", *(key[1] for key, _ in keys)), [name for _, names in keys for name in names]
    members = dict(value)
    if "jsonrpc" in members:
        names = [dict(dict(members["error"])["data"])["name"]] if "error" in members else []
        return ("jsonrpc", members["id"]), names
    return ("native", members.get("id", ABSENT)), [members["error_name"]]
