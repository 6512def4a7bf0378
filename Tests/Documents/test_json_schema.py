"""The JSON Schema of the native dialect holds every line of the transcripts, and refuses what the bridge refuses."""

from __future__ import annotations

import json
import unittest
from typing import Any, Dict, List

import jsonschema

from transcripts import Line, answers, lines, told

SCHEMA: Dict[str, Any] = told("--json-schema")
#: What comes of a command that the schema should refuse.
REFUSALS = ("INVALID_ENVELOPE", "UNKNOWN_COMMAND", "MISSING_PARAMS", "INVALID_PARAMS")
#: Refused by the bridge for what a schema doesn't see.
UNSEEN = (
    "stands twice",
    "two names of one parameter",
    '"api_domain" of',
    # A whole number to a schema, however it is spelt.
    '"cmd" must be a command\'s number',
)


def validator(definition: str = "") -> jsonschema.Draft202012Validator:
    """What checks a line, or one of its kinds."""
    reference = f"{SCHEMA['$id']}#/$defs/{definition}"
    schema = {"$ref": reference, "$defs": {"all": SCHEMA}} if definition else SCHEMA
    return jsonschema.Draft202012Validator(schema)


class JSONSchemaTests(unittest.TestCase):
    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_every_line_that_is_heard_in_the_transcripts_is_valid(self) -> None:
        check = validator("notification")
        heard = [line for line in lines() if line.is_native and not line.is_said]
        self.assertGreater(len(heard), 150)
        for line in heard:
            with self.subTest(line.place):
                check.validate(line.value)

    def test_the_schema_refuses_what_the_bridge_refuses_and_nothing_else(self) -> None:
        check = validator("command")
        said = {line.text: line for line in lines() if line.is_native and line.is_said}
        self.assertGreater(len(said), 100)
        for line in said.values():
            with self.subTest(line.place):
                answer = fate(line)
                if answer["error_name"] == "OVS_ERR_PARSE":
                    continue  # It is JSON to Python alone.
                if answer["error_name"][len("OVS_ERR_") :] in REFUSALS:
                    is_unseen = any(words in answer["message"] for words in UNSEEN)
                    self.assertTrue(is_unseen or not check.is_valid(line.value), answer["message"])
                else:
                    check.validate(line.value)

    def test_lines_of_either_way_are_lines(self) -> None:
        check = validator()
        check.validate({"cmd": 1006})
        check.validate(
            {"cmd": "OVS_CMD_LOGIN", "data": {"email": "a@b.de", "password": "p"}, "id": "x", "timeout_ms": 5}
        )
        # A null counts as absent, also of a parameter that came under its other name.
        for data in ({"api_key": "k", "api_domain": None}, {"api_key": None, "api_domain": "k"}):
            check.validate({"cmd": 10, "data": data})
            self.assertEqual(answers([json.dumps({"cmd": 10, "data": data})])[0]["error"], 0)
        for [answer] in (answers(['{"cmd":1006,"id":1}']), answers(['{"cmd":18}']), answers(["no JSON"])):
            check.validate(answer)

    def test_what_is_no_line_is_refused(self) -> None:
        check = validator()
        [info] = answers(['{"cmd":1006,"id":1}'])
        [failure] = answers(['{"cmd":18,"id":1}'])
        texts: List[Any] = [
            {},
            [],
            {"cmd": 11},
            {"cmd": 10, "data": {"api_key": None}},
            {"cmd": 10, "data": {"api_key": None, "api_domain": None}},
            {"cmd": 21},
            {"cmd": 1006, "id": None},
            {"cmd": 22, "data": {"email": "nobody"}},
            {"cmd": 22, "data": {"email": "a@b.de", "mail": 1}},
            {**info, "error": 5},
            {**info, "notification": 18},
            {**info, "data": None},
            {**failure, "error_name": "OVS_ERR_OK"},
            {**failure, "data": {"type": "12"}},
            {name: value for name, value in failure.items() if name != "message"},
            {"notification": 1101, "name": "OVS_NOTIFY_PROGRESS", "error": 0, "error_name": "OVS_ERR_OK", "data": {}},
        ]
        for broken in texts:
            with self.subTest(str(broken)):
                self.assertFalse(check.is_valid(broken))


def fate(line: Line) -> Any:
    """What a bridge answers to a line, once all that a command may need is set."""
    login = {"email": "ann@example.com", "password": "p"}
    before = [
        {"cmd": 10, "data": {"api_key": "key"}},
        {"cmd": 21, "data": {**login, "countrycode": "DE", "type": "12"}},
        {"cmd": 1000, "data": login},
    ]
    # Commands to another address are refused before they are sent.
    came = answers([*map(json.dumps, before), line.text], "--max-in-flight", "1")
    return [answer for answer in came[len(before) :] if answer["notification"] not in (1100, 1101, 1200)][-1]
