"""The OpenRPC document holds what the specification wants, and what it says is so."""

from __future__ import annotations

import json
import unittest
from typing import Any, Dict, List

import jsonschema

from transcripts import ROOT, WILDCARD, Line, answers, lines, told

DOCUMENT: Dict[str, Any] = told("--openrpc")
METHODS: Dict[str, Dict[str, Any]] = {method["name"]: method for method in DOCUMENT["methods"]}


class Example:
    """An example of the document."""

    def __init__(self, method: Dict[str, Any], pairing: Dict[str, Any]) -> None:
        self.name: str = pairing["name"]
        self.method: str = method["name"]
        self.params = {param["name"]: param["value"] for param in pairing["params"]}
        self.result = pairing["result"]["value"]

    def is_in(self, line: Line) -> bool:
        """Whether a line that is said asks for this."""
        request = line.value
        return bool(request.get("method") == self.method and request.get("params", {}) == self.params)

    @staticmethod
    def all() -> List[Example]:
        return [Example(method, pairing) for method in DOCUMENT["methods"] for pairing in method["examples"]]


def is_like(value: Any, expected: Any) -> bool:
    """Whether a value is the one expected, where that is told."""
    if isinstance(expected, dict) and isinstance(value, dict):
        return list(value) == list(expected) and all(is_like(value[name], expected[name]) for name in expected)
    return bool(value == expected or expected == WILDCARD or (expected == 1 and isinstance(value, int)))


class OpenRPCTests(unittest.TestCase):
    def test_it_is_an_openrpc_document(self) -> None:
        schema = json.loads((ROOT / "Tests" / "Documents" / "openrpc-1.3.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(DOCUMENT)

    def test_a_document_that_is_none_is_refused(self) -> None:
        schema = json.loads((ROOT / "Tests" / "Documents" / "openrpc-1.3.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft7Validator(schema)
        for broken in (
            {**DOCUMENT, "openrpc": "2.0.0"},
            {**DOCUMENT, "others": 1},
            {**DOCUMENT, "methods": [{"name": "without params"}]},
            {**DOCUMENT, "methods": [{"name": "a", "params": [{"name": "b", "schema": {"type": "no type"}}]}]},
        ):
            self.assertFalse(validator.is_valid(broken))

    def test_a_method_has_each_error_once_as_the_components_have_it(self) -> None:
        errors = DOCUMENT["components"]["errors"]
        for method in METHODS.values():
            codes = [error["code"] for error in method["errors"]]
            self.assertEqual(len(codes), len(set(codes)), f"{method['name']} has two errors of one code")
            for error in method["errors"]:
                self.assertEqual(error, errors[error["data"]["name"]])

    def test_names_are_unique_and_what_may_be_left_out_comes_last(self) -> None:
        self.assertEqual(len(METHODS), len(DOCUMENT["methods"]), "two methods have one name")
        for method in METHODS.values():
            names = [param["name"] for param in method["params"]]
            self.assertEqual(len(names), len(set(names)), method["name"])
            required = [param["required"] for param in method["params"]]
            self.assertEqual(required, sorted(required, reverse=True), method["name"])
            positions = [param["x-position"] for param in method["params"]]
            self.assertEqual(sorted(positions), list(range(len(positions))), method["name"])
            is_in_order = positions == sorted(positions)
            self.assertEqual(method["paramStructure"], "either" if is_in_order else "by-name")

    def test_rpc_discover_gives_the_same(self) -> None:
        for params in ("", ',"params":[]', ',"params":{}'):
            request = '{"jsonrpc":"2.0","method":"rpc.discover","id":1' + params + "}"
            self.assertEqual(answers([request]), [{"jsonrpc": "2.0", "result": DOCUMENT, "id": 1}])
        self.assertEqual(answers(['{"jsonrpc":"2.0","method":"rpc.discover"}']), [], "a notification was answered")

    def test_rpc_discover_is_no_native_command(self) -> None:
        for line in ('{"cmd":"rpc.discover"}', '{"cmd":0}'):
            self.assertEqual(answers([line])[0]["error_name"], "OVS_ERR_UNKNOWN_COMMAND")
        [answer] = answers(['{"jsonrpc":"2.0","method":"rpc.discover","params":[1],"id":1}'])
        self.assertEqual(answer["error"]["code"], -32602)

    def test_examples_fit_their_schemas(self) -> None:
        for example in Example.all():
            method = METHODS[example.method]
            for param in method["params"]:
                if param["name"] in example.params:
                    jsonschema.validate(example.params[param["name"]], param["schema"])
                else:
                    self.assertFalse(param["required"], f"{example.name} lacks {param['name']}")
            jsonschema.validate(example.result, method["result"]["schema"])

    def test_examples_are_taken_from_the_transcripts(self) -> None:
        all_lines = lines()
        for example in Example.all():
            exchanges = [
                (asked, heard)
                for index, asked in enumerate(all_lines)
                if asked.is_said and asked.is_json_rpc and example.is_in(asked)
                for heard in all_lines[index:]
                if heard.file == asked.file and not heard.is_said and heard.is_json_rpc
                if heard.value.get("id") == asked.value.get("id", WILDCARD)
            ]
            self.assertTrue(exchanges, f"{example.name} with {example.params} stands in no transcript")
            self.assertTrue(
                any(is_like(example.result, heard.value.get("result")) for _, heard in exchanges),
                f"{example.name} gives {example.result}, but in the transcripts {exchanges}",
            )

    def test_every_example_can_be_called(self) -> None:
        examples = Example.all()
        # In the transcript's order, in which each can be carried out.
        said = [line for line in lines() if line.file == "examples.txt" and line.is_said]
        order = [next(example for example in examples if example.is_in(line)) for line in said]
        self.assertEqual({id(example) for example in order}, {id(example) for example in examples})
        for by_position in (False, True):
            requests = []
            for number, example in enumerate(order):
                positional = sorted(METHODS[example.method]["params"], key=lambda param: int(param["x-position"]))
                listed = [example.params.get(param["name"]) for param in positional]
                params: Any = listed if by_position else example.params
                requests.append({"jsonrpc": "2.0", "method": example.method, "params": params, "id": number})
            came = answers([json.dumps(request) for request in requests], "--sandbox-now", "2026-01-31")
            results = {answer["id"]: answer for answer in came if "id" in answer}
            for number, example in enumerate(order):
                answer = results[number]
                self.assertIn("result", answer, f"{example.name} was refused: {answer}")
                jsonschema.validate(answer["result"], METHODS[example.method]["result"]["schema"])

    def test_every_answer_of_the_transcripts_is_foretold(self) -> None:
        codes = {error["code"] for error in DOCUMENT["components"]["errors"].values()}
        events = {event["name"]: event["params"] for event in DOCUMENT["x-events"]}
        asked: Dict[Any, str] = {}
        count = 0
        for line in lines():
            if not line.is_json_rpc:
                continue
            value = line.value
            if line.is_said:
                if isinstance(value.get("id"), (str, int)):
                    asked[(line.file, value["id"])] = value.get("method")
            elif "method" in value:
                jsonschema.validate(value["params"], events[value["method"]])
                count += 1
            elif "error" in value:
                self.assertIn(value["error"]["code"], codes, line.place)
                count += 1
            elif value["id"] is not None:
                method = METHODS[asked[(line.file, value["id"])]]
                jsonschema.validate(value["result"], method["result"]["schema"])
                count += 1
        self.assertGreater(count, 50)
