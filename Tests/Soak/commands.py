"""A command, the account's life that it is part of, and what came of it."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Union

#: The numbers of the commands that are sent, and the API's methods behind the changes among them.
NUMBERS = {
    "GET_ACCOUNT_TYPE": 18,
    "GET_ACCOUNT_CREDENTIAL": 19,
    "GET_ACCOUNT_EXP_DATE": 20,
    "ADD_CLIENT": 21,
    "CLOSE_CLIENT": 22,
    "RESET_PASSWORD": 23,
    "CHANGE_PLAN": 50,
    "CANCEL_PLAN": 58,
    "NEW_PRODUCT": 59,
    "LOGIN": 1000,
    "LOGOUT": 1001,
    "GET_SESSION": 1002,
    "CANCEL": 1005,
    "GET_INFO": 1006,
}
METHODS = {
    "ADD_CLIENT": "AddClient",
    "CLOSE_CLIENT": "CloseClient",
    "RESET_PASSWORD": "ResetPassword",
    "CHANGE_PLAN": "UpgradeProduct",
    "CANCEL_PLAN": "CancelClient",
    "NEW_PRODUCT": "NewProduct",
}
#: The errors that leave a change without an answer of the service: they have to tell the outcome.
OPEN_ERRORS = {"NETWORK", "TIMEOUT", "BACKEND", "CANCELLED", "SHUTTING_DOWN"}

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Answer(NamedTuple):
    """An answer in either dialect: `error` is a name such as TIMEOUT, or empty for a success."""

    error: str
    outcome: Optional[str]
    data: Any


class Batch:
    """A JSON-RPC batch: so many of its requests want an answer, all in one line."""

    def __init__(self) -> None:
        self.size = 0


class Command:
    """A command that wants an answer."""

    __slots__ = (
        "answer",
        "batch",
        "cancels",
        "data",
        "id",
        "is_native",
        "is_spared",
        "life",
        "name",
        "number",
        "timeout",
    )

    def __init__(self, name: str, data: Dict[str, Any], life: Optional[Life] = None, is_spared: bool = False) -> None:
        self.name = name
        self.data = data
        self.life = life
        #: Whether what follows relies on it, so that it is neither cancelled nor given little time.
        self.is_spared = is_spared
        self.timeout: Optional[int] = None
        #: What it takes back.
        self.cancels: Optional[Command] = None
        self.answer: Optional[Answer] = None
        # Set when it is sent. Numbers are unique in a run; the id is the number, or its digits as a string.
        self.number = 0
        self.id: Union[int, str] = 0
        self.is_native = True
        self.batch: Optional[Batch] = None

    @property
    def change(self) -> Optional[str]:
        """The name of the change that it asks for, which is unique in a run; None for what changes nothing."""
        if self.name not in METHODS or self.life is None:
            return None
        return change(METHODS[self.name], self.life.email, self.data.get("type"))

    def __str__(self) -> str:
        return f"{self.name} {self.id!r}" + (f" of {self.life.email}" if self.life else "")


def change(method: str, email: str, plan: Optional[str]) -> str:
    """A change by its method, account and plan, of which an account sees none twice."""
    return f"{method} {email} {plan if plan is not None and method in ('NewProduct', 'UpgradeProduct') else '-'}"


class Life:
    """An account from its beginning to its end, as one bridge is asked for it, in the order of sending."""

    def __init__(self, email: str, is_in_sandbox: bool) -> None:
        self.email = email
        self.is_in_sandbox = is_in_sandbox
        self.commands: List[Command] = []
        self.open = 0
        #: How often the sandbox has mailed its user.
        self.mails = 0

    def add(self, name: str, is_spared: bool = False, **data: Any) -> Command:
        command = Command(name, data, self, is_spared)
        self.commands.append(command)
        self.open += 1
        return command

    def contradictions(self) -> Iterator[str]:
        """What can't be true of the answers, taken together; to be asked once all have come."""
        plan: Optional[str] = None
        is_plan_known = True
        credentials = None
        resets = []
        for command in self.commands:
            answer = command.answer
            if answer is None:
                return
            if command.name == "RESET_PASSWORD":
                resets.append(answer)
            if answer.error:
                if command.name in METHODS and answer.outcome == "unknown":
                    # It may even take effect later.
                    is_plan_known = False
                continue
            if command.name in ("ADD_CLIENT", "NEW_PRODUCT", "CHANGE_PLAN"):
                plan = command.data["type"]
            if command.name == "ADD_CLIENT":
                is_right = (answer.data is None) == ("password" in command.data)
                if not is_right or answer.data and answer.data["username"] != self.email:
                    yield f"{command} gave {answer.data}"
            elif command.name == "GET_ACCOUNT_TYPE":
                if is_plan_known and answer.data != {"type": plan}:
                    yield f"{command} gave {answer.data}, the plan is {plan}"
            elif command.name == "GET_ACCOUNT_CREDENTIAL":
                if credentials not in (None, answer.data):
                    yield f"{command} gave other credentials than before"
                credentials = answer.data
            elif command.name == "GET_ACCOUNT_EXP_DATE":
                if not _DATE.fullmatch(answer.data["exp_date"]):
                    yield f"{command} gave {answer.data}"
            elif command.name not in ("GET_SESSION", "GET_INFO") and answer.data is not None:
                yield f"{command} gave {answer.data}"
        if self.is_in_sandbox:
            yield from self._contradictions_in_sandbox(resets)

    def _contradictions_in_sandbox(self, resets: List[Answer]) -> Iterator[str]:
        """Where nothing is in the way, all succeeds; and there are as many mails as there were resets."""
        certain = sum(1 for answer in resets if not answer.error)
        possible = certain + sum(1 for answer in resets if answer.outcome == "unknown")
        if not certain <= self.mails <= possible:
            yield f"{self.email} was mailed {self.mails} times for {certain} resets, or {possible}"
        is_disturbed = any(
            command.timeout is not None or command.answer is not None and command.answer.error in OPEN_ERRORS
            for command in self.commands
        )
        for command in self.commands:
            if command.answer and command.answer.error and not is_disturbed:
                yield f"{command} failed in the sandbox: {command.answer.error}"
            elif command.name == "GET_SESSION" and command.answer and not is_disturbed:
                email = command.answer.data["email"]
                if email != self.email:
                    yield f"{command} showed the session of {email}"
