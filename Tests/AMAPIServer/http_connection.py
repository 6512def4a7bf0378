"""One connection: reads its requests one after the other, and sees each of them through."""

from __future__ import annotations

import time
from typing import Optional

from api import Call, bad_request, carry_out, read_call
from fault_rules import FIRST_BYTE, REQUEST
from http_messages import BODY_LIMIT, HEAD_LIMIT, BadMessage, Reply, Request, encode, parse_head
from journal import Entry
from server import Server
from transport import Transport

_END_OF_HEAD = b"\r\n\r\n"


class Exchange:
    """One request and what becomes of it; what the faults play with."""

    def __init__(self, connection: HTTPConnection, request: Request, call: Call, entry: Entry) -> None:
        self.transport = connection.transport
        self.request = request
        self.entry = entry
        self.keeps_alive = request.keeps_alive
        self._connection = connection
        self._server = connection.server
        self._call = call

    def carry_out(self) -> Reply:
        """Has the service do what is asked, and returns the reply that would be right."""
        reply, applied = carry_out(self._call, self._server.service)
        if applied:
            self._server.journal.carried_out(self.entry)
        return reply

    def send(self, reply: Reply) -> None:
        """The whole reply, as it should be. The connection counts as idle already now: whoever has the reply may
        expect it to be."""
        self._connection.is_idle = self.keeps_alive
        self.send_raw(encode(reply, not self.keeps_alive, self.request.method == "HEAD"), reply.status)

    def send_raw(self, data: bytes, status: int) -> None:
        """The first bytes of a reply, with the status that they tell the client, if it is still there."""
        self._server.journal.answered(self.entry, status)
        self.transport.send(data)


class HTTPConnection:
    """One connection, served by one thread."""

    def __init__(self, server: Server, transport: Transport, number: int) -> None:
        self.server = server
        self.transport = transport
        self.number = number
        self.is_idle = False
        self._buffer = b""
        self._requests = 0
        self._tls: Optional[str] = None

    def serve(self) -> None:
        """Until either side has had enough."""
        self._tls = self.transport.tls
        try:
            while self._await_first_byte():
                rule = self.server.rules.take(FIRST_BYTE)
                if rule:
                    rule.act(self.transport)
                elif not self._serve_request():
                    break
                if self.transport.closed:
                    break
        except OSError:
            pass  # The client is gone, which is its right.
        finally:
            if not self.transport.closed:
                self.transport.close()

    def _await_first_byte(self) -> bool:
        """Whether there is a further request. A connection is idle between two of them, not before the first."""
        if not self._buffer:
            self.is_idle = self._requests > 0
            self._buffer = self.transport.receive()
            if not self._buffer:
                return False
        self.is_idle = False
        return True

    def _serve_request(self) -> bool:
        """Reads a request and answers it; whether another may follow."""
        try:
            request = self._read_request()
        except BadMessage as problem:
            self._refuse(problem)
            return False
        if request is None:
            return False
        call = read_call(request)
        rule = self.server.rules.take(REQUEST, call.method, call.email)
        exchange = self._exchange(request, call, rule.fault.name if rule else None)
        if self.server.latency:
            time.sleep(self.server.latency)
        if rule:
            rule.act(exchange)
        else:
            exchange.send(exchange.carry_out())
        return exchange.keeps_alive

    def _exchange(self, request: Request, call: Call, fault: Optional[str] = None) -> Exchange:
        self._requests += 1
        entry = self.server.journal.received(request, call, self.number, self._requests, self._tls, fault)
        return Exchange(self, request, call, entry)

    def _refuse(self, problem: BadMessage) -> None:
        """Answers what can't be read as a request; where the next one would begin is not known. The journal keeps
        what was read as the body of a request without a method."""
        request = Request("", "", None, 1, [("Connection", "close")], self._buffer)
        reply = bad_request(problem.why, problem.status)
        exchange = self._exchange(request, Call(None, [], None, reply))
        exchange.send(reply)
        self.transport.close_lingering()

    # Reading

    def _read_request(self) -> Optional[Request]:
        """The next request, or nothing if the client is gone before its end. The head stays in the buffer for as long
        as it may turn out to be bad."""
        end = self._find_end_of_head()
        if end is None:
            return None
        request = parse_head(self._buffer[:end])
        end += len(_END_OF_HEAD)
        length = request.content_length or 0
        if length > BODY_LIMIT:
            raise BadMessage("the body is too long", 413)
        expected = request.value("expect")
        if expected is not None:
            if expected.lower() != "100-continue":
                raise BadMessage("nothing but 100-continue may be expected", 417)
            if len(self._buffer) < end + length:
                self.transport.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._fill(end + length):
            return None
        request.body = self._buffer[end : end + length]
        self._buffer = self._buffer[end + length :]
        return request

    def _find_end_of_head(self) -> Optional[int]:
        while (end := self._buffer.find(_END_OF_HEAD)) < 0:
            if b"\n\n" in self._buffer:
                raise BadMessage("a line of the head ends in LF without CR")
            if len(self._buffer) > HEAD_LIMIT:
                raise BadMessage("the head is too long", 431)
            received = self.transport.receive()
            if not received:
                return None
            self._buffer += received
        return end

    def _fill(self, length: int) -> bool:
        """Reads until the buffer holds so many bytes; false if the client is gone before."""
        missing = length - len(self._buffer)
        pieces = [self._buffer]
        while missing > 0:
            received = self.transport.receive()
            if not received:
                return False
            pieces.append(received)
            missing -= len(received)
        if len(pieces) > 1:
            self._buffer = b"".join(pieces)
        return True
