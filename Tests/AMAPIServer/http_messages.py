"""HTTP/1.1 messages as bytes: requests read strictly, since this server judges its client; replies written whole."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Dict, List, Optional, Tuple

Header = Tuple[str, str]

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") (/[\x21-\x7e]*) HTTP/1\.([01])")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\x20-\x7e\t]*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_REASONS = {status.value: status.phrase for status in HTTPStatus}

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 1024 * 1024


class BadMessage(Exception):
    """A request that can't be read as HTTP, after which nothing more can be read from its connection."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass
class Request:
    """A request as it came; `query` is None where there is no question mark."""

    method: str
    path: str
    query: Optional[str]
    minor_version: int
    headers: List[Header]
    body: bytes = b""

    def values(self, name: str) -> List[str]:
        """All values of a header, whose name is given in lower case."""
        return [value for header, value in self.headers if header.lower() == name]

    def value(self, name: str) -> Optional[str]:
        """The value of a header that must not stand twice."""
        values = self.values(name)
        if len(values) > 1:
            raise BadMessage(f"the header {name} stands {len(values)} times")
        return values[0] if values else None

    def has_option(self, name: str, option: str) -> bool:
        """Whether a header that is a list of words holds this one."""
        return any(option == word.strip().lower() for value in self.values(name) for word in value.split(","))

    @property
    def keeps_alive(self) -> bool:
        return self.minor_version == 1 and not self.has_option("connection", "close")

    @property
    def content_length(self) -> Optional[int]:
        value = self.value("content-length")
        if value is None:
            return None
        if not _LENGTH.fullmatch(value):
            raise BadMessage("Content-Length is no number")
        return int(value)


def parse_head(head: bytes) -> Request:
    """A request without its body, from everything before the empty line."""
    lines = head.split(b"\r\n")
    start = _REQUEST_LINE.fullmatch(lines[0])
    if start is None:
        raise BadMessage("the request line is no METHOD /path HTTP/1.1")
    headers: List[Header] = []
    for line in lines[1:]:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise BadMessage(f"line {len(headers) + 2} of the head is no header of printable ASCII")
        headers.append((header[1].decode(), header[2].decode()))
    path, mark, query = start[2].decode().partition("?")
    request = Request(start[1].decode(), path, query if mark else None, int(start[3]), headers)
    if request.minor_version == 1 and request.value("host") is None:
        raise BadMessage("the header Host is missing")
    if request.values("transfer-encoding"):
        raise BadMessage("a body must come with Content-Length, without Transfer-Encoding")
    return request


@dataclass
class Reply:
    """A reply before it is put into bytes."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: List[Header] = field(default_factory=list)

    @property
    def has_body(self) -> bool:
        return self.status >= 200 and self.status not in (204, 304)


def json_reply(status: int, members: Dict[str, Any], headers: Optional[List[Header]] = None) -> Reply:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode(), headers=headers or [])


def error_reply(status: int, code: str, message: str, headers: Optional[List[Header]] = None) -> Reply:
    return json_reply(status, {"status": "error", "code": code, "message": message}, headers)


def encode_head(reply: Reply, framing: Optional[Header] = None, closing: bool = False) -> bytes:
    """The head of a reply; `framing` stands in for its Content-Length."""
    headers = []
    if not any(name.lower() == "date" for name, _ in reply.headers):
        headers.append(("Date", http_date(time.time())))
    if reply.has_body:
        headers.append(("Content-Type", reply.content_type))
        headers.append(framing or ("Content-Length", str(len(reply.body))))
    if closing:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers + reply.headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def encode(reply: Reply, closing: bool = False, without_body: bool = False) -> bytes:
    """A whole reply, to be sent in one piece: a head and a body sent apart would wait for each other's
    acknowledgement."""
    body = reply.body if reply.has_body and not without_body else b""
    return encode_head(reply, closing=closing) + body


_last_date: Tuple[int, str] = (-1, "")


def http_date(seconds: float) -> str:
    """A time as HTTP writes it. The last one is kept, as every reply of a second has the same."""
    global _last_date
    whole = int(seconds)
    known, text = _last_date
    if known != whole:
        text = formatdate(whole, usegmt=True)
        _last_date = (whole, text)
    return text
