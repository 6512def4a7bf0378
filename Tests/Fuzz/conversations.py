"""The third target: whole conversations with a bridge, mutated, of which every line gets what the model foretells."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Dict, List, Tuple

from bridge import Bridge, Died
from cases import ROOT, BrokenFuzzer, Case, Result
from envelopes import ANY, Expected, Model, answered
from mutation import Mutator
from oracle import NotJSON, Oracle
from stream import lines

NAME = "conversations"
#: Lines that one bridge is told.
ROUND = 25_000
#: The most memory that a bridge may take, whatever it is told, in bytes.
MEMORY = 64 << 20
MARK = b"\xef\xbb\xbf"

#: Commands with what they take, as often as they stand here.
_COMMANDS: List[Tuple[int, str, List[str]]] = [
    *[(21, "OVS_CMD_ADD_CLIENT", ["email", "countrycode", "type", "password"])] * 6,
    *[(22, "OVS_CMD_CLOSE_CLIENT", ["email"])] * 3,
    *[(23, "OVS_CMD_RESET_PASSWORD", ["email"])] * 2,
    *[(18, "OVS_CMD_GET_ACCOUNT_TYPE", [])] * 3,
    (19, "OVS_CMD_GET_ACCOUNT_CREDENTIAL", []),
    (20, "OVS_CMD_GET_ACCOUNT_EXP_DATE", []),
    (50, "OVS_CMD_CHANGE_PLAN", ["type"]),
    (58, "OVS_CMD_CANCEL_PLAN", []),
    (59, "OVS_CMD_NEW_PRODUCT", ["type"]),
    *[(1000, "OVS_CMD_LOGIN", ["email", "password"])] * 2,
    (1001, "OVS_CMD_LOGOUT", []),
    *[(1002, "OVS_CMD_GET_SESSION", [])] * 3,
    *[(1005, "OVS_CMD_CANCEL", ["id"])] * 2,
    (1006, "OVS_CMD_GET_INFO", []),
    (10, "OVS_CMD_SET_API_KEY", ["api_key"]),
    (1004, "OVS_CMD_SET_SECRET_KEY", ["secret_key"]),
]
_VALUES: Dict[str, List[Any]] = {
    "email": [*(f"u{number}@x.de" for number in range(12)), "U1@X.de", "é@x.de", "e\u0301@x.de", "no mail"],
    "countrycode": ["de", "US", "DEU", ""],
    "type": ["1", "12", 36, "7", 1.5],
    "password": ["Passw0rd-1", "Passw0rd-2", "", None],
    "api_key": ["key"],
    "secret_key": ["secret"],
}
_START = [
    b'{"cmd":10,"data":{"api_key":"key"},"id":"key"}',
    b'{"cmd":21,"data":{"email":"u1@x.de","password":"Passw0rd-1","countrycode":"US","type":"12"}}',
    b'{"cmd":1000,"data":{"email":"u1@x.de","password":"Passw0rd-1"}}',
]


@lru_cache(maxsize=1)
def seeds() -> List[bytes]:
    """The lines of the golden transcripts, and of the quick start."""
    found = (ROOT / "clients/quickstart.ndjson").read_bytes().splitlines()
    for path in sorted((ROOT / "Tests/Transcripts").glob("*.txt")):
        found += [line[2:] for line in path.read_bytes().split(b"\n") if line.startswith(b"> ")]
    if len(found) < 100:
        raise BrokenFuzzer("Tests/Transcripts holds no conversations")
    return found


class CommandMaker:
    """Makes lines that ask for something, each under another identifier."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def _command(self) -> Tuple[int, str, Dict[str, Any], Any]:
        random = self._random
        number, name, fields = _COMMANDS[int(random.random() * len(_COMMANDS))]
        data: Dict[str, Any] = {}
        for field in fields:
            if field == "id":
                data[field] = self._identifier(int(random.random() * (self._count + 1)))
            else:
                values = _VALUES[field]
                data[field] = values[int(random.random() * len(values))]
        self._count += 1
        return number, name, data, self._identifier(self._count)

    @staticmethod
    def _identifier(number: int) -> Any:
        return number if number % 3 == 0 else f"i{number}"

    def _native(self) -> Any:
        number, name, data, identifier = self._command()
        envelope: Dict[str, Any] = {"cmd": number if identifier != name else name, "data": data, "id": identifier}
        if self._random.random() < 0.1:
            envelope["timeout_ms"] = 1 + int(self._random.random() * 20)
        return envelope

    def _json_rpc(self) -> Any:
        _, name, data, identifier = self._command()
        request: Dict[str, Any] = {"jsonrpc": "2.0", "method": name, "params": data}
        if self._random.random() < 0.9:
            request["id"] = identifier
        return request

    def line(self) -> bytes:
        chance = self._random.random()
        if chance < 0.65:
            value = self._native()
        elif chance < 0.9:
            value = self._json_rpc()
        else:
            value = [self._json_rpc() for _ in range(1 + int(6 * self._random.random()))]
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def make(random: Random, count: int) -> Case:
    options = ["--log-level", "debug" if random.random() < 0.05 else "error"]
    if random.random() < 0.4:
        options += ["--max-line-bytes", random.choice(["64", "100", "200", "1000"])]
    if random.random() < 0.4:
        options += ["--max-in-flight", random.choice(["1", "2", "7", "64"])]
    if random.random() < 0.3:
        options += ["--max-connections", random.choice(["1", "3"])]
    if random.random() < 0.2:
        options += ["--sandbox-not-whitelisted"]
    if random.random() < 0.2:
        options += ["--sandbox-now", random.choice(["2024-02-29", "2026-01-31T23:59:59Z"])]
    if random.random() < 0.25:
        # These take their time.
        options += random.choice(
            [["--sandbox-latency", "1"], ["--add-client-interval", "0.001"], ["--timeout", "0.01"]]
        )
        if "--timeout" in options:
            options += ["--sandbox-latency", "3"]
        count = -(-count // 10)
    known, maker = seeds(), CommandMaker(random)
    mutator = Mutator(random, known, [line for line in known if len(line) < 40])
    items = list(_START)
    while len(items) < count:
        chance = random.random()
        line = maker.line() if chance < 0.6 else known[mutator.below(len(known))]
        items.append(line if chance < 0.15 else mutator.mutated(line))
    return Case(NAME, items[:count], tuple(options))


def limit_of(options: Tuple[str, ...]) -> int:
    """The longest line that is taken, as these options have it."""
    return int(options[options.index("--max-line-bytes") + 1]) if "--max-line-bytes" in options else 1 << 20


def foretold(stream: bytes, limit: int) -> Tuple[bytes, List[Expected]]:
    """What of a stream can be said to a bridge that must stay alive, and what it must answer."""
    model, kept, found = Model(), [], []
    is_first = True
    for raw in stream.split(b"\n")[:-1]:
        for line in lines((raw if is_first else b"\n" + raw) + b"\n", limit):
            expected = model.expected(line)
            if expected.is_avoided:
                break
            found.append(expected)
        else:
            kept.append(raw + b"\n")
            is_first = False
    return b"".join(kept), found


def check(case: Case, folder: Path) -> Result:
    told, expected = foretold(b"".join(item + b"\n" for item in case.items), limit_of(case.options))
    memory = 0
    try:
        with Bridge(folder, case.options) as bridge:
            bridge.tell(told)
            bridge.take(sum(1 for one in expected if one.answer))
            memory = bridge.memory()
            # A last line needs no end.
            bridge.end(b'{"cmd":1007,"id":"the end"}')
            if memory > MEMORY:
                raise Died(f"it took {memory >> 20} MiB of memory")
            end = [Expected(("native", "the end"), "OVS_ERR_OK")]
            return Result(compare(expected + end, bridge.answers, bridge.events), memory)
    except Died as death:
        return Result(str(death), memory)


def compare(expected: List[Expected], answers: List[bytes], events: List[bytes]) -> str:
    """What is wrong with the answers."""
    oracle = Oracle()
    wanted = Counter(one.answer for one in expected if one.answer)
    names: Counter[str] = Counter()
    found: Counter[Any] = Counter()
    for line in answers:
        try:
            key, errors = answered(oracle.parse(line))
        except (NotJSON, KeyError, TypeError, ValueError) as reason:
            return f"a line of output is no answer ({reason}): {line[:300]!r}"
        if oracle.has_twice or "OVS_ERR_INTERNAL" in errors:
            return f"this can't be an answer: {line[:300]!r}"
        found[key] += 1
        if key[0] != "batch":
            names.update(errors)
    for line in events:
        try:
            oracle.parse(line)
        except NotJSON as reason:
            return f"an event is not JSON ({reason}): {line[:300]!r}"
    missing, surplus = wanted - found, found - wanted
    # Those of lines that can't be read may have any identifier.
    wild = missing.pop(("native", ANY), 0)
    if missing or any(key[0] != "native" for key in surplus) or sum(surplus.values()) != wild:
        return (
            f"answers are missing: {_some(missing)}; or are too many: {_some(surplus)}, of which {wild} may have any id"
        )
    for name in ("OVS_ERR_PARSE", "OVS_ERR_LINE_TOO_LONG"):
        count = sum(1 for one in expected if one.error == name)
        if names[name] != count:
            return f"{names[name]} answers are {name}, not {count}"
    return ""


def _some(keys: "Counter[Any]") -> str:
    return repr(list(keys.items())[:5])
