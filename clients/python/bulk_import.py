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
import contextlib
import csv
import fcntl
import io
import math
import os
import pathlib
import queue
import re
import signal
import sys
import threading
import time
from typing import Iterable, Iterator, NamedTuple, NoReturn

from ovs_bridge import Bridge, BridgeError, BridgeExit, Call, OVSError

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
NEW_PASSWORD = "OVS_CMD_RESET_PASSWORD mails a new one"


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
    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next((line for line in file if line.strip()), "")
            file.seek(0)
            delimiter = ";" if ";" in header and "," not in header else ","
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            columns: list[str] = []
            rows = []
            line = 1
            for values in reader:
                if not columns:
                    columns = [column.strip().lower() for column in values]
                    if columns:
                        check_columns(columns)
                elif len(values) > len(columns):
                    raise Unusable(f"line {line} has {len(values)} fields, and the header only {len(columns)}")
                elif any(value.strip() for value in values):
                    rows.append(Row(line, {**dict.fromkeys(REQUIRED, ""), **dict(zip(columns, values))}))
                line = reader.line_num + 1
            if not columns:
                raise Unusable("there is no header, which names the columns")
            return rows
    except OSError as error:
        raise Unusable(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Unusable(f"it is not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    except csv.Error as error:
        raise Unusable(f"line {line}: {error}") from error


def check_columns(columns: list[str]) -> None:
    """The header names all columns that must be there, and none twice or unknown."""
    for column in columns:
        if column not in REQUIRED + OPTIONAL:
            raise Unusable(f"there is no column {column!r}; the header names some of {', '.join(REQUIRED + OPTIONAL)}")
        if columns.count(column) > 1:
            raise Unusable(f"the column {column!r} stands in the header twice")
    for column in REQUIRED:
        if column not in columns:
            raise Unusable(f"the header lacks the column {column!r}")


class Results:
    """The results file: what is known of the clients, and what becomes of them."""

    def __init__(self, path: pathlib.Path, service: str) -> None:
        self.service = service
        #: Why no more can be noted.
        self.failure = ""
        self._path = path
        self._known: dict[str, str] = {}
        header = ",".join(Record._fields) + "\n"
        try:
            # It holds passwords, so nobody else may read it.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            file = open(descriptor, "r+b")  # noqa: SIM115 (for the whole run)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            content = file.read()
            # A last line without its end was being written when the run was killed.
            whole = content[: content.rfind(b"\n") + 1]
            if not (whole or header.encode()).startswith(header.encode() if whole else content):
                raise Unusable(f"it is there already and is no results file, whose header is {header.strip()}")
            for values in csv.reader(io.StringIO(whole.decode()), strict=True):
                if len(values) != len(Record._fields):
                    raise Unusable(f"it is damaged: a record has {len(values)} fields")
                record = Record(*values)
                if record.service == service:
                    self._known[key(record.email)] = record.result
            file.truncate(len(whole))
        except BlockingIOError as error:
            raise Unusable("another run uses it just now") from error
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from error
        except (csv.Error, UnicodeDecodeError) as error:
            raise Unusable(f"it is damaged: {error}") from error
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        if not whole:
            self._write(Record._fields)

    def result(self, email: str) -> str:
        """What became of a client so far; "" if it was never sent."""
        return self._known.get(key(email), "")

    def add(self, email: str, result: str, **more: str) -> bool:
        """Notes what became of a client, before anything else happens; false if it could not be noted."""
        self._known[key(email)] = result
        # A record is one line, whatever is in it, so that a torn one is known by its end.
        return self._write([one_line(field) for field in Record(email, self.service, result, **more)])

    def _write(self, fields: Iterable[str]) -> bool:
        # Nothing follows a record that was perhaps written in part.
        if not self.failure:
            try:
                self._writer.writerow(fields)
                self._file.flush()
            except OSError as error:
                self.failure = f"{self._path}: it can't be written: {error.strerror}"
        return not self.failure


def key(email: str) -> str:
    """What two spellings of an e-mail have in common."""
    return one_line(email).lower()


def one_line(text: str) -> str:
    """The text without line breaks, and NUL, which not every reader of CSV bears."""
    return re.sub(r"[\r\n\0]+", " ", text)


def tell(text: str) -> None:
    """Writes to stderr, which may be gone: what is to be told there is not worth ending the run."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def is_terminal() -> bool:
    """Whether stderr is a terminal that can redraw a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """How far it is: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._start = self._shown = time.monotonic()
        self._shown_tenth = 0
        self._is_terminal = is_terminal()
        self.done = 0

    def show(self) -> None:
        """Shows it, if it is time to."""
        now = time.monotonic()
        tenth = 10 * self.done // self._total
        if now - self._shown < (0.1 if self._is_terminal else 1) or (
            not self._is_terminal and tenth == self._shown_tenth
        ):
            return
        self._shown, self._shown_tenth = now, tenth
        rate = self.done / max(now - self._start, 0.001)
        left = math.ceil((self._total - self.done) / rate) if rate else 0
        text = f"{self.done} of {self._total}, {100 * self.done // self._total} %"
        if rate:
            text += f", {rate:.{1 if rate < 10 else 0}f}/s, {f'{left} s' if left < 120 else f'{left // 60} min'} left"
        if self._is_terminal:
            bar = "#" * (30 * self.done // self._total)
            width = 80
            with contextlib.suppress(OSError):
                width = os.get_terminal_size(sys.stderr.fileno()).columns or width
            tell(f"\r{text} [{bar:.<30}]"[:width] + "\x1b[K")
        else:
            tell(text + "\n")

    def end(self) -> None:
        """Takes the bar away."""
        if self._is_terminal:
            tell("\r\x1b[K")


class Import:
    """A run: which clients are to be added, and what becomes of them."""

    def __init__(self, bridge: Bridge, rows: list[Row], results: Results) -> None:
        self._bridge = bridge
        self._results = results
        self._in_flight: dict[Call, Row] = {}
        self._finished: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        #: Clients of whom an earlier run doesn't know whether it added them.
        self._doubtful = {row.email for row in rows if results.result(row.email) in ("sent", "unknown")}
        #: How many came to which end.
        self.counts = collections.Counter({"added": 0})
        self.passwords = 0
        #: The clients of whom it is not certain that they are there, with the reason.
        self.failures: list[tuple[Row, str]] = []
        #: Clients that are there, but have a password that nobody knows.
        self.remarks: list[tuple[Row, str]] = []
        #: The exit status of a run that sends no more, and why.
        self.status = 0
        self.reason = ""
        self._rows = collections.deque(self._to_do(rows))

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: no more are sent. The second time there is no waiting either."""
        if self.status == 130:
            raise KeyboardInterrupt
        self.status = 130
        # Not print, which may be what was interrupted.
        with contextlib.suppress(OSError):
            os.write(2, b"\ninterrupted; waiting for what is in flight, unless Ctrl-C comes again\n")
        self._finished.put(None)

    def run(self, limit: int) -> None:
        """Adds the clients, `limit` at a time."""
        progress = Progress(len(self._rows))
        try:
            while self._send_up_to(limit):
                progress.show()
                call = self._finished.get()
                if call is not None:
                    progress.done += 1
                    self._note(call, self._in_flight.pop(call))
                elif self.status == 130:
                    # What the bridge can't carry through in this time it gives back: every call ends, and is noted.
                    threading.Thread(target=self._bridge.close, args=(5,), daemon=True).start()
        except KeyboardInterrupt:
            # What has been answered meanwhile is noted, too.
            self._bridge.kill()
            with contextlib.suppress(queue.Empty):
                while True:
                    call = self._finished.get_nowait()
                    if call is not None and not isinstance(call.exception(), BridgeExit):
                        self._note(call, self._in_flight.pop(call))
            raise
        finally:
            progress.end()

    def _send_up_to(self, limit: int) -> bool:
        """Sends more, if there are and may be more; false once nothing is in flight."""
        while self._rows and len(self._in_flight) < limit and not self.status:
            row = self._rows.popleft()
            # First noted, then sent: a run that is killed leaves a doubt, never a client that nobody knows of.
            if not self._results.add(row.email, "sent"):
                self._stop(65, self._results.failure)
                break
            call = self._bridge.submit("OVS_CMD_ADD_CLIENT", {name: text for name, text in row.client.items() if text})
            self._in_flight[call] = row
            call.add_done_callback(self._finished.put)  # type: ignore[arg-type]
        return bool(self._in_flight)

    def _to_do(self, rows: list[Row]) -> Iterator[Row]:
        lines: dict[str, int] = {}
        for row in rows:
            first = lines.setdefault(key(row.email), row.line)
            if not row.email:
                self._list("failed", row, "a client needs an e-mail")
            elif first != row.line:
                self._list("failed", row, f"this e-mail stands in line {first} already")
            elif self._results.result(row.email) in ("added", "exists"):
                self.counts["added before"] += 1
            else:
                yield row

    def _note(self, call: Call, row: Row) -> None:
        error = call.exception()
        in_doubt = row.email in self._doubtful
        if error is None:
            password = call.result()["password"] if call.result() else ""
            self.counts["added"] += 1
            if self._results.add(row.email, "added", password=password):
                self.passwords += bool(password)
            elif password:
                self.remarks.append((row, f"added, but its password could not be noted; {NEW_PASSWORD}"))
        elif not isinstance(error, OVSError):
            self._results.add(row.email, "unknown", message=str(error))
            self._list("in doubt", row, str(error))
            self._stop(69, str(error))
        elif error.name == "OVS_ERR_CLIENT_EXISTS" and in_doubt:
            message = "added by an interrupted run, whose answer was lost"
            if not row.client.get("password"):
                message += f", and with it the password; {NEW_PASSWORD}"
                self.remarks.append((row, message))
            self._results.add(row.email, "exists", message=message)
            self.counts["found to be added by an interrupted run"] += 1
        else:
            # A doubt of an earlier run stays one until the client is there.
            result = "unknown" if error.outcome == "unknown" or in_doubt else "failed"
            self._results.add(row.email, result, error=error.name, message=error.message)
            reason = f"{error.name}: {error.message}"
            if error.name in STOPPING or error.outcome == "not_sent":
                hint = "; try -- --add-client-interval 10" if error.name == "OVS_ERR_RATE_LIMITED" else ""
                self._stop(1, reason + hint)
                # It is left to the next run, unless it may have been added.
                if error.outcome != "unknown":
                    return
            self._list("in doubt" if error.outcome == "unknown" else "failed", row, reason)

    def _list(self, end: str, row: Row, reason: str) -> None:
        self.counts[end] += 1
        self.failures.append((row, reason))

    def _stop(self, status: int, reason: str) -> None:
        if not self.status:
            self.status, self.reason = status, reason


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
    path = settings.results or pathlib.Path(os.path.splitext(settings.clients)[0] + ".results.csv")
    file = settings.clients
    try:
        rows = read_rows(file)
        file = path
        # On a terminal, what the bridge has to say stands above the bar.
        above = "\r\x1b[K" if is_terminal() else ""
        with Bridge(options=options, on_log=lambda line: tell(f"{above}{line}\n")) as bridge:
            session = bridge.get_session()
            if not session["api_key_set"]:
                print("there is no API key; set OVS_API_KEY, or use -- --api-key-file PATH", file=sys.stderr)
                return 64
            run = Import(bridge, rows, Results(path, session["api_domain"] or "sandbox"))
            signal.signal(signal.SIGINT, run.interrupt)
            run.run(settings.in_flight)
    except Unusable as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 65
    except BridgeError as error:
        print(error, file=sys.stderr)
        return 69
    except KeyboardInterrupt:
        print("what was in flight is noted as sent, and is settled by the next run", file=sys.stderr)
        return 130
    try:
        print(report(run, len(rows), path), flush=True)
    except BrokenPipeError:
        # Nobody reads it any more, and Python is not to say so once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return run.status or (1 if run.failures else 0)


def report(run: Import, count: int, path: pathlib.Path) -> str:
    """What became of all clients."""
    if run.reason:
        tell(f"stopped by {run.reason}\n")
    ends = ["added", "found to be added by an interrupted run", "added before", "failed", "in doubt"]
    parts = [f"{run.counts[end]} {end}" for end in ends if run.counts[end] or end == "added"]
    left = count - sum(run.counts.values())
    if left:
        parts.append(f"{left} left, which another run takes up")
    lines = [f"{count} {'row' if count == 1 else 'rows'}: {', '.join(parts)}"]
    for row, reason in sorted(run.failures + run.remarks):
        lines.append(f"line {row.line}: {one_line(row.email) or '(no e-mail)'}: {reason}")
    if run.passwords:
        lines.append(f"The generated passwords are in {path}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
