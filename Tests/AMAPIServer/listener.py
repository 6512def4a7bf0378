"""Where clients come in: a port of the loopback interface, with TLS or without."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Optional

from fault_rules import CONNECTION
from http_connection import HTTPConnection
from server import Server
from transport import Transport

CERTIFICATES = Path(__file__).resolve().parent / "certificates"
CERTIFICATE_NAMES = ("server", "expired", "wrong-host", "untrusted")
TLS_VERSIONS = {
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

_BACKLOG = 512


def tls_context(certificate: str, newest: str) -> ssl.SSLContext:
    """What the HTTPS listener offers. TLS 1.1 alone is offered with all that libraries have turned off for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    context.set_alpn_protocols(["http/1.1"])
    # Without it, the end of a client's input makes OpenSSL 3 send an alert instead of the goodbye.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if newest == "1.1":
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.maximum_version = TLS_VERSIONS[newest]
    return context


class Listener:
    """Takes connections for ever and gives each a thread."""

    def __init__(self, server: Server, port: int = 0, tls: Optional[ssl.SSLContext] = None) -> None:
        self._server = server
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]

    def start(self) -> None:
        threading.Thread(target=self._accept_for_ever, name=f"port {self.port}", daemon=True).start()

    def _accept_for_ever(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
                self._take(Transport(accepted))
            except (OSError, RuntimeError) as problem:
                # Gone before it was accepted; or out of descriptors or threads, which may be better soon.
                print(f"a connection could not be taken: {problem}", file=sys.stderr)
                time.sleep(0.01)

    def _take(self, transport: Transport) -> None:
        number = self._server.connections.accepted()
        rule = self._server.rules.take(CONNECTION)
        if rule:
            rule.act(transport)
            return
        connection = HTTPConnection(self._server, transport, number)
        thread = threading.Thread(target=self._serve, args=(connection,), name=f"connection {number}", daemon=True)
        thread.start()

    def _serve(self, connection: HTTPConnection) -> None:
        connections = self._server.connections
        connections.opened(connection)
        try:
            if self._tls is None or self._shake_hands(connection.transport, self._tls):
                connection.serve()
        finally:
            connections.closed(connection)

    def _shake_hands(self, transport: Transport, tls: ssl.SSLContext) -> bool:
        try:
            transport.start_tls(tls)
        except OSError:
            self._server.connections.shook_hands(well=False)
            transport.close()
            return False
        self._server.connections.shook_hands(well=True)
        return True
