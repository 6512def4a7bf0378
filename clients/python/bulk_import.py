"""Adds the clients of a CSV file, many at once, and picks up where it was interrupted.

    OVS_API_KEY=your_api_key python3 clients/python/bulk_import.py clients.csv -- --api-domain acme

Without an --api-domain it rehearses on the sandbox. The file's first line names its columns: email, countrycode and
type, and password, first_name, last_name and company_name where they are known. What became of each client stands in a
results file beside it (clients.results.csv), which also has the passwords that were generated: keep it as safe as they
must be. A second run skips what is done, and tries what failed again. Ctrl-C ends it in order, a second one at once.
"""

from __future__ import annotations

import argparse
import collections
import csv
import os
import pathlib
import queue
import shutil
import signal
import sys
import time
from typing import IO, Iterator, NamedTuple, NoReturn

from ovs_bridge import Bridge, BridgeError, Call, OVSError

REQUIRED = ["email", "countrycode", "type"]
OPTIONAL = ["password", "first_name", "last_name", "company_name"]
#: Errors that are no client's fault: going on would fail all the others, too.
STOPPING = {
    "OVS_ERR_API_KEY_NOT_SET",
    "OVS_ERR_UNAUTHORIZED",
    "OVS_ERR_FORBIDDEN",
    "OVS_ERR_RATE_LIMITED",
    "OVS_ERR_SHUTTING_DOWN",
}


class Unusable(Exception):
    """A file that can't be used, and why."""


class Row(NamedTuple):
    """A client of the CSV file."""

    line: int
    client: dict[str, str]

    @property
    def email(self) -> str:
        """The e-mail, by which the service tells clients apart whatever its case."""
        return self.client["email"]


class Record(NamedTuple):
    """What became of a client, a line of the results file; the last one of a client counts.

    `result` is sent (under way when the run ended), added, exists (added by a run that didn't get to see the answer),
    failed, or unknown (it may have been added).
    """

    email: str
    service: str
    result: str
    error: str = ""
    message: str = ""
    password: str = ""


def read_rows(path: pathlib.Path) -> list[Row]:
    """The clients of a CSV file (RFC 4180, UTF-8, separated by comma or semicolon)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            delimiter = ";" if ";" in header and "," not in header else ","
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            columns = next(reader, [])
            check_columns(columns)
            rows = []
            line = reader.line_num + 1
            for values in reader:
                if len(values) > len(columns):
                    raise Unusable(f"line {line} has {len(values)} fields, and the header only {len(columns)}")
                if any(values):
                    client = {**dict.fromkeys(REQUIRED, ""), **dict(zip(columns, values))}
                    rows.append(Row(line, client))
                line = reader.line_num + 1
            return rows
    except OSError as error:
        raise Unusable(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Unusable(f"it is not UTF-8 ({error.reason})") from error
    except csv.Error as error:
        raise Unusable(f"line {reader.line_num}: {error}") from error


def check_columns(columns: list[str]) -> None:
    """The header names all columns that must be there, and none twice or unknown."""
    for column in REQUIRED:
        if column not in columns:
            raise Unusable(f"its first line names no column {column}; needed are {', '.join(REQUIRED)}")
    for column in columns:
        if column not in REQUIRED + OPTIONAL:
            raise Unusable(f"its column {column!r} is none of {', '.join(REQUIRED + OPTIONAL)}")
        if columns.count(column) > 1:
            raise Unusable(f"its column {column} stands there twice")


class Results:
    """The results file: what is known of the clients, and what becomes of them."""

    def __init__(self, path: pathlib.Path, service: str) -> None:
        self.service = service
        self._known: dict[str, Record] = {}
        self._file: IO[str]
        try:
            # It holds passwords, so nobody else may read it.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            self._file = open(descriptor, "r+", encoding="utf-8", newline="")  # noqa: SIM115 (for the whole run)
            text = self._file.read()
            # A last line without its end was being written when the run was killed.
            whole = text[: text.rfind("\n") + 1]
            self._file.seek(0)
            self._file.truncate(len(whole.encode()))
            self._file.seek(0, os.SEEK_END)
            lines = csv.reader(whole.splitlines(keepends=True), strict=True)
            if next(lines, list(Record._fields)) != list(Record._fields):
                raise Unusable("it is there already and is no results file")
            for values in lines:
                record = Record(*values)
                if record.service == service:
                    self._known[record.email.lower()] = record
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from error
        except (csv.Error, TypeError, UnicodeDecodeError) as error:
            raise Unusable(f"it is damaged: {error}") from error
        self._writer = csv.writer(self._file, lineterminator="\n")
        if not whole:
            self._writer.writerow(Record._fields)

    def result(self, email: str) -> str:
        """What became of a client so far; "" if it was never sent."""
        record = self._known.get(email.lower())
        return record.result if record else ""

    def add(self, email: str, result: str, **more: str) -> None:
        """Notes what became of a client, before anything else happens."""
        record = Record(email, self.service, result, **more)
        self._known[email.lower()] = record
        self._writer.writerow(record)
        self._file.flush()


class Progress:
    """How far it is: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._start = self._shown = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._shown_percent = 0

    def show(self, done: int, failed: int, last: bool = False) -> None:
        """Shows it, if it is time to; `last` always."""
        now = time.monotonic()
        percent = 100 * done // self._total if self._total else 100
        due = now - self._shown >= (0.1 if self._is_terminal else 1)
        if not last and not (due and (self._is_terminal or percent >= self._shown_percent + 10)):
            return
        self._shown, self._shown_percent = now, percent
        rate = done / max(now - self._start, 1e-9)
        left = (self._total - done) / rate if rate else 0
        text = f" {done}/{self._total} {percent} %, {rate:.0f}/s"
        if not last:
            text += f", {int(left) // 60}:{int(left) % 60:02} left"
        if failed:
            text += f", {failed} failed"
        if self._is_terminal:
            room = shutil.get_terminal_size().columns - 1
            width = max(0, min(40, room - len(text) - 2))
            bar = "#" * (width * percent // 100)
            sys.stderr.write("\r" + f"[{bar:<{width}}]{text}"[:room] + "\x1b[K" + ("\n" if last else ""))
        else:
            sys.stderr.write(text.lstrip() + "\n")
        sys.stderr.flush()


class Import:
    """A run: which clients are to be added, and what becomes of them."""

    def __init__(self, bridge: Bridge, rows: list[Row], results: Results) -> None:
        self._bridge = bridge
        self._results = results
        self._in_flight: dict[Call, Row] = {}
        self._finished: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        #: Clients of whom an earlier run doesn't know whether it added them.
        self._doubtful = {row.email for row in rows if results.result(row.email) in ("sent", "unknown")}
        self.total = len(rows)
        self.added = 0
        self.skipped = 0
        self.passwords = 0
        #: The clients that were not added, with the reason.
        self.failures: list[tuple[Row, str]] = []
        #: Why no more are sent.
        self.stopped = ""
        self.interrupted = False
        self._rows = collections.deque(self._to_do(rows))

    @property
    def left(self) -> int:
        """How many were not tried, or not to the end."""
        return self.total - self.added - self.skipped - len(self.failures)

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: no more are sent. The second time there is no waiting either."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        # Not print, which may be what was interrupted.
        os.write(2, b"\ninterrupted: waiting for what is under way; again, to leave at once\n")
        self._finished.put(None)

    def run(self, limit: int) -> None:
        """Adds the clients, `limit` at a time."""
        to_do = self.left
        print(f"{to_do} clients to add to {self._results.service}, {self.skipped} done before", file=sys.stderr)
        progress = Progress(to_do)
        while self._send_up_to(limit):
            progress.show(to_do - self.left, len(self.failures))
            call = self._finished.get()
            if call is not None:
                self._note(call, self._in_flight.pop(call))
            elif self.interrupted:
                # What the bridge can't carry through in this time it gives back: every call ends, and is noted.
                self._bridge.close(5)
        progress.show(to_do - self.left, len(self.failures), last=True)

    def _send_up_to(self, limit: int) -> bool:
        """Sends more, if there are and may be more; false once nothing is in flight."""
        while self._rows and len(self._in_flight) < limit and not self.stopped and not self.interrupted:
            row = self._rows.popleft()
            # First noted, then sent: a run that is killed leaves a doubt, never a client that nobody knows of.
            self._results.add(row.email, "sent")
            call = self._bridge.submit("OVS_CMD_ADD_CLIENT", {name: text for name, text in row.client.items() if text})
            self._in_flight[call] = row
            call.add_done_callback(self._finished.put)  # type: ignore[arg-type]
        return bool(self._in_flight)

    def _to_do(self, rows: list[Row]) -> Iterator[Row]:
        lines: dict[str, int] = {}
        for row in rows:
            first = lines.setdefault(row.email.lower(), row.line)
            if not row.email:
                self.failures.append((row, "there is no e-mail"))
            elif first != row.line:
                self.failures.append((row, f"the same e-mail stands in line {first}"))
            elif self._results.result(row.email) in ("added", "exists"):
                self.skipped += 1
            else:
                yield row

    def _note(self, call: Call, row: Row) -> None:
        error = call.exception()
        if error is None:
            password = call.result()["password"] if call.result() else ""
            self._results.add(row.email, "added", password=password)
            self.passwords += bool(password)
            self.added += 1
            return
        name, outcome = (error.name, error.outcome) if isinstance(error, OVSError) else ("", "unknown")
        message = error.message if isinstance(error, OVSError) else str(error)
        if name == "OVS_ERR_CLIENT_EXISTS" and row.email in self._doubtful:
            message = "an earlier run added it, and did not get the answer"
            if not row.client.get("password"):
                message += "; OVS_CMD_RESET_PASSWORD mails it a new password"
            self._results.add(row.email, "exists", message=message)
            self.added += 1
            return
        # A doubt of an earlier run stays one until the client is there.
        result = "unknown" if outcome == "unknown" or row.email in self._doubtful else "failed"
        self._results.add(row.email, result, error=name, message=message)
        reason = f"{message} ({name})" if name else message
        if not name or name in STOPPING or outcome == "not_sent":
            self.stopped = self.stopped or reason
        else:
            self.failures.append((row, reason))


class Parser(argparse.ArgumentParser):
    """A parser whose errors have the exit status of the bridge's own."""

    def error(self, message: str) -> NoReturn:
        """One line, as what is wrong with the usage needs no more."""
        self.exit(64, f"{self.prog}: {message}; --help tells more\n")


def in_flight(text: str) -> int:
    """The value of --in-flight."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("it must be a number from 1 to 1000")
    return int(text)


def main(arguments: list[str]) -> int:
    """Runs an import; returns the exit status."""
    own, options = arguments, []
    if "--" in arguments:
        own, options = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.usage = "%(prog)s CLIENTS.csv [--results FILE] [--in-flight N] [-- BRIDGE OPTIONS]"
    parser.add_argument("clients", metavar="CLIENTS.csv", type=pathlib.Path)
    parser.add_argument("--results", metavar="FILE", type=pathlib.Path, help="where it is noted what became of each")
    parser.add_argument("--in-flight", metavar="N", type=in_flight, default=64, help="how many at a time (64)")
    settings = parser.parse_args(own)
    path = settings.results or settings.clients.with_suffix(".results.csv")
    file = settings.clients
    try:
        rows = read_rows(file)
        file = path
        with Bridge(options=options) as bridge:
            session = bridge.get_session()
            if not session["api_key_set"]:
                print("there is no API key: set OVS_API_KEY, or give -- --api-key-file PATH", file=sys.stderr)
                return 64
            run = Import(bridge, rows, Results(path, session["api_domain"] or "sandbox"))
            signal.signal(signal.SIGINT, run.interrupt)
            try:
                run.run(settings.in_flight)
            except KeyboardInterrupt:
                bridge.kill()
                raise
    except Unusable as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 65
    except BridgeError as error:
        print(error, file=sys.stderr)
        return 69
    except KeyboardInterrupt:
        print("interrupted; what was under way is noted as sent, and is looked at by the next run", file=sys.stderr)
        return 130
    return report(run, path)


def report(run: Import, path: pathlib.Path) -> int:
    """Says what became of all clients; returns the exit status."""
    parts = [f"{run.added} added", f"{run.skipped} done before", f"{len(run.failures)} failed", f"{run.left} left"]
    print(f"{run.total} clients: {', '.join(parts)}")
    if run.passwords:
        print(f"{run.passwords} passwords were generated: {path}")
    for row, reason in run.failures:
        print(f"line {row.line}, {row.email}: {reason}")
    if run.stopped:
        print(f"stopped: {run.stopped}")
        if "OVS_ERR_RATE_LIMITED" in run.stopped:
            print("-- --add-client-interval 10 keeps the pace that the service asks for")
    if run.interrupted:
        return 130
    return 1 if run.failures or run.left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
