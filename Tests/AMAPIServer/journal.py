"""What the server was asked, for tests to look at afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from itertools import takewhile
from typing import IO, Any, Deque, Dict, List, Optional

from api import Call
from http_messages import Request

Entry = Dict[str, Any]


class Journal:
    """Bounded: the oldest entries go first. An entry is there as soon as its request has been received in full, and
    says how it was answered before the answer is on its way, so that whoever has the answer can read it here.

    A file, which must be unbuffered, has all of it, line by line, and as early: what a client was told stands there
    even if the process is killed the moment after."""

    def __init__(self, capacity: int, file: Optional[IO[bytes]] = None) -> None:
        self._started = time.monotonic()
        self._changed = threading.Condition()
        self._entries: Deque[Entry] = deque(maxlen=capacity)
        self._file = file
        self._stopped = False
        self.requests = 0
        self.applied = 0

    def received(
        self,
        request: Request,
        call: Call,
        connection: int,
        on_connection: int,
        tls: Optional[str],
        fault: Optional[str],
    ) -> Entry:
        entry: Entry = {
            "n": 0,
            "time": time.monotonic() - self._started,
            "connection": connection,
            "on_connection": on_connection,
            "tls": tls,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.body.decode("utf-8", "backslashreplace"),
            "fields": call.fields,
            "bearer": call.bearer,
            "applied": False,
            "status": None,
            "fault": fault,
        }
        with self._changed:
            self.requests += 1
            entry["n"] = self.requests
            self._entries.append(entry)
            self._write(entry)
            self._changed.notify_all()
        return entry

    def carried_out(self, entry: Entry) -> None:
        with self._changed:
            entry["applied"] = True
            self.applied += 1
            self._write({"n": entry["n"], "applied": True})
            self._changed.notify_all()

    def answered(self, entry: Entry, status: int) -> None:
        with self._changed:
            if entry["status"] != status:
                entry["status"] = status
                self._write({"n": entry["n"], "status": status})

    def _write(self, record: Entry) -> None:
        if self._file:
            self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def entries(self, since: int) -> List[Entry]:
        """Copies of the entries behind one, oldest first: those at hand may be completed any moment."""
        with self._changed:
            young = takewhile(lambda entry: entry["n"] > since, reversed(self._entries))
            return [dict(entry) for entry in young][::-1]

    def wait_for(self, requests: int, applied: int, seconds: float) -> bool:
        """Waits until so many requests have been received and so many changes applied in all, or the server is about to
        end."""

        def is_reached() -> bool:
            return self.requests >= requests and self.applied >= applied

        with self._changed:
            self._changed.wait_for(lambda: self._stopped or is_reached(), seconds)
            return is_reached()

    def stop_waiting(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def reset(self) -> None:
        with self._changed:
            self._entries.clear()
            self.requests = 0
            self.applied = 0
