"""All connections there are, and how many there were."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Dict, Set

if TYPE_CHECKING:
    from http_connection import HTTPConnection


class Connections:
    """Counts connections, knows the open ones, and closes the idle ones."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: Set[HTTPConnection] = set()
        self._accepted = 0
        self._handshakes = 0
        self._failed_handshakes = 0

    def accepted(self) -> int:
        """Counts one more and returns its number."""
        with self._changed:
            self._accepted += 1
            return self._accepted

    def opened(self, connection: HTTPConnection) -> None:
        with self._changed:
            self._open.add(connection)

    def closed(self, connection: HTTPConnection) -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def shook_hands(self, well: bool) -> None:
        with self._changed:
            if well:
                self._handshakes += 1
            else:
                self._failed_handshakes += 1

    def close_idle(self) -> int:
        """Closes the connections that wait for a further request, and returns how many. Each is closed by its own
        thread; one whose next request comes in at this very moment is served and not counted. One that is stuck sending
        to a client that does not read is not waited for."""
        deadline = time.monotonic() + 2
        with self._changed:
            idle = [connection for connection in self._open if connection.is_idle]
            for connection in idle:
                connection.transport.stop_reading()
            while time.monotonic() < deadline and any(c.is_idle and c in self._open for c in idle):
                self._changed.wait(0.01)
            return sum(1 for connection in idle if connection.is_idle and connection not in self._open)

    def stats(self) -> Dict[str, int]:
        with self._changed:
            return {
                "connections_accepted": self._accepted,
                "connections_open": len(self._open),
                "tls_handshakes": self._handshakes,
                "tls_failures": self._failed_handshakes,
            }
