"""Which request is to go wrong, and how: rules that tests queue, each for one request or more."""

from __future__ import annotations

import inspect
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

from account_service import METHODS
from accounts import email_key

CONNECTION, FIRST_BYTE, REQUEST = "connection", "first byte", "request"

_MATCHING = {"method", "email", "times", "skip"}


@dataclass(frozen=True)
class Fault:
    """A way to go wrong: when it strikes, and what it does."""

    name: str
    stage: str
    act: Callable[..., None]

    def check(self, parameters: Dict[str, Any]) -> None:
        """Raises ValueError: a misspelt parameter would make a test pass for the wrong reason."""
        taken = [p for p in inspect.signature(self.act).parameters.values() if p.kind is p.KEYWORD_ONLY]
        unknown = set(parameters) - {parameter.name for parameter in taken}
        if unknown:
            raise ValueError(f"{self.name} has no parameter {sorted(unknown)[0]}")
        for parameter in taken:
            if parameter.name not in parameters:
                if parameter.default is parameter.empty:
                    raise ValueError(f"{self.name} needs {parameter.name}")
            elif not _CHECKS[parameter.name](parameters[parameter.name]):
                raise ValueError(f"{parameter.name} can't be {parameters[parameter.name]!r}")


FAULTS: Dict[str, Fault] = {}


def fault(stage: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function a fault of its name (without the underscore that keeps Python's own words apart); its
    keyword-only arguments are the parameters."""

    def register(act: Callable[..., None]) -> Callable[..., None]:
        name = act.__name__.rstrip("_")
        FAULTS[name] = Fault(name, stage, act)
        return act

    return register


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_header_list(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(_is_text, pair)) for pair in value
    )


_CHECKS: Dict[str, Callable[[Any], bool]] = {
    "applied": lambda value: isinstance(value, bool),
    "body": _is_text,
    "bytes": lambda value: value is None or _is_count(value),
    "chunked": lambda value: isinstance(value, bool),
    "content_type": _is_text,
    "form": lambda value: value in ("seconds", "date"),
    "headers": _is_header_list,
    "location": _is_text,
    "seconds": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0,
    "sent": lambda value: value is None or _is_count(value),
    "status": lambda value: _is_count(value) and 100 <= value <= 999,
}


@dataclass
class Rule:
    """A fault with its parameters, and the requests that it is for. `times` is None for a rule that stays for ever."""

    fault: Fault
    parameters: Dict[str, Any] = field(default_factory=dict)
    method: Optional[str] = None
    email: Optional[str] = None
    times: Optional[int] = 1
    skip: int = 0

    @classmethod
    def parse(cls, members: Dict[str, Any]) -> "Rule":
        """From a control command without its "do"; raises ValueError."""
        members = dict(members)
        name = members.pop("fault", None)
        if not isinstance(name, str) or name not in FAULTS:
            raise ValueError(f"there is no fault {name!r}")
        kind = FAULTS[name]
        matching = {key: members.pop(key) for key in _MATCHING & set(members)}
        kind.check(members)
        rule = cls(kind, members, **matching)
        if not (rule.times is None or _is_count(rule.times)) or not _is_count(rule.skip):
            raise ValueError("times and skip are counts")
        if rule.method is not None and rule.method not in METHODS:
            raise ValueError(f"there is no method {rule.method!r}")
        if not (rule.email is None or _is_text(rule.email)):
            raise ValueError("an email is a string")
        if kind.stage != REQUEST and (rule.method or rule.email):
            raise ValueError(f"{name} strikes before anything is known of the request")
        return rule

    def matches(self, stage: str, method: Optional[str], email: Optional[str]) -> bool:
        return (
            self.fault.stage == stage
            and self.method in (None, method)
            and (self.email is None or (email is not None and email_key(email) == email_key(self.email)))
        )

    def act(self, *subject: Any) -> None:
        self.fault.act(*subject, **self.parameters)


class Rules:
    """The queue of rules; the first that matches is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: List[Rule] = []

    def add(self, rule: Rule) -> None:
        with self._lock:
            if rule.times != 0:
                self._rules.append(rule)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    @property
    def count(self) -> int:
        with self._lock:
            return len(self._rules)

    def take(self, stage: str, method: Optional[str] = None, email: Optional[str] = None) -> Optional[Rule]:
        """The rule to use now, if there is one; it is used up if this was the last of its times."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if not rule.matches(stage, method, email):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times == 0:
                        self._rules.remove(rule)
                return rule
        return None
