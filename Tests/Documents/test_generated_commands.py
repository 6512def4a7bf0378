"""Commands made from the documents at random, right ones and wrong ones: the bridge takes what the documents allow."""

from __future__ import annotations

import copy
import json
import random
import unittest
from typing import Any, Dict, List, Tuple

import jsonschema

from test_json_schema import REFUSALS, SCHEMA, UNSEEN, validator
from test_openrpc import METHODS
from transcripts import answers

#: How many of each dialect, and what they are drawn by.
COUNT = 2500
SEED = 1
EVENTS = (1100, 1101, 1200)
#: What no other command can come behind.
LAST = (1003, "OVS_CMD_SET_API_DOMAIN", 1007, "OVS_CMD_SHUTDOWN")
#: Characters that rules are about. A line's end at the end of a string is none: Python's "$" matches before it.
CHARACTERS = "aBé😀@.- \t\u00a0\u0085\u1680\u2028\u3000\u200b\u180e\x00\x1f\x7f\x80\x9f\u202eſK"
#: None is longer in bytes than in characters where that matters.
TEXTS = ("", "ann@example.com", "DE", "us", "USA", "D1", "12", "p", "127.0.0.1:1", "a" * 252 + "@b", "a" * 253 + "@b")
OTHERS: Tuple[Any, ...] = (None, True, False, 0, 1, -1, 12, 21, 1006, 2**31, 2**64, 1.5, -0.25, [], ["a"], {}, {"a": 1})
NAMES = ("email", "mail", "Email", "api_domain", "type", "password", "timeout_ms", "id", "cmd", "data", "")
#: What all that a command may need is set by, whatever came of those before.
ACCOUNT = {"email": "ann@example.com", "password": "p"}
PREPARATION = [
    {"cmd": 10, "data": {"api_key": "key"}},
    {"cmd": 23, "data": {"email": ACCOUNT["email"]}},
    {"cmd": 22, "data": {"email": ACCOUNT["email"]}},
    {"cmd": 21, "data": {**ACCOUNT, "countrycode": "DE", "type": "12"}},
    {"cmd": 1000, "data": ACCOUNT},
]


class Generator:
    """Draws values by a schema, and others."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(TEXTS)
        text = "".join(self.random.choice(CHARACTERS) for _ in range(self.random.randint(1, 5)))
        return f"{text}@b" if self.random.random() < 0.5 else text

    def anything(self) -> Any:
        return self.text() if self.random.random() < 0.5 else copy.copy(self.random.choice(OTHERS))

    def value(self, schema: Dict[str, Any]) -> Any:
        """A value by a schema but for patterns and lengths."""
        if "$ref" in schema:
            return self.value(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]])
        if "oneOf" in schema:
            return self.value(self.random.choice(schema["oneOf"]))
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if "examples" in schema and self.random.random() < 0.5:
            return self.random.choice(schema["examples"])
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return self.of_type(self.random.choice(types), schema)

    def of_type(self, kind: str, schema: Dict[str, Any]) -> Any:
        if kind == "object":
            required = schema.get("required", [])
            properties: Dict[str, Any] = schema["properties"]
            return {
                name: self.value(member)
                for name, member in properties.items()
                if name in required or self.random.random() < 0.5
            }
        if kind == "integer":
            return self.random.choice([schema.get("minimum", -5), schema.get("maximum", 10**20), 12])
        return {"null": None, "number": 7, "string": self.text()}[kind]

    def changed(self, value: Dict[str, Any]) -> Dict[str, Any]:
        """The object with something else in it."""
        value = dict(value)
        name = self.random.choice(list(value)) if value and self.random.random() < 0.8 else self.random.choice(NAMES)
        if isinstance(value.get(name), dict) and self.random.random() < 0.8:
            value[name] = self.changed(value[name])
        elif name in value and self.random.random() < 0.3:
            del value[name]
        else:
            value[name] = self.anything()
        return value

    def changed_at_times(self, value: Dict[str, Any]) -> Dict[str, Any]:
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            value = self.changed(value)
        return value


def fates(commands: List[Any], is_last: List[bool]) -> List[Any]:
    """What a bridge answers to each command, once all that it may need is set."""
    together = [command for command, last in zip(commands, is_last) if not last]
    said = [json.dumps(line) for command in together for line in (*PREPARATION, command)]
    heard = iter(told(said))
    alone = iter([told([json.dumps(command)])[0] for command, last in zip(commands, is_last) if last])
    return [next(alone) if last else [next(heard) for _ in (*PREPARATION, "")][-1] for last in is_last]


def told(said: List[str]) -> List[Any]:
    """The answers to lines."""
    heard = answers(said, "--max-in-flight", "1", "--timeout", "1")
    return [answer for answer in heard if answer.get("notification") not in EVENTS and "method" not in answer]


def is_unseen(message: str) -> bool:
    return any(words in message for words in UNSEEN)


class GeneratedCommandTests(unittest.TestCase):
    def test_the_bridge_takes_what_the_schema_allows_and_no_other_command(self) -> None:
        generator = Generator(SEED)
        envelopes = {name: one for name, one in SCHEMA["$defs"].items() if "cmd" in one.get("properties", {})}
        numbers = {number: name for name, one in envelopes.items() for number in one["properties"]["cmd"]["enum"]}
        checks = {name: validator(name) for name in [*envelopes, "command"]}
        commands: List[Any] = []
        for _ in range(COUNT):
            envelope = generator.value(generator.random.choice(list(envelopes.values())))
            commands.append(generator.changed_at_times(envelope))
        is_last = [isinstance(command.get("cmd"), (int, str)) and command["cmd"] in LAST for command in commands]
        taken = 0
        for command, answer in zip(commands, fates(commands, is_last)):
            number = command.get("cmd")
            # It is faster to ask the one that it could be than all.
            check = checks[numbers.get(number, "command") if isinstance(number, (int, str)) else "command"]
            is_refused = answer["error_name"][len("OVS_ERR_") :] in REFUSALS
            if is_refused and is_unseen(answer["message"]):
                continue
            self.assertNotEqual(check.is_valid(command), is_refused, f"{json.dumps(command)}: {answer}")
            taken += not is_refused
        self.assertGreater(min(taken, COUNT - taken), COUNT // 5)

    def test_the_bridge_takes_what_the_openrpc_document_allows_and_no_other_request(self) -> None:
        generator = Generator(SEED)
        cases = [self.request(generator) for _ in range(COUNT)]
        is_last = [request["method"] in LAST for request, _ in cases]
        taken = 0
        for (request, is_valid), answer in zip(cases, fates([request for request, _ in cases], is_last)):
            error = answer.get("error", {"code": 0, "message": ""})
            is_refused = error["code"] in (-32600, -32601, -32602)
            if is_refused and is_unseen(error["message"]):
                continue
            self.assertNotEqual(is_valid, is_refused, f"{json.dumps(request)}: {answer}")
            method = METHODS[request["method"]]
            if error["code"] > 0:
                self.assertIn(error["code"], [known["code"] for known in method["errors"]], f"{request}: {answer}")
            elif not is_refused:
                jsonschema.validate(answer["result"], method["result"]["schema"])
                taken += 1
        self.assertGreater(min(taken, COUNT - taken), COUNT // 5)

    @staticmethod
    def request(generator: Generator) -> Tuple[Dict[str, Any], bool]:
        """A request, by name or by position, and whether the document allows it."""
        method = generator.random.choice(list(METHODS.values()))
        params = {param["name"]: param for param in method["params"]}
        values = generator.changed_at_times(
            {name: generator.value(one["schema"]) for name, one in params.items() if generator.random.random() < 0.9}
        )
        if method["name"] == "OVS_CMD_SET_API_KEY":
            # Of this other name the document tells in words alone.
            values.pop("api_domain", None)
        is_valid = set(values) <= set(params) and all(
            jsonschema.Draft202012Validator(one["schema"]).is_valid(values.get(name))
            for name, one in params.items()
            if one["required"] or name in values
        )
        request: Dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method["name"], "params": values}
        # By position, what is left out is null, and none has another name.
        if set(values) <= set(params) and generator.random.random() < 0.4:
            ordered = sorted(params.values(), key=lambda one: int(one["x-position"]))
            request["params"] = [values.get(one["name"]) for one in ordered]
        return request, is_valid


if __name__ == "__main__":
    unittest.main()
