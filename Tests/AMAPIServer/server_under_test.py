"""The server as its own tests drive it: a child process, its control protocol, and a client that is no friend of it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional, Union
from urllib.parse import urlencode

PROGRAM = Path(__file__).resolve().parent / "amapi_server.py"
TIMEOUT = 10


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Dict[str, Any]:
        members: Dict[str, Any] = json.loads(self.text)
        return members

    @property
    def code(self) -> Optional[str]:
        return self.json.get("code")


class ServerUnderTest:
    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-W", "error", str(PROGRAM), *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready: Dict[str, Any] = self._read()
        self.http: int = self.ready["http"]
        self.https: int = self.ready["https"]

    def stop(self) -> int:
        """Ends the server by ending its input; returns its status."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        return status

    # The control protocol

    def control(self, do: str, **arguments: Any) -> Dict[str, Any]:
        """A command that must succeed."""
        answer = self.control_line(json.dumps({"do": do, **arguments}))
        assert answer.pop("ok"), answer
        return answer

    def control_line(self, line: str) -> Dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self._read()

    def fault(self, name: str, **parameters: Any) -> None:
        self.control("fault", fault=name, **parameters)

    def last_entry(self) -> Dict[str, Any]:
        entry: Dict[str, Any] = self.control("journal")["entries"][-1]
        return entry

    def _read(self) -> Dict[str, Any]:
        assert self.process.stdout
        members: Dict[str, Any] = json.loads(self.process.stdout.readline())
        return members

    # The service

    def connect(self, tls: Optional[ssl.SSLContext] = None) -> Union[HTTPConnection, HTTPSConnection]:
        if tls:
            return HTTPSConnection("localhost", self.https, timeout=TIMEOUT, context=tls)
        return HTTPConnection("127.0.0.1", self.http, timeout=TIMEOUT)

    def call(
        self,
        method: str,
        over: Optional[HTTPConnection] = None,
        bearer: Optional[str] = None,
        **fields: str,
    ) -> Answer:
        """One request, over a connection of its own unless told otherwise."""
        connection = over or self.connect()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        body = urlencode({"apikey": "key", **fields})
        try:
            connection.request("POST", f"/api/amapi/{method}", body, headers)
            return read_answer(connection.getresponse())
        finally:
            if over is None:
                connection.close()

    def add(
        self, email: str = "ann@example.com", plan: str = "12", over: Optional[HTTPConnection] = None, **fields: str
    ) -> Answer:
        return self.call("AddClient", over, None, email=email, country="DE", type=plan, **fields)

    def log_in(self, password: str, email: str = "ann@example.com") -> Dict[str, Any]:
        return self.call("TokenRefresh", email=email, password=password).json

    def send(self, request: bytes, end: bool = True) -> bytes:
        """Sends bytes as they are and returns all that comes back until the server ends the connection."""
        with socket.create_connection(("127.0.0.1", self.http), TIMEOUT) as raw:
            raw.sendall(request)
            if end:
                raw.shutdown(socket.SHUT_WR)
            received = b""
            while piece := raw.recv(65536):
                received += piece
            return received


def read_answer(response: HTTPResponse) -> Answer:
    return Answer(response.status, response.headers, response.read().decode())


def form_request(
    method: str = "GetClient", body: bytes = b"apikey=key&email=ann%40example.com", close: bool = True
) -> bytes:
    """A request by hand."""
    head = (
        f"POST /api/amapi/{method} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + body


GET_ANN = form_request()
