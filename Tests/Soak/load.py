"""What a bridge is asked: the lives of accounts, side by side, in both dialects, in batches, with cancellations."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from commands import NUMBERS, Batch, Command, Life

PLANS = ["1", "3", "6", "12", "24", "36"]
PASSWORD = "Passw0rd-1"
#: Names that have to be escaped, on one of the ways or on all.
NAMES = ["Ann", 'Zoë "Z"', "a&b=c+d%20", "後藤", "\u2028line", "tab\tand \\", "x" * 500]
#: What takes these by position, and in which order.
POSITIONS = {
    "LOGIN": ["email", "password"],
    "CLOSE_CLIENT": ["email"],
    "RESET_PASSWORD": ["email"],
    "NEW_PRODUCT": ["type"],
    "CANCEL": ["id"],
}
SHORT_TIMEOUTS = [1, 5, 20, 100, 1000]
NOTIFICATION = b'{"jsonrpc":"2.0","method":"OVS_CMD_GET_SESSION"}'

#: Gives every account and every command of a run a number of its own.
Numbers = Iterator[int]


class Line(NamedTuple):
    """A line, and the commands in it that want an answer."""

    text: bytes
    commands: List[Command]


class Load:
    """The commands for one bridge after another in the same place. Deterministic but for the numbers, which all places
    draw from the same source."""

    def __init__(self, chance: random.Random, numbers: Numbers, is_in_sandbox: bool) -> None:
        self._chance = chance
        self._numbers = numbers
        self._is_in_sandbox = is_in_sandbox

    def burst(self, lives: int) -> List[Line]:
        """The lives of an account that logs in and of so many more, interwoven, as lines."""
        strands = [self._life_with_login()] + [self._life_without_login() for _ in range(lives)]
        return list(self._lines(self._cancelled(self._interwoven(strands))))

    # Lives. Nothing is asked for twice in one, so that a change in the service's journal names one command alone.

    def _new_life(self) -> Life:
        return Life(f"user{next(self._numbers)}@soak.example", self._is_in_sandbox)

    def _add_client(self, life: Life, has_password: bool) -> None:
        data: Dict[str, Any] = {"email": life.email, "countrycode": self._chance.choice(["DE", "us"])}
        data["type"] = self._chance.choice(PLANS)
        if has_password:
            data["password"] = PASSWORD
        if self._chance.random() < 0.3:
            data["first_name"] = self._chance.choice(NAMES)
        life.add("ADD_CLIENT", **data)

    def _life_with_login(self) -> List[Command]:
        """The session's commands stand between two logouts that are spared: that a login fails must not have them work
        on the account of the one before."""
        chance = self._chance
        life = self._new_life()
        self._add_client(life, has_password=True)
        life.add("LOGOUT", is_spared=True)
        life.add("LOGIN", email=life.email, password=PASSWORD)
        steps: List[Tuple[str, Dict[str, Any]]] = []
        for name in ("GET_ACCOUNT_TYPE", "GET_ACCOUNT_CREDENTIAL", "GET_ACCOUNT_EXP_DATE", "GET_SESSION", "GET_INFO"):
            steps += [(name, {})] * chance.randrange(3)
        steps += [("GET_ACCOUNT_TYPE", {"email": life.email})] * chance.randrange(2)
        steps += [("NEW_PRODUCT", {"type": plan}) for plan in chance.sample(PLANS, chance.randrange(3))]
        for plan in chance.sample(PLANS, chance.randrange(3)):
            steps.append(("CHANGE_PLAN", {"type": plan, **({"email": life.email} if chance.random() < 0.5 else {})}))
        steps += [("CANCEL_PLAN", {})] * chance.randrange(2)
        chance.shuffle(steps)
        for name, data in steps:
            life.add(name, **data)
        self._end(life)
        life.add("LOGOUT", is_spared=True)
        return life.commands

    def _life_without_login(self) -> List[Command]:
        life = self._new_life()
        self._add_client(life, has_password=self._chance.random() < 0.5)
        self._end(life)
        return life.commands

    def _end(self, life: Life) -> None:
        """All accounts are closed, so that the sandbox has no more of them as time goes by."""
        if self._chance.random() < 0.5:
            life.add("RESET_PASSWORD", email=life.email)
        life.add("CLOSE_CLIENT", is_spared=self._is_in_sandbox, email=life.email)

    # Order

    def _interwoven(self, strands: List[List[Command]]) -> List[Command]:
        """The commands of all strands, those of each in their order."""
        turns = list(itertools.chain.from_iterable([index] * len(strand) for index, strand in enumerate(strands)))
        self._chance.shuffle(turns)
        positions = [iter(strand) for strand in strands]
        return [next(positions[turn]) for turn in turns]

    def _cancelled(self, commands: List[Command]) -> List[Command]:
        """Gives some little time, and has some be taken back a little later."""
        result: List[Command] = []
        behind: Dict[int, List[Command]] = {}
        for index, command in enumerate(commands):
            result.append(command)
            result += behind.pop(index, [])
            if command.is_spared:
                continue
            dice = self._chance.random()
            if dice < 0.04:
                command.timeout = self._chance.choice(SHORT_TIMEOUTS)
            elif dice < 0.08:
                cancel = Command("CANCEL", {})
                cancel.cancels = command
                behind.setdefault(index + self._chance.randrange(1, 8), []).append(cancel)
        return result + list(itertools.chain.from_iterable(behind.values()))

    # Lines

    def _lines(self, commands: List[Command]) -> Iterator[Line]:
        position = 0
        while position < len(commands):
            dice = self._chance.random()
            count = self._chance.randrange(1, 40) if dice < 0.2 else 1
            taken = commands[position : position + count]
            position += count
            for command in taken:
                command.number = next(self._numbers)
                command.id = command.number if self._chance.random() < 0.5 else str(command.number)
                if command.cancels:
                    command.data["id"] = command.cancels.id
            if dice < 0.2:
                yield self._batch(taken)
            elif dice < 0.5:
                taken[0].is_native = False
                yield Line(self._json_rpc(taken[0]) + b"\n", taken)
            else:
                yield Line(self._native(taken[0]) + b"\n", taken)

    def _batch(self, commands: List[Command]) -> Line:
        batch = Batch()
        batch.size = len(commands)
        elements = []
        for command in commands:
            command.is_native = False
            command.batch = batch
            elements.append(self._json_rpc(command))
        if self._chance.random() < 0.3:
            elements.insert(self._chance.randrange(len(elements) + 1), NOTIFICATION)
        return Line(b"[" + b",".join(elements) + b"]\n", commands)

    def _native(self, command: Command) -> bytes:
        named = self._chance.random() < 0.5
        message: Dict[str, Any] = {"cmd": f"OVS_CMD_{command.name}" if named else NUMBERS[command.name]}
        if command.data:
            message["data"] = command.data
        return self._encoded(message, command)

    def _json_rpc(self, command: Command) -> bytes:
        message: Dict[str, Any] = {"jsonrpc": "2.0", "method": f"OVS_CMD_{command.name}"}
        if command.name in POSITIONS and self._chance.random() < 0.5:
            message["params"] = [command.data[name] for name in POSITIONS[command.name]]
        elif command.data:
            message["params"] = command.data
        return self._encoded(message, command)

    def _encoded(self, message: Dict[str, Any], command: Command) -> bytes:
        message["id"] = command.id
        if command.timeout is not None:
            message["timeout_ms"] = command.timeout
        return json.dumps(message, ensure_ascii=self._chance.random() < 0.5, separators=(",", ":")).encode()
