"""The bytes under HTTP: one accepted socket, with or without TLS, and the ways in which it can end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from typing import Optional

_CHUNK = 64 * 1024
_ABRUPT = struct.pack("ii", 1, 0)


class Transport:
    """Owned by one thread, which alone may use it, but for `stop_reading`."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = accepted
        self.closed = False

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Raises OSError if the client wants none of it."""
        secured = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secured
        secured.do_handshake()

    @property
    def tls(self) -> Optional[str]:
        return self._socket.version() if isinstance(self._socket, ssl.SSLSocket) else None

    def receive(self) -> bytes:
        """Whatever comes next; nothing once the client has ended its side."""
        try:
            return self._socket.recv(_CHUNK)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        """Raises OSError when the client is gone."""
        self._socket.sendall(data)

    def wait_until_gone(self) -> None:
        while self.receive():
            pass

    def stop_reading(self) -> None:
        """Called from another thread: has the owner find the end of the client's input, as if the client had ended it.
        So it is the owner who closes, and TLS, which bears no two threads, is closed in order too."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def close(self) -> None:
        """The orderly end, with TLS's own goodbye before TCP's. Whatever the client sent and nobody read turns it into
        a reset; see `close_lingering`."""
        self._say_goodbye()
        self._drop()

    def close_lingering(self, seconds: float = 2) -> None:
        """The orderly end for a client that may still be sending: it is told first, and read from until it stops."""
        self._say_goodbye()
        deadline = time.monotonic() + seconds
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            while (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not socket.socket.recv(self._socket, _CHUNK):
                    break
        except OSError:
            pass
        self._drop()

    def reset(self) -> None:
        """The abrupt end: the client gets a reset, even for what it was already sent."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
        self._drop()

    def _say_goodbye(self) -> None:
        """Sends close_notify without waiting for the client's."""
        if isinstance(self._socket, ssl.SSLSocket) and not self.closed:
            try:
                self._socket.settimeout(0)
                self._socket.unwrap()
            except (OSError, ValueError):
                pass

    def _drop(self) -> None:
        self.closed = True
        self._socket.close()
