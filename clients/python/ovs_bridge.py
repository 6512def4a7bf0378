"""A thin client of ovs-bridge, the User Management of the OVS VPN SDK as a subprocess.

    with Bridge() as bridge:
        bridge.set_api_key("your_api_key")
        bridge.add_client("ann@example.com", password="secret", countrycode="DE", type="12")
        bridge.login("ann@example.com", "secret")
        print(bridge.get_account_type()["type"])

Every command of the bridge is a method named after it, which waits for the answer and returns its data, or raises an
`OVSError`. `Bridge.submit` doesn't wait: it returns a future, so that any number of commands can be under way.
One file, Python 3.9 or later, nothing but the standard library.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import math
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import threading
import weakref
from typing import IO, Any, Callable, Mapping, NamedTuple, Sequence, TypedDict, TypeVar, cast

__version__ = "0.4.0"


class BridgeError(Exception):
    """What went wrong with the bridge or in it."""


class OVSError(BridgeError):
    """The bridge answered a command with an error."""

    def __init__(self, command: str | int, answer: Mapping[str, Any]) -> None:
        #: The command as it was called.
        self.command = command
        #: The error's number, such as 14, and its name, such as OVS_ERR_CLIENT_EXISTS.
        self.number: int = answer["error"]
        self.name: str = answer["error_name"]
        #: One sentence for a person.
        self.message: str = answer["message"]
        #: Whether the same command may be sent again as it is.
        self.retryable: bool = answer["retryable"]
        #: What programs may want to know: `field`, `outcome`, `retry_after_s`, `http_status`, …
        self.details: dict[str, Any] = answer["details"]
        super().__init__(f"{command}: {self.message} ({self.name})")

    @property
    def outcome(self) -> str | None:
        """What became of a change: `not_sent`, `unknown` (it may have taken effect), or None where that is clear."""
        return self.details.get("outcome")


class BridgeNotFound(BridgeError):
    """There is no program to run."""


class BridgeExit(BridgeError):
    """The bridge has ended, and with it every command that was under way."""

    def __init__(self, status: int, consequence: str) -> None:
        #: Its exit status, or -n if signal n ended it, as `subprocess` has it.
        self.status = status
        end = f"ended with status {status}"
        if status == 64:
            end += " (wrong options, as its log says)"
        if status < 0:
            names = {number.value: number.name for number in signal.Signals}
            end = f"was ended by signal {names.get(-status, -status)}"
        super().__init__(f"ovs-bridge {end}; {consequence}")


class Event(NamedTuple):
    """What the bridge tells unasked."""

    notification: int
    name: str
    data: Any


def find_bridge(program: str | os.PathLike[str] | None = None) -> str:
    """The program's path: `program`, else OVS_BRIDGE in the environment, else the one on PATH, else the one built last
    in the package that this file is part of. Raises `BridgeNotFound`."""
    for source, name in (("", program), (" (OVS_BRIDGE)", os.environ.get("OVS_BRIDGE") or None)):
        if name is not None:
            path = shutil.which(name)
            if path is None:
                raise BridgeNotFound(f"{os.fspath(name)}{source} is no program that can be run")
            return path
    path = shutil.which("ovs-bridge")
    if path is not None:
        return path
    file = pathlib.Path(__file__).resolve()
    package = file.parent.parent.parent
    if file.parent == package / "clients" / "python" and (package / "Package.swift").is_file():
        built = [program for program in (package / ".build").glob("*/ovs-bridge") if shutil.which(program)]
        if built:
            return str(max(built, key=lambda program: program.stat().st_mtime))
    raise BridgeNotFound(
        "there is no ovs-bridge on PATH: build it with `swift build -c release` in its package, and put its"
        " .build/release on PATH, or the program's path in OVS_BRIDGE, or name it as the argument `program`"
    )


class LineProcess:
    """A process that reads and writes lines.

    One thread writes, so that sending never waits; one reads and calls `on_line` for each line of output; one waits for
    the end and then calls `on_end` with the exit status. With `on_log` a fourth one calls that for each line of stderr,
    which is inherited otherwise. Lines come and go with their LF; only the last can be without, if the process was
    ended within it.
    """

    #: Those of this process; a child that is forked has no part in them.
    _all: weakref.WeakSet[LineProcess] = weakref.WeakSet()

    def __init__(
        self,
        command: Sequence[str],
        *,
        on_line: Callable[[bytes], object],
        on_end: Callable[[int], object],
        on_log: Callable[[bytes], object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        # A session of its own: Ctrl-C is for this process, which decides what becomes of the other.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if on_log else None,
            env=env,
            start_new_session=True,
        )
        self._all.add(self)
        self._owner = os.getpid()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # Waited for in place of the threads: a join that KeyboardInterrupt leaves can take a living thread for ended.
        self._exited = threading.Event()
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read_output, args=(on_line,), daemon=True)
        self._log_reader = threading.Thread(target=self._read, args=(self._process.stderr, on_log), daemon=True)
        self._waiter = threading.Thread(target=self._wait, args=(on_end,), daemon=True)
        self._reader.start()
        if on_log:
            self._log_reader.start()
        self._waiter.start()
        threading.Thread(target=self._write, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, -n for signal n, or None while it runs."""
        return self._process.returncode

    @property
    def is_callback(self) -> bool:
        """Whether the caller is called from here, and so must not wait for what only comes after it."""
        return threading.current_thread() in (self._reader, self._waiter)

    @property
    def is_foreign(self) -> bool:
        """Whether it is the parent's, from which this process was forked."""
        return self._owner != os.getpid()

    def send(self, line: bytes) -> None:
        """Sends a line. It never waits, so it may be called from anywhere."""
        self._outgoing.put(line)

    def signal(self, number: int) -> None:
        """Sends a signal to the process, and to what it may have started itself if it is a script."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def close(self, timeout: float, kill_timeout: float) -> int:
        """Ends its input; sends SIGTERM if it still runs after `timeout` seconds, and SIGKILL `kill_timeout` seconds
        after that. Returns the exit status."""
        self._outgoing.put(None)
        try:
            if not self._ended.wait(min(timeout, threading.TIMEOUT_MAX)):
                self.signal(signal.SIGTERM)
                self._ended.wait(min(kill_timeout, threading.TIMEOUT_MAX))
        finally:
            # Also where the waiting is interrupted.
            if not self._ended.is_set():
                self.signal(signal.SIGKILL)
        self._ended.wait()
        return self._process.returncode

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            with pipe:
                while (line := self._outgoing.get()) is not None:
                    pipe.write(line)
                    if self._outgoing.empty():
                        pipe.flush()
        except BrokenPipeError:
            self._end_soon()

    def _read(self, pipe: IO[bytes], receive: Callable[[bytes], object]) -> None:
        with pipe:
            for line in pipe:
                try:
                    receive(line)
                except BaseException:
                    # What a callback does wrong is told, and is no reason to read no further.
                    sys.excepthook(*sys.exc_info())

    def _read_output(self, on_line: Callable[[bytes], object]) -> None:
        assert self._process.stdout is not None
        self._read(self._process.stdout, on_line)
        self._end_soon()

    def _end_soon(self) -> None:
        """Nothing can come of a process that has closed its input or output."""
        if not self._exited.wait(1):
            self.signal(signal.SIGKILL)

    def _wait(self, on_end: Callable[[int], object]) -> None:
        self._process.wait()
        self._exited.set()
        self._outgoing.put(None)
        # What it has said is heard, unless something else that it has started keeps the pipes open.
        self._reader.join(1)
        if self._reader.is_alive():
            self.signal(signal.SIGKILL)
        if self._log_reader.ident is not None:
            self._log_reader.join(1)
        try:
            on_end(self._process.returncode)
        finally:
            self._ended.set()

    @classmethod
    def _after_fork(cls) -> None:
        """In a child that is forked: lets go of the pipes, for whose end others wait."""
        null = os.open(os.devnull, os.O_RDWR)
        for process in cls._all:
            for pipe in (process._process.stdin, process._process.stdout, process._process.stderr):
                if pipe is not None and not pipe.closed:
                    os.dup2(null, pipe.fileno(), inheritable=False)
        os.close(null)


os.register_at_fork(after_in_child=LineProcess._after_fork)


class Call(concurrent.futures.Future[Any]):
    """A command under way, as a future of its answer's data.

    Where it fails, its exception is an `OVSError`, or another `BridgeError` if the bridge itself is gone.
    `asyncio.wrap_future` makes it awaitable; where the awaiting is cancelled the call is, too, and what became of it is
    told by this future alone.
    """

    def __init__(self, bridge: Bridge, id: int, command: str | int) -> None:
        super().__init__()
        self._bridge = bridge
        #: The id by which it was sent.
        self.id = id
        #: The command as it was called.
        self.command = command
        self.set_running_or_notify_cancel()

    def cancel(self) -> bool:
        """Asks the bridge to take the command back (OVS_CMD_CANCEL).

        Returns False, as a future does that has not been cancelled yet: the bridge's answer ends it, which is
        OVS_ERR_CANCELLED with its `outcome`, or the result where that was faster."""
        if not self.done():
            self._bridge.submit("OVS_CMD_CANCEL", id=self.id)
        return False


class AccountType(TypedDict):
    """The current plan's API ID."""

    type: str


class Credential(TypedDict):
    """A user name and its password."""

    username: str
    password: str


class ExpirationDate(TypedDict):
    """A due date, YYYY-MM-DD."""

    exp_date: str


class Session(TypedDict):
    """The session, without its secrets; `expires_at` is RFC 3339, UTC."""

    backend: str
    api_domain: str | None
    api_key_set: bool
    logged_in: bool
    email: str | None
    expires_at: str | None


class Cancelled(TypedDict):
    """How many commands were taken back."""

    cancelled: int


class Info(TypedDict):
    """What is running, and each command's number by its name."""

    name: str
    version: str
    protocol: int
    pid: int
    backend: str
    commands: dict[str, int]


EventCallback = TypeVar("EventCallback", bound=Callable[[Event], object])


class Bridge:
    """A running ovs-bridge.

    `program` is the program, if it isn't to be found (`find_bridge`); `options` are its options (`ovs-bridge --help`);
    `env` are variables in addition to this process's, such as OVS_API_KEY. `on_event` is called with every `Event`, and
    `on_log` with every line of the bridge's log, which goes to stderr otherwise. Raises `BridgeNotFound`.

    All methods may be called from any thread, and `submit` from signal handlers, too. The callbacks, and those of
    futures, run in a thread that reads the answers, in the order of arrival: they must not wait for an answer.

    `close`, and the end of a `with` block, first lets the bridge carry through what it was sent: for `close_timeout`
    seconds, then SIGTERM has it give back what it can't end within its --drain-timeout, and `kill_timeout` seconds
    later it is killed. A block that is left by an exception, such as KeyboardInterrupt, waits but a second before the
    SIGTERM; another Ctrl-C meanwhile kills the bridge.
    """

    def __init__(
        self,
        program: str | os.PathLike[str] | None = None,
        options: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        on_event: Callable[[Event], object] | None = None,
        on_log: Callable[[str], object] | None = None,
        close_timeout: float = 30,
        kill_timeout: float = 15,
    ) -> None:
        if isinstance(options, str):
            raise TypeError(f"options are a list, such as {options.split()}")
        self.program = find_bridge(program)
        self.close_timeout = close_timeout
        self.kill_timeout = kill_timeout
        self._listeners = [on_event] if on_event else []
        self._ids = itertools.count(1)
        # Reentrant, because a signal handler may submit, too.
        self._lock = threading.RLock()
        # Guarded by the lock: the calls under way by their ids, and why there can be no more.
        self._calls: dict[int, Call] = {}
        self._over: Callable[[str], BridgeError] | None = None
        try:
            self._process = LineProcess(
                [self.program, "--parent-pid", str(os.getpid()), *options],
                on_line=self._receive,
                on_end=lambda status: self._end(lambda consequence: BridgeExit(status, consequence)),
                on_log=None if on_log is None else lambda line: on_log(line.decode(errors="replace").rstrip("\n")),
                env=None if env is None else {**os.environ, **env},
            )
        except OSError as error:
            raise BridgeNotFound(f"{self.program} can't be run: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, -n for signal n, or None while it runs."""
        return self._process.status

    def __enter__(self) -> Bridge:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self.close(self.close_timeout if kind is None else min(1, self.close_timeout))

    def close(self, timeout: float | None = None) -> int:
        """Ends the bridge in order, waiting `timeout` seconds (`close_timeout`) for what is under way, and returns its
        exit status. A second time does no harm, and none in a forked process, whose parent the bridge belongs to."""
        if self._process.is_foreign:
            return 0
        if self._process.is_callback:
            raise RuntimeError("a callback can't close the bridge: it runs in the thread that reads the last answers")
        with self._lock:
            self._over = self._over or (lambda consequence: BridgeError(f"the bridge was closed; {consequence}"))
        return self._process.close(self.close_timeout if timeout is None else timeout, self.kill_timeout)

    def kill(self) -> None:
        """Ends the bridge at once, which fails all that is under way."""
        if self._process.status is None and not self._process.is_foreign:
            self._process.signal(signal.SIGKILL)

    def on_event(self, callback: EventCallback) -> EventCallback:
        """Has `callback` called with every `Event`, before the answers that come after it. Usable as a decorator."""
        self._listeners.append(callback)
        return callback

    def submit(
        self,
        command: str | int,
        data: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        **parameters: Any,
    ) -> Call:
        """Sends a command, by name or number, and returns at once.

        Its parameters are those of `data` and the keywords; None is as good as absent. `timeout` is in seconds and runs
        from when the bridge takes the command up (OVS_ERR_TIMEOUT); what limits the waiting here is the future's
        `result(timeout)`. Raises TypeError, ValueError or OverflowError for values that JSON has no form for."""
        call = Call(self, next(self._ids), command)
        # The id goes first: the bridge finds it there even in a line that is too long to be kept.
        envelope: dict[str, Any] = {"id": call.id, "cmd": command}
        if data or parameters:
            envelope["data"] = {**(data or {}), **parameters}
        if timeout is not None:
            envelope["timeout_ms"] = math.ceil(timeout * 1000)
        line = json.dumps(envelope, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        if self._process.is_foreign:
            raise RuntimeError("the bridge belongs to the process that this one was forked from; start one here")
        with self._lock:
            over = self._over
            if over is None:
                self._calls[call.id] = call
                self._process.send(line)
        if over is not None:
            call.set_exception(over(f"{command} was not sent"))
        return call

    def call(
        self,
        command: str | int,
        data: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        **parameters: Any,
    ) -> Any:
        """Sends a command, as `submit` does, and waits for its answer: returns the data, or raises an `OVSError`."""
        if self._process.is_callback:
            raise RuntimeError("a callback can't wait for an answer: it runs in the thread that reads it; use submit")
        return self.submit(command, data, timeout=timeout, **parameters).result()

    def _receive(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            return
        try:
            message = json.loads(line)
            if "id" not in message and message["notification"] != 0:
                event = Event(message["notification"], message["name"], message["data"])
            else:
                call = self._calls[message["id"]]
                event = None
                data = message["data"]
                error = OVSError(call.command, message) if message["error"] else None
        except (ValueError, TypeError, KeyError, RecursionError):
            # An answer of which nobody can tell whose it is would leave a call waiting for ever.
            said = line[:200].decode(errors="replace").rstrip()
            self._end(
                lambda consequence: BridgeError(f"{self.program} is no ovs-bridge: it said {said}; {consequence}")
            )
            self.kill()
            return
        if event is not None:
            for listener in self._listeners:
                listener(event)
            return
        with self._lock:
            del self._calls[call.id]
        if error is None:
            call.set_result(data)
        else:
            call.set_exception(error)

    def _end(self, error: Callable[[str], BridgeError]) -> None:
        with self._lock:
            self._over = self._over or error
            calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.set_exception(error(f"whether {call.command} was carried out is not known"))

    # The commands of the SDK, and of the bridge itself. What they take and do is told by `ovs-bridge --commands`.

    def set_api_key(self, api_key: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_SET_API_KEY: sets the API key; a different one ends the session."""
        self.call("OVS_CMD_SET_API_KEY", api_key=api_key, timeout=timeout)

    def get_account_type(self, email: str | None = None, *, timeout: float | None = None) -> AccountType:
        """OVS_CMD_GET_ACCOUNT_TYPE: returns the end-user's current plan; the session's without an e-mail."""
        return cast(AccountType, self.call("OVS_CMD_GET_ACCOUNT_TYPE", email=email, timeout=timeout))

    def get_account_credential(self, *, timeout: float | None = None) -> Credential:
        """OVS_CMD_GET_ACCOUNT_CREDENTIAL: returns the session's OpenVPN credentials."""
        return cast(Credential, self.call("OVS_CMD_GET_ACCOUNT_CREDENTIAL", timeout=timeout))

    def get_account_exp_date(self, *, timeout: float | None = None) -> ExpirationDate:
        """OVS_CMD_GET_ACCOUNT_EXP_DATE: returns the date on which the session's account is due."""
        return cast(ExpirationDate, self.call("OVS_CMD_GET_ACCOUNT_EXP_DATE", timeout=timeout))

    def add_client(
        self,
        email: str,
        *,
        password: str | None = None,
        countrycode: str,
        type: str | int,
        first_name: str | None = None,
        last_name: str | None = None,
        company_name: str | None = None,
        timeout: float | None = None,
    ) -> Credential | None:
        """OVS_CMD_ADD_CLIENT: adds a new end-user with a first product; returns the password if it had to make one."""
        return cast(
            "Credential | None",
            self.call(
                "OVS_CMD_ADD_CLIENT",
                email=email,
                password=password,
                countrycode=countrycode,
                type=type,
                first_name=first_name,
                last_name=last_name,
                company_name=company_name,
                timeout=timeout,
            ),
        )

    def close_client(self, email: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_CLOSE_CLIENT: ends an account at once, with all its products."""
        self.call("OVS_CMD_CLOSE_CLIENT", email=email, timeout=timeout)

    def reset_password(self, email: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_RESET_PASSWORD: has a new password made and mailed to the end-user."""
        self.call("OVS_CMD_RESET_PASSWORD", email=email, timeout=timeout)

    def change_plan(self, *, email: str | None = None, type: str | int, timeout: float | None = None) -> None:
        """OVS_CMD_CHANGE_PLAN: changes the end-user's current plan; the session's without an e-mail."""
        self.call("OVS_CMD_CHANGE_PLAN", email=email, type=type, timeout=timeout)

    def cancel_plan(self, *, timeout: float | None = None) -> None:
        """OVS_CMD_CANCEL_PLAN: ends the session's account at its due date, with all its products."""
        self.call("OVS_CMD_CANCEL_PLAN", timeout=timeout)

    def new_product(self, type: str | int, *, timeout: float | None = None) -> None:
        """OVS_CMD_NEW_PRODUCT: adds a product to the session's account."""
        self.call("OVS_CMD_NEW_PRODUCT", type=type, timeout=timeout)

    def login(self, email: str, password: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_LOGIN: starts a session, in place of the one before."""
        self.call("OVS_CMD_LOGIN", email=email, password=password, timeout=timeout)

    def logout(self, *, timeout: float | None = None) -> None:
        """OVS_CMD_LOGOUT: ends the session."""
        self.call("OVS_CMD_LOGOUT", timeout=timeout)

    def get_session(self, *, timeout: float | None = None) -> Session:
        """OVS_CMD_GET_SESSION: shows the session as the commands before left it, without its secrets."""
        return cast(Session, self.call("OVS_CMD_GET_SESSION", timeout=timeout))

    def set_api_domain(self, api_domain: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_SET_API_DOMAIN: turns from the sandbox to the real service; a different one ends the session."""
        self.call("OVS_CMD_SET_API_DOMAIN", api_domain=api_domain, timeout=timeout)

    def set_secret_key(self, secret_key: str, *, timeout: float | None = None) -> None:
        """OVS_CMD_SET_SECRET_KEY: sets the server-side secret key, which stands in for a whitelisted address."""
        self.call("OVS_CMD_SET_SECRET_KEY", secret_key=secret_key, timeout=timeout)

    def cancel(self, id: int, *, timeout: float | None = None) -> Cancelled:
        """OVS_CMD_CANCEL: takes back the command of this id (`Call.id`), waiting or under way."""
        return cast(Cancelled, self.call("OVS_CMD_CANCEL", id=id, timeout=timeout))

    def get_info(self, *, timeout: float | None = None) -> Info:
        """OVS_CMD_GET_INFO: tells what is running and which commands it knows."""
        return cast(Info, self.call("OVS_CMD_GET_INFO", timeout=timeout))

    def shutdown(self, *, timeout: float | None = None) -> None:
        """OVS_CMD_SHUTDOWN: ends the process once all before it is answered; `close` does so, too."""
        self.call("OVS_CMD_SHUTDOWN", timeout=timeout)
