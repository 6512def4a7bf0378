"""What each fault does. The docstrings are for whoever writes a test; so are the names of the parameters."""

from __future__ import annotations

import itertools
import math
import time
from typing import Iterator, List, Optional

from fault_rules import CONNECTION, FIRST_BYTE, REQUEST, fault
from http_connection import Exchange
from http_messages import Reply, encode, encode_head, error_reply, http_date, json_reply
from transport import Transport

_CHUNK_BYTES = 7
_BLOCK = b"x" * 65536


def _carry_out_if(applied: bool, exchange: Exchange) -> Reply:
    """The right reply to a request that is carried out, or the mere look of one."""
    return exchange.carry_out() if applied else json_reply(200, {"status": "success"})


def _end(exchange: Exchange) -> None:
    exchange.keeps_alive = False
    exchange.transport.close()


# Before a request is read


@fault(CONNECTION)
def refuse_connections(transport: Transport) -> None:
    """Resets a connection as soon as it is there. (A port that nobody listens on refuses for good.)"""
    transport.reset()


@fault(FIRST_BYTE)
def close_before_reading(transport: Transport) -> None:
    """Ends the connection in order when a request's first byte is there."""
    transport.close_lingering()


@fault(FIRST_BYTE)
def reset_before_reading(transport: Transport) -> None:
    """Resets the connection when a request's first byte is there."""
    transport.reset()


# No reply, or a late one


@fault(REQUEST)
def delay(exchange: Exchange, *, seconds: float) -> None:
    """Waits, then carries out the request and answers, whether or not the client is still there."""
    time.sleep(seconds)
    exchange.send(exchange.carry_out())


@fault(REQUEST)
def delay_reply(exchange: Exchange, *, seconds: float) -> None:
    """Carries out the request at once and answers late."""
    reply = exchange.carry_out()
    time.sleep(seconds)
    exchange.send(reply)


@fault(REQUEST)
def hang(exchange: Exchange, *, applied: bool = False) -> None:
    """Never answers; holds the connection until the client lets go of it."""
    _carry_out_if(applied, exchange)
    exchange.transport.wait_until_gone()
    _end(exchange)


@fault(REQUEST)
def close(exchange: Exchange, *, applied: bool = False) -> None:
    """Ends the connection in order, without a reply."""
    _carry_out_if(applied, exchange)
    _end(exchange)


@fault(REQUEST)
def reset(exchange: Exchange, *, applied: bool = False) -> None:
    """Resets the connection, without a reply."""
    _carry_out_if(applied, exchange)
    exchange.transport.reset()


# Another reply


@fault(REQUEST)
def status(
    exchange: Exchange,
    *,
    status: int,
    body: str = "",
    content_type: str = "text/plain",
    headers: Optional[List[List[str]]] = None,
    applied: bool = False,
) -> None:
    """Answers with any status, body and further headers."""
    _carry_out_if(applied, exchange)
    further = [(name, value) for name, value in headers or []]
    exchange.send(Reply(status, body.encode("utf-8", "surrogateescape"), content_type, further))


@fault(REQUEST)
def body(exchange: Exchange, *, body: str, content_type: str = "application/json", applied: bool = False) -> None:
    """Answers 200 with any body. A lone surrogate U+DC80 to U+DCFF in it stands for the byte 0x80 to 0xFF."""
    _carry_out_if(applied, exchange)
    exchange.send(Reply(200, body.encode("utf-8", "surrogateescape"), content_type))


@fault(REQUEST)
def retry_after(exchange: Exchange, *, seconds: float, form: str = "seconds", applied: bool = False) -> None:
    """Answers 429, to be tried again in some seconds, told as such or as a date."""
    _carry_out_if(applied, exchange)
    value = http_date(time.time() + seconds) if form == "date" else str(math.ceil(seconds))
    exchange.send(error_reply(429, "RATE_LIMITED", "Too many requests.", [("Retry-After", value)]))


@fault(REQUEST)
def redirect(exchange: Exchange, *, location: str, status: int = 307) -> None:
    """Sends the client elsewhere."""
    exchange.send(Reply(status, b"", "text/plain", [("Location", location)]))


@fault(REQUEST)
def echo(exchange: Exchange) -> None:
    """Answers 400 with a message that repeats the body and the Authorization header: what must not be repeated."""
    authorization = ", ".join(exchange.request.values("authorization")) or "no authorization"
    sent = exchange.request.body.decode("utf-8", "backslashreplace")
    exchange.send(error_reply(400, "BAD_REQUEST", f"can't make sense of {sent} with {authorization}"))


# A reply that is cut off


@fault(REQUEST)
def truncated(exchange: Exchange, *, sent: Optional[int] = None, applied: bool = True) -> None:
    """Ends the connection after `sent` bytes of the body (half of them), of which the head announces all."""
    reply = _carry_out_if(applied, exchange)
    kept = len(reply.body) // 2 if sent is None else min(sent, len(reply.body) - 1)
    exchange.send_raw(encode_head(reply) + reply.body[:kept], reply.status)
    _end(exchange)


@fault(REQUEST)
def truncated_head(exchange: Exchange, *, sent: Optional[int] = None, applied: bool = True) -> None:
    """Ends the connection after `sent` bytes of the head (half of them)."""
    head = encode_head(_carry_out_if(applied, exchange))
    exchange.transport.send(head[: len(head) // 2 if sent is None else min(sent, len(head) - 1)])
    _end(exchange)


# The right reply, told in another way


@fault(REQUEST)
def drip(exchange: Exchange, *, seconds: float) -> None:
    """The right reply, a byte at a time."""
    reply = exchange.carry_out()
    for byte in encode(reply, not exchange.keeps_alive):
        exchange.send_raw(bytes([byte]), reply.status)
        time.sleep(seconds)


@fault(REQUEST)
def split(exchange: Exchange) -> None:
    """The right reply in pieces of growing and shrinking size, which end in the middle of everything."""
    reply = exchange.carry_out()
    data = encode(reply, not exchange.keeps_alive)
    sizes = itertools.cycle([1, 2, 3, 5, 8, 13, 21, 13, 8, 5, 3, 2])
    while data:
        size = next(sizes)
        exchange.send_raw(data[:size], reply.status)
        data = data[size:]
        time.sleep(0.001)


@fault(REQUEST)
def chunked(exchange: Exchange) -> None:
    """The right reply with chunked encoding, in small chunks."""
    reply = exchange.carry_out()
    pieces = [reply.body[i : i + _CHUNK_BYTES] for i in range(0, len(reply.body), _CHUNK_BYTES)]
    head = encode_head(reply, ("Transfer-Encoding", "chunked"), not exchange.keeps_alive)
    exchange.send_raw(head + b"".join(map(_chunk, pieces)) + _chunk(b""), reply.status)


@fault(REQUEST)
def continue_(exchange: Exchange) -> None:
    """An interim reply, 100 Continue, that nobody asked for, then the right one."""
    exchange.transport.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.send(exchange.carry_out())


@fault(REQUEST)
def close_after_reply(exchange: Exchange) -> None:
    """The right reply, which promises nothing of the kind, then the end of the connection."""
    exchange.keeps_alive = True
    exchange.send(exchange.carry_out())
    _end(exchange)


# Replies without an end, and what is none


@fault(REQUEST)
def huge(exchange: Exchange, *, bytes: Optional[int], chunked: bool = False, applied: bool = False) -> None:
    """A body of so many bytes that is JSON if it ends, or one without end (null), until the client goes away. With
    `chunked`, as a body without end always is, the head does not give the size away."""
    _carry_out_if(applied, exchange)
    in_chunks = chunked or bytes is None
    framing = ("Transfer-Encoding", "chunked") if in_chunks else ("Content-Length", str(bytes))
    exchange.send_raw(encode_head(Reply(200, b""), framing, not exchange.keeps_alive), 200)
    for block in _endless_json() if bytes is None else _json_of_size(bytes):
        exchange.transport.send(_chunk(block) if in_chunks else block)
    if in_chunks:
        exchange.transport.send(_chunk(b""))


@fault(REQUEST)
def endless_headers(exchange: Exchange, *, applied: bool = False) -> None:
    """A head without end, until the client goes away."""
    _carry_out_if(applied, exchange)
    exchange.send_raw(b"HTTP/1.1 200 OK\r\n", 200)
    for number in itertools.count():
        exchange.transport.send(b"X-Header-%d: %s\r\n" % (number, b"x" * 1000))


@fault(REQUEST)
def garbage(exchange: Exchange, *, applied: bool = False) -> None:
    """Bytes that are no HTTP at all, then the end of the connection."""
    _carry_out_if(applied, exchange)
    exchange.transport.send(b"\x00\x15\x03\xff\xfeSSH-2.0-no\r\n\r\n\x80\x81\x82\r\n")
    _end(exchange)


@fault(REQUEST)
def old_http(exchange: Exchange, *, applied: bool = False) -> None:
    """A bare body without any head, as in HTTP/0.9, then the end of the connection."""
    exchange.transport.send(_carry_out_if(applied, exchange).body)
    _end(exchange)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _endless_json() -> Iterator[bytes]:
    yield b'{"status":"success","padding":"'
    while True:
        yield _BLOCK


def _json_of_size(size: int) -> Iterator[bytes]:
    """An object of so many bytes, or a part of one where there is no room for it."""
    start, end = b'{"status":"success","padding":"', b'"}'
    yield start[:size]
    padding = size - len(start) - len(end)
    for sent in range(0, padding, len(_BLOCK)):
        yield _BLOCK[: padding - sent]
    yield end[: max(0, size - len(start))]
