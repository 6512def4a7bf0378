"""The control protocol: what a test says to the server beside what its client says. One JSON object in, one out."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict

from fault_rules import Rule
from server import Server
from tokens import LONG, SHORT

Members = Dict[str, Any]


class Control:
    """Answers commands, one at a time and in order."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._commands: Dict[str, Callable[[Members], Members]] = {
            "fault": self._fault,
            "clear": self._clear,
            "journal": self._journal,
            "mails": self._mails,
            "accounts": self._accounts,
            "stats": self._stats,
            "wait": self._wait,
            "expire_tokens": self._expire_tokens,
            "close_idle": self._close_idle,
            "advance": self._advance,
            "reset": self._reset,
        }

    def answer(self, line: str) -> str:
        try:
            command = json.loads(line)
            if not isinstance(command, dict) or not isinstance(command.get("do"), str):
                raise ValueError('a command is an object with a "do"')
            name = command.pop("do")
            if name not in self._commands:
                raise ValueError(f"there is no command {name!r}")
            answer = {"ok": True, **self._commands[name](command)}
        except ValueError as problem:
            answer = {"ok": False, "error": str(problem)}
        return json.dumps(answer, separators=(",", ":"))

    def _fault(self, command: Members) -> Members:
        self._server.rules.add(Rule.parse(command))
        return {}

    def _clear(self, command: Members) -> Members:
        _take(command)
        self._server.rules.clear()
        return {}

    def _journal(self, command: Members) -> Members:
        since = _take(command, since=0)["since"]
        return {"entries": self._server.journal.entries(since)}

    def _mails(self, command: Members) -> Members:
        since = _take(command, since=0)["since"]
        return {"mails": self._server.service.mails(since)}

    def _accounts(self, command: Members) -> Members:
        _take(command)
        return {"accounts": self._server.service.accounts()}

    def _stats(self, command: Members) -> Members:
        _take(command)
        journal = self._server.journal
        return {
            **self._server.connections.stats(),
            "requests": journal.requests,
            "applied": journal.applied,
            "rules": self._server.rules.count,
        }

    def _wait(self, command: Members) -> Members:
        journal = self._server.journal
        if not journal.wait_for(**_take(command, requests=0, applied=0, seconds=10.0)):
            raise ValueError(f"{journal.requests} requests have come and {journal.applied} changes have been applied")
        return {"requests": journal.requests, "applied": journal.applied}

    def _expire_tokens(self, command: Members) -> Members:
        kind = _take(command, kind="all")["kind"]
        if kind not in (SHORT, LONG, "all"):
            raise ValueError("a kind of token is short, long or all")
        return {"expired": self._server.service.expire_tokens(None if kind == "all" else kind)}

    def _close_idle(self, command: Members) -> Members:
        _take(command)
        return {"closed": self._server.connections.close_idle()}

    def _advance(self, command: Members) -> Members:
        self._server.clock.advance(_take(command, seconds=0.0)["seconds"])
        return {"now": self._server.clock.now().isoformat()}

    def _reset(self, command: Members) -> Members:
        _take(command)
        self._server.rules.clear()
        self._server.service.reset()
        self._server.journal.reset()
        return {}


def _take(command: Members, **defaults: Any) -> Members:
    """The arguments of a command, with defaults, whose types they must have (a whole number will do for any)."""
    for name, value in command.items():
        if name not in defaults:
            raise ValueError(f"there is no argument {name!r} here")
        kinds = (int, float) if isinstance(defaults[name], float) else type(defaults[name])
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{name} can't be {value!r}")
    return {**defaults, **command}
