"""The account service that the bridges are let loose on: the test server, which is killed and comes back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import neighbours  # noqa: F401 (lets the others be found)
from books import Books
from server_under_test import ServerUnderTest

#: A refusal of the token, of which a bridge has to make a new one.
_INVALID_TOKEN = '{"status":"error","code":"INVALID_TOKEN","message":"The token has expired."}'
_REFUSAL = '{"status":"error","code":"SOLD_OUT","message":"Nothing is left."}'
#: Every fault of the test server, and its parameters; a list is one to choose from. None of them lies: what is answered
#: as a success has been carried out, and what is answered as a refusal has not.
FAULTS: List[Tuple[str, Dict[str, Any]]] = [
    ("refuse_connections", {}),
    ("close_before_reading", {}),
    ("reset_before_reading", {}),
    ("delay", {"seconds": [0.02, 0.3, 4]}),
    ("delay_reply", {"seconds": [0.02, 0.3, 4]}),
    ("hang", {"applied": [False, True]}),
    ("close", {"applied": [False, True]}),
    ("reset", {"applied": [False, True]}),
    ("status", {"status": [500, 502, 503, 504], "applied": [False, True]}),
    ("status", {"status": [401], "body": [_INVALID_TOKEN], "content_type": ["application/json"]}),
    ("status", {"status": [400, 403, 422], "body": [_REFUSAL], "content_type": ["application/json"]}),
    ("body", {"body": ['{"status":', "[]", "\udcff", '{"a":1,"a":2}', ""], "applied": [False, True]}),
    ("retry_after", {"seconds": [1], "form": ["seconds", "date"]}),
    ("redirect", {"location": ["/elsewhere"], "status": [301, 307]}),
    ("echo", {}),
    ("truncated", {"applied": [False, True]}),
    ("truncated_head", {"applied": [False, True]}),
    ("drip", {"seconds": [0.001]}),
    ("split", {}),
    ("chunked", {}),
    ("continue", {}),
    ("close_after_reply", {}),
    ("huge", {"bytes": [None, 2 << 20], "chunked": [False, True], "applied": [False, True]}),
    ("endless_headers", {"applied": [False, True]}),
    ("garbage", {"applied": [False, True]}),
    ("old_http", {"applied": [False, True]}),
]


class Service:
    """The test server over all its lives, on the same ports in each. What it wrote down goes into the books when it has
    ended."""

    def __init__(self, folder: Path, books: Books, chance: random.Random) -> None:
        self._folder = folder
        self._books = books
        self._chance = chance
        self._server: Optional[ServerUnderTest] = None
        self._ports: Tuple[int, int] = (0, 0)
        self.lives = 0
        self.faults = 0

    @property
    def is_up(self) -> bool:
        return self._server is not None

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def https(self) -> str:
        return f"localhost:{self._ports[1]}"

    @property
    def ca_file(self) -> str:
        return str(neighbours.TESTS / "AMAPIServer" / "certificates" / "ca.pem")

    @property
    def _journal(self) -> Path:
        return self._folder / f"journal-{self.lives}"

    def start(self, certificate: str = "server") -> None:
        """Starts it, with no account left of those before."""
        self.lives += 1
        http, https = map(str, self._ports)
        options = ["--api-key", "key", "--http-port", http, "--https-port", https, "--journal", "1000"]
        options += ["--certificate", certificate, "--latency", self._chance.choice(["0", "0", "2", "10"])]
        self._server = ServerUnderTest(*options, "--journal-file", str(self._journal))
        self._ports = (self._server.http, self._server.https)

    def stop(self, is_killed: bool) -> None:
        """Ends it, at once and in the middle of everything if it `is_killed`."""
        server, self._server = self._server, None
        if server is None:
            return
        if is_killed:
            server.process.kill()
            server.process.wait()
        server.stop()
        with self._journal.open("rb") as lines:
            self._books.read_journal(lines)
        self._journal.unlink()

    def go_wrong(self) -> None:
        """Orders something that goes wrong with one of the next requests, or with more."""
        if self._server is None:
            return
        self.faults += 1
        dice = self._chance.random()
        if dice < 0.1:
            self._server.control("expire_tokens", kind=self._chance.choice(["short", "long", "all"]))
        elif dice < 0.2:
            self._server.control("close_idle")
        else:
            name, choices = self._chance.choice(FAULTS)
            parameters = {key: self._chance.choice(values) for key, values in choices.items()}
            self._server.fault(name, **parameters, times=self._chance.choice([1, 1, 2, 4]))

    def go_right(self) -> None:
        """Has nothing go wrong any more."""
        if self._server is not None:
            self._server.control("clear")
