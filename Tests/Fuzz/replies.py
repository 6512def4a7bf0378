"""The fourth target: an account service that answers nonsense, and a bridge that must make sense of it.

Each item is a command's number, a word for what becomes of the connection, and the reply: `21 keep HTTP/1.1 200 …`. The
commands on the session's account get the replies in their order, each other one, on an account of its own, always the
same, so that it doesn't matter which comes first.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Dict, List, Set, Tuple

from bridge import Bridge, Died
from cases import Case, Result
from conversations import MEMORY, compare
from envelopes import Expected
from mutation import Mutator

NAME = "replies"
#: Commands that one bridge is told.
ROUND = 500

_KEY = "KEY-4711-of-the-reseller"
_OWN = b"own@x.de"
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_EMAIL = re.compile(rb"(?:^|&)email=([^&]*)")
_SUCCESS = {
    "status": "success",
    "username": "user",
    "password": "Passw0rd-1",
    "short_token": "short",
    "long_token": "long",
    "type": "12",
    "exp_date": "2027-01-31",
    "vpn_username": "vpn-1",
    "vpn_password": "vpn-2",
}
_CODES = [
    "INVALID_APIKEY",
    "INVALID_SECRETKEY",
    "INVALID_PASSWORD",
    "INVALID_TOKEN",
    "NOT_PERMITTED",
    "OTHER_ACCOUNT",
    "CLIENT_EXISTS",
    "CLIENT_NOT_FOUND",
    "UNKNOWN_PLAN",
    "RATE_LIMITED",
    "42",
]
_STATUSES = [*[200] * 9, 201, 204, *range(300, 309), *range(400, 419), 429, *range(500, 506), 599, 999]
_HEADERS = [
    b"Retry-After: 3",
    b"Retry-After: Wed, 21 Oct 2065 07:28:00 GMT",
    b"Retry-After: 99999999999999999999",
    b"Retry-After: -1",
    b"Location: https://x.de/" + _KEY.encode(),
    b"Location: //",
    b"Connection: close",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: br",
    b"Content-Type: text/html; charset=utf-16",
    b"Content-Length: 5",
    b"Content-Length: 18446744073709551616",
    b"Content-Length: -1",
    b"Upgrade: h2c",
    b"Set-Cookie: a=b",
    b"Trailer: X",
    b"X: " + b"x" * 9000,
    b"X:" + b"\xff\x00" * 9,
    b": nameless",
    b" folded",
]
_WORDS = [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n",
    b"HTTP/1.0 ",
    b"HTTP/2 200\r\n",
    b"HTTP/1.1 2000 ",
    b"\r\n\r\n",
    b"\r\n",
    b"FFFFFFFFFFFFFFFFF\r\n",
    b"0\r\n\r\n",
    b'"status":"success"',
    b'"status":"error"',
    b'"code":"INVALID_TOKEN"',
    b'"status":1',
    _KEY.encode(),
    _KEY[:12].encode(),
    *_HEADERS,
]
#: What the commands take beside the account.
_FIELDS = {
    21: {"countrycode": "US", "type": "12"},
    22: {},
    23: {},
    18: {},
    19: {},
    20: {},
    50: {"type": "1"},
    58: {},
    59: {"type": "6"},
    1000: {"password": "Passw0rd-1"},
}
_ALONE = [18, 18, 21, 21, 22, 23]
_OF_SESSION = [19, 20, 50, 58, 59, 1000, 1000]


class Service:
    """Serves replies on a free port of the loopback interface, for a with-block."""

    def __init__(self, replies: Dict[bytes, List[Tuple[bytes, bytes]]]) -> None:
        """`replies` are the words and bytes for each account; the last goes on for ever."""
        self._replies = replies
        self._asked: Dict[bytes, int] = defaultdict(int)
        self._connections: Set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_over = False

    def __enter__(self) -> "Service":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()
        return self

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    if self._is_over:
                        connection.close()
                        return
                    self._connections.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            while True:
                head, end, body = data.partition(b"\r\n\r\n")
                length = _LENGTH.search(head)
                needed = int(length[1]) if length else 0
                if not end or len(body) < needed:
                    piece = connection.recv(1 << 16)
                    if not piece:
                        break
                    data += piece
                    continue
                data = body[needed:]
                email = _EMAIL.search(body[:needed])
                word, reply = self._next(email[1].replace(b"%40", b"@") if email else b"")
                connection.sendall(reply)
                if word == b"close":
                    break
        with self._lock:
            self._connections.discard(connection)
        connection.close()

    def _next(self, email: bytes) -> Tuple[bytes, bytes]:
        with self._lock:
            replies = self._replies.get(email, [(b"close", b"")])
            number = self._asked[email]
            self._asked[email] += 1
        return replies[min(number, len(replies) - 1)]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
            connections = list(self._connections)
        # What waits in a call is woken by that, and by nothing else on every system.
        for waiting in [self._listener, *connections]:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(10)
        self._listener.close()


def _well_formed(random: Random) -> bytes:
    chance = random.random()
    status, body, headers = 200, dict(_SUCCESS), []
    if chance < 0.35:
        code = random.choice(_CODES)
        body = {"status": "error", "code": code, "message": random.choice(["no", "é", f"not {_KEY}!", "x" * 1100])}
        status = random.choice(_STATUSES)
    elif chance < 0.45:
        status = random.choice(_STATUSES)
    while random.random() < 0.3:
        headers.append(random.choice(_HEADERS))
    text = json.dumps(body, ensure_ascii=random.random() < 0.5).encode()
    return _message(status, headers, text)


def _message(status: int, headers: List[bytes], body: bytes) -> bytes:
    head = [b"HTTP/1.1 %d Reason" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*head, b"", body])


def make(random: Random, count: int) -> Case:
    options = ["--log-level", "debug" if random.random() < 0.2 else "error", "--timeout", "0.05"]
    options += ["--max-connections", random.choice(["1", "4", "16", "64"])]
    known = [_well_formed(random) for _ in range(200)]
    mutator = Mutator(random, known, _WORDS)
    items = [b"1000 keep " + _message(200, [], json.dumps(_SUCCESS).encode())]
    while len(items) < count:
        number = random.choice(_ALONE if random.random() < 0.9 else _OF_SESSION)
        chance = random.random()
        if chance < 0.3:
            reply = known[mutator.below(len(known))]
        elif chance < 0.5:
            # Only the body, so that it gets as far as to be read.
            body = mutator.mutated(known[mutator.below(len(known))].partition(b"\r\n\r\n")[2])
            reply = _message(random.choice(_STATUSES), [], body)
        elif chance < 0.505:
            reply = _message(200, [b"X: " + b"x" * 70_000], b"{}")
        elif chance < 0.51:
            reply = _message(200, [], b'{"status":"success","type":"' + b"x" * (1 << 20) + b'"}')
        else:
            reply = mutator.mutated(known[mutator.below(len(known))])
        # What no length tells the end of ends with the connection; else a time-out would be waited for.
        word = b"keep" if reply[:12] == b"HTTP/1.1 200" and random.random() < 0.6 else b"close"
        items.append(b"%d %s %s" % (number, word, reply))
    return Case(NAME, items[:count], tuple(options))


def check(case: Case, folder: Path) -> Result:
    told = [b'{"cmd":10,"data":{"api_key":"%s"},"id":"key"}\n' % _KEY.encode()]
    expected = [Expected(("native", "key"))]
    replies: Dict[bytes, List[Tuple[bytes, bytes]]] = defaultdict(list)
    for index, item in enumerate(case.items):
        number, _, rest = item.partition(b" ")
        word, _, reply = rest.partition(b" ")
        if not number.isdigit() or int(number) not in _FIELDS:
            # One that was shortened too far.
            continue
        command = int(number)
        email = _OWN if command not in _ALONE else b"u%d@x.de" % index
        data = dict(_FIELDS[command])
        if command in _ALONE or command == 1000:
            data["email"] = email.decode()
        told.append(json.dumps({"cmd": command, "data": data, "id": f"i{index}"}).encode() + b"\n")
        expected.append(Expected(("native", f"i{index}")))
        replies[email].append((word, reply))
    memory = 0
    try:
        with Service(replies) as service:
            with Bridge(folder, [*case.options, "--api-domain", f"http://127.0.0.1:{service.port}"]) as bridge:
                bridge.tell(b"".join(told))
                bridge.take(len(expected))
                memory = bridge.memory()
                bridge.end()
                if memory > MEMORY:
                    raise Died(f"it took {memory >> 20} MiB of memory")
                return Result(_leak(bridge) or compare(expected, bridge.answers, bridge.events), memory)
    except Died as death:
        return Result(str(death), memory)


def _leak(bridge: Bridge) -> str:
    """Where the key stands, if it does: the service's own words are masked."""
    key = _KEY.encode()
    for line in bridge.answers:
        if key in line.partition(b'"message":')[2]:
            return f"the API key stands in an answer: {line[:300]!r}"
    return "the API key stands in the log" if key in bridge.errors() else ""
