#!/usr/bin/env python3
"""A test server for AMAPI, the vendor's Account Management API: accounts in memory, over HTTP and HTTPS on the loopback
interface, with faults to order and a journal of what it was asked. README.md beside this file has the protocol.

It ends with its standard input, so that a test that dies leaves nothing behind.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import sys
import threading
import time
from typing import IO, Optional

import fault_actions  # noqa: F401 (registers the faults)
from account_service import Policy
from clock import Clock, parse_start
from control import Control
from listener import CERTIFICATE_NAMES, CERTIFICATES, TLS_VERSIONS, Listener, tls_context
from server import Server
from tokens import SHORT_LIFETIME_SECONDS

_LAST_ANSWERS_SECONDS = 1.0
_PARENT_CHECK_SECONDS = 0.5


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A test server for the Account Management API.")
    listening = parser.add_argument_group("listening, on 127.0.0.1")
    listening.add_argument("--http-port", type=int, default=0, metavar="PORT", help="(any free one)")
    listening.add_argument("--https-port", type=int, default=0, metavar="PORT", help="(any free one)")
    listening.add_argument("--certificate", choices=CERTIFICATE_NAMES, default="server", help="(server)")
    listening.add_argument("--tls-max", choices=sorted(TLS_VERSIONS), default="1.3", help="newest TLS offered (1.3)")
    service = parser.add_argument_group("the service")
    service.add_argument("--api-key", metavar="KEY", help="the one API key it takes (any)")
    service.add_argument("--secret-key", metavar="KEY", help="the one secret key it takes (any)")
    service.add_argument("--not-whitelisted", action="store_true", help="the caller's address is not whitelisted")
    service.add_argument("--strong-passwords", action="store_true", help="refuse weak passwords for new clients")
    service.add_argument(
        "--now", type=_date, metavar="DATE", help="where its clock starts: 2026-01-31 or 2026-01-31T09:30:00Z (now)"
    )
    service.add_argument(
        "--latency", type=_amount, default=0.0, metavar="MS", help="how long a request takes before it is carried out"
    )
    service.add_argument(
        "--add-client-interval", type=_amount, default=10.0, metavar="SECONDS", help="pace of new clients (10)"
    )
    service.add_argument(
        "--short-lifetime",
        type=_amount,
        default=SHORT_LIFETIME_SECONDS,
        metavar="SECONDS",
        help="lifetime of a short token (43200)",
    )
    parser.add_argument("--journal", type=int, default=100_000, metavar="N", help="entries kept (100000)")
    parser.add_argument(
        "--journal-file", type=_new_file, metavar="PATH", help="a new file that all entries are written to (none)"
    )
    return parser.parse_args()


def _date(text: str) -> Clock:
    try:
        return Clock(parse_start(text))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no amount")
    return amount


def _new_file(path: str) -> IO[bytes]:
    """Unbuffered, and new, because another run's entries have the same numbers."""
    try:
        return open(path, "xb", buffering=0)
    except OSError as problem:
        raise argparse.ArgumentTypeError(f"{path}: {problem.strerror}") from None


def make_server(options: argparse.Namespace) -> Server:
    policy = Policy(
        api_key=options.api_key,
        secret_key=options.secret_key,
        whitelisted=not options.not_whitelisted,
        strong_passwords=options.strong_passwords,
        add_client_interval=options.add_client_interval,
        short_lifetime=options.short_lifetime,
    )
    return Server(
        policy, options.now or Clock(), options.journal, options.latency / 1000, journal_file=options.journal_file
    )


def write_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer_commands(control: Control, lines: "queue.Queue[Optional[str]]") -> None:
    """Until there are no more. A thread of its own does this, so that the end of the input is seen even while a command
    waits for something."""
    try:
        while (line := lines.get()) is not None:
            write_line(control.answer(line))
    except BrokenPipeError:
        os._exit(0)


def end_with(parent: int) -> None:
    """The other half of not outliving the parent: somebody else may hold the far end of the standard input."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(0)


def main() -> None:
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])  # A test runner may have it blocked.
    options = parse_options()
    server = make_server(options)
    http = Listener(server, options.http_port)
    https = Listener(server, options.https_port, tls_context(options.certificate, options.tls_max))
    http.start()
    https.start()
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    lines: "queue.Queue[Optional[str]]" = queue.Queue()
    answering = threading.Thread(target=answer_commands, args=(Control(server), lines), daemon=True)
    ready = {"http": http.port, "https": https.port, "ca": str(CERTIFICATES / "ca.pem"), "pid": os.getpid()}
    write_line(json.dumps(ready))
    answering.start()
    for line in sys.stdin.buffer:
        if line.strip():
            lines.put(line.decode("utf-8", "replace"))
    lines.put(None)
    server.journal.stop_waiting()
    answering.join(_LAST_ANSWERS_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
