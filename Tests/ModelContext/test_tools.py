"""The tools of `ovs-bridge mcp`, used by the official SDK in each version of the protocol."""

from __future__ import annotations

import asyncio
import json
import pathlib
import subprocess
import tempfile
import unittest
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp import MCPError
from mcp.client.subscriptions import listen
from mcp.types import INVALID_PARAMS

from tool_server import LIMIT, PROGRAM, VERSIONS, Server, serving, texts

READS = ["OVS_CMD_GET_ACCOUNT_TYPE", "OVS_CMD_GET_ACCOUNT_CREDENTIAL", "OVS_CMD_GET_ACCOUNT_EXP_DATE"]
CHANGES = ["OVS_CMD_ADD_CLIENT", "OVS_CMD_CHANGE_PLAN", "OVS_CMD_NEW_PRODUCT"]
DESTRUCTIVE = ["OVS_CMD_CLOSE_CLIENT", "OVS_CMD_RESET_PASSWORD", "OVS_CMD_CANCEL_PLAN"]
SESSION = "OVS_CMD_GET_SESSION"
ALL_ALLOWED = ["--allow-destructive", "--allow-secrets"]
ANN = {"email": "ann@example.com", "countrycode": "DE", "type": "12"}


class Case(unittest.IsolatedAsyncioTestCase):
    """A test that can't hang, with a file of accounts."""

    def setUp(self) -> None:
        self.accounts = self.new_accounts()

    def new_accounts(self) -> list[str]:
        """The option that keeps accounts in a file, which has none yet."""
        folder = tempfile.TemporaryDirectory(prefix="ovs-bridge-")
        self.addCleanup(folder.cleanup)
        return ["--sandbox-file", str(pathlib.Path(folder.name) / "accounts")]

    def add_ann(self, password: str = "secret word") -> dict[str, str]:
        """Adds an account by a plain command; gives the variables to act for it."""
        data = {**ANN, "password": password}
        done = subprocess.run(
            [PROGRAM, *self.accounts, "--log-level", "error"],
            input=json.dumps({"cmd": 21, "data": data}),
            capture_output=True,
            check=True,
            text=True,
            timeout=LIMIT,
            env={"OVS_API_KEY": "key"},
        )
        self.assertIn("OVS_ERR_OK", done.stdout, done.stderr)
        return {"OVS_API_KEY": "key", "OVS_EMAIL": ANN["email"], "OVS_PASSWORD": password}

    async def in_each_version(
        self,
        body: Callable[[Server], Awaitable[None]],
        *options: str,
        environment: dict[str, str] | None = None,
        versions: list[str] = VERSIONS,
    ) -> None:
        """Runs a test against a server of its own in each version."""
        for version in versions:
            with self.subTest(version):
                with anyio.fail_after(4 * LIMIT):
                    async with serving(version, *options, environment=environment) as server:
                        await body(server)


class ListTest(Case):
    """What the list of tools holds."""

    async def test_the_tools_and_their_schemas(self) -> None:
        async def body(server: Server) -> None:
            listed = await server.session.list_tools()
            self.assertIsNone(listed.next_cursor)
            names = [tool.name for tool in listed.tools]
            self.assertEqual(sorted(names), sorted([*READS, *CHANGES, SESSION]))
            for tool in listed.tools:
                Draft202012Validator.check_schema(tool.input_schema)
                self.assertNotIn("password", tool.input_schema["properties"], tool.name)
                self.assertEqual(tool.output_schema is not None, server.version >= "2025-06-18")
                if tool.output_schema is not None:
                    Draft202012Validator.check_schema(tool.output_schema)
                    self.assertNotIn("password", tool.output_schema["properties"], tool.name)
                if tool.annotations is not None:
                    self.assertEqual(tool.annotations.read_only_hint, tool.name in [*READS, SESSION])
                    self.assertFalse(tool.annotations.destructive_hint)
            self.assertEqual(names, [tool.name for tool in (await server.session.list_tools()).tools])
            self.assertIn("sandbox", server.session.instructions or "")
            info = server.session.server_info
            self.assertEqual(info.name if info else None, "ovs-bridge")

        await self.in_each_version(body)

    async def test_all_that_can_be_allowed(self) -> None:
        async def body(server: Server) -> None:
            tools = {tool.name: tool for tool in (await server.session.list_tools()).tools}
            self.assertEqual(sorted(tools), sorted([*READS, *CHANGES, *DESTRUCTIVE, SESSION]))
            for name, tool in tools.items():
                if tool.annotations is not None:
                    self.assertEqual(tool.annotations.destructive_hint, name in DESTRUCTIVE, name)
            self.assertNotIn("password", tools["OVS_CMD_ADD_CLIENT"].input_schema["properties"])

        await self.in_each_version(body, *ALL_ALLOWED)


class CallTest(Case):
    """What calls return. The SDK holds each structured result against the tool's schema."""

    async def test_the_life_of_an_account_that_a_tool_has_added(self) -> None:
        for version in VERSIONS:
            with self.subTest(version):
                accounts = self.new_accounts()
                async with serving(version, *accounts, "--allow-secrets") as server:
                    added = await server.call("OVS_CMD_ADD_CLIENT", **ANN)
                    password = (json.loads(added) if isinstance(added, str) else added)["password"]
                environment = {"OVS_API_KEY": "key", "OVS_EMAIL": ANN["email"], "OVS_PASSWORD": password}
                options = [*accounts, *ALL_ALLOWED]
                async with serving(version, *options, environment=environment) as server:
                    with anyio.fail_after(4 * LIMIT):
                        await self.live(server)

    async def live(self, server: Server) -> None:
        called: list[str] = []

        async def call(name: str, **arguments: Any) -> Any:
            called.append(name)
            value = await server.call(name, **arguments)
            return json.loads(value) if isinstance(value, str) else value

        self.assertEqual((await call(SESSION))["logged_in"], False)
        self.assertEqual(await call("OVS_CMD_GET_ACCOUNT_TYPE"), {"type": "12"})
        self.assertEqual((await call(SESSION))["email"], ANN["email"])
        self.assertEqual(sorted(await call("OVS_CMD_GET_ACCOUNT_CREDENTIAL")), ["password", "username"])
        self.assertRegex((await call("OVS_CMD_GET_ACCOUNT_EXP_DATE"))["exp_date"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(await call("OVS_CMD_CHANGE_PLAN", type=24), {"done": True})
        self.assertEqual(await call("OVS_CMD_NEW_PRODUCT", type="1"), {"done": True})
        self.assertEqual(await call("OVS_CMD_CANCEL_PLAN"), {"done": True})
        self.assertEqual((await call("OVS_CMD_ADD_CLIENT", **{**ANN, "email": "ben@x.de"}))["username"], "ben@x.de")
        result = await server.session.call_tool("OVS_CMD_RESET_PASSWORD", {"email": "ben@x.de"})
        self.assertIn("OVS_NOTIFY_SANDBOX_MAIL", texts(result)[-1])
        self.assertEqual(await call("OVS_CMD_RESET_PASSWORD", email="ben@x.de"), {"done": True})
        self.assertEqual(await call("OVS_CMD_CLOSE_CLIENT", email="ben@x.de"), {"done": True})
        self.assertEqual(sorted(set(called)), sorted([*READS, *CHANGES, *DESTRUCTIVE, SESSION]), "all are called")
        self.assertIn("logged in", [message.data["message"] for message in server.log])

    async def test_passwords_are_withheld_in_words_that_say_what_to_do(self) -> None:
        async def body(server: Server) -> None:
            client = {**ANN, "email": f"{server.version}@x.de"}
            for name, arguments in [("OVS_CMD_ADD_CLIENT", client), ("OVS_CMD_GET_ACCOUNT_CREDENTIAL", {})]:
                result = await server.session.call_tool(name, arguments)
                self.assertEqual(list(json.loads(texts(result)[0])), ["username"])
                self.assertIn("--allow-secrets", texts(result)[1])
                reset = "OVS_CMD_RESET_PASSWORD (with --allow-destructive)"
                self.assertEqual(reset in texts(result)[1], name == "OVS_CMD_ADD_CLIENT", texts(result)[1])

        await self.in_each_version(body, *self.accounts, environment=self.add_ann())

    async def test_many_calls_at_once_and_one_login_for_all(self) -> None:
        async def body(server: Server) -> None:
            results = await asyncio.gather(*(server.call("OVS_CMD_GET_ACCOUNT_TYPE") for _ in range(50)))
            self.assertEqual(len(results), 50)
            logins = [message for message in server.log if message.data["message"] == "logged in"]
            self.assertEqual(len(logins), 1)

        await self.in_each_version(body, *self.accounts, environment=self.add_ann())


class RefusalTest(Case):
    """What is refused, and what a model or its client learns of it."""

    async def test_calls_that_fail_are_for_the_model_to_read(self) -> None:
        add = "OVS_CMD_ADD_CLIENT"
        rows: list[tuple[str, dict[str, Any], list[str]]] = [
            (add, {**ANN, "password": "x"}, ["OVS_ERR_INVALID_PARAMS", '"password"', "secret"]),
            (add, {**ANN, "countrycode": "Germany"}, ["OVS_ERR_INVALID_PARAMS", "two ASCII letters"]),
            (add, {**ANN, "email": 5}, ["OVS_ERR_INVALID_PARAMS", '"email"']),
            (add, {**ANN, "frist_name": "Ann"}, ["OVS_ERR_INVALID_PARAMS", 'did you mean "first_name"?']),
            (add, {"email": "a@b.de"}, ["OVS_ERR_MISSING_PARAMS", '"countrycode"']),
            (add, {**ANN, "email": "b@b.de", "type": "7"}, ["OVS_ERR_UNKNOWN_PLAN"]),
            (add, ANN, ["OVS_ERR_CLIENT_EXISTS"]),
            ("OVS_CMD_GET_ACCOUNT_TYPE", {"email": "nobody@b.de"}, ["OVS_ERR_FORBIDDEN", "--login-file"]),
        ]

        async def body(server: Server) -> None:
            for name, arguments, words in rows:
                text = await server.failure(name, **arguments)
                for word in words:
                    self.assertIn(word, text)

        await self.in_each_version(body, *self.accounts, environment=self.add_ann())

    async def test_what_is_no_tool_is_an_error_of_the_protocol(self) -> None:
        rows = [
            *((name, "--allow-destructive") for name in DESTRUCTIVE),
            ("OVS_CMD_SET_API_KEY", "OVS_API_KEY"),
            ("OVS_CMD_SET_API_DOMAIN", "--api-domain"),
            ("OVS_CMD_LOGIN", "--login-file"),
            ("OVS_CMD_SHUTDOWN", "not for tools"),
            ("OVS_CMD_ADD_CLEINT", 'did you mean "OVS_CMD_ADD_CLIENT"?'),
        ]

        async def body(server: Server) -> None:
            for name, words in rows:
                with self.assertRaises(MCPError) as caught:
                    await server.session.call_tool(name, {"email": "ann@example.com"})
                self.assertEqual(caught.exception.error.code, INVALID_PARAMS)
                self.assertIn(words, caught.exception.error.message)

        await self.in_each_version(body)

    async def test_what_is_missing_is_named_as_it_is_set(self) -> None:
        login = {"OVS_EMAIL": ANN["email"], "OVS_PASSWORD": "wrong word"}
        self.add_ann()
        rows: list[tuple[dict[str, str], str, list[str]]] = [
            ({}, "OVS_CMD_ADD_CLIENT", ["OVS_ERR_API_KEY_NOT_SET", "OVS_API_KEY", "--api-key-file"]),
            (login, "OVS_CMD_GET_ACCOUNT_TYPE", ["OVS_ERR_API_KEY_NOT_SET", "OVS_API_KEY"]),
            (
                {"OVS_API_KEY": "key"},
                "OVS_CMD_GET_ACCOUNT_TYPE",
                ["OVS_ERR_NOT_LOGGED_IN", "OVS_EMAIL", "OVS_PASSWORD", "--login-file"],
            ),
            (
                {"OVS_API_KEY": "key", **login},
                "OVS_CMD_GET_ACCOUNT_TYPE",
                ["OVS_ERR_UNAUTHORIZED", "OVS_EMAIL", "OVS_PASSWORD", "--login-file"],
            ),
            (
                {"OVS_API_KEY": "key", **login, "OVS_EMAIL": "nobody@x.de"},
                "OVS_CMD_NEW_PRODUCT",
                ["OVS_ERR_CLIENT_NOT_FOUND", "OVS_EMAIL"],
            ),
        ]
        for environment, name, words in rows:

            async def body(server: Server, name: str = name, words: list[str] = words) -> None:
                arguments = {**ANN, "email": "ben@x.de"} if name == "OVS_CMD_ADD_CLIENT" else {}
                for _ in range(2):
                    text = await server.failure(name, **arguments, **({"type": "1"} if "NEW" in name else {}))
                    for word in words:
                        self.assertIn(word, text)
                    self.assertNotRegex(text, "OVS_CMD_(LOGIN|SET_API_KEY)|wrong word")

            await self.in_each_version(body, *self.accounts, environment=environment, versions=VERSIONS[-2:])


class MeanwhileTest(Case):
    """What happens between a call and its answer."""

    async def test_a_call_held_back_tells_its_progress(self) -> None:
        async def body(server: Server) -> None:
            told: list[tuple[float, float | None]] = []

            async def progress(progress: float, total: float | None, message: str | None) -> None:
                told.append((progress, total))
                self.assertEqual(message is not None, server.version >= "2025-03-26")

            clients = [{**ANN, "email": f"{n}@x.de"} for n in range(3)]
            calls = (server.session.call_tool("OVS_CMD_ADD_CLIENT", c, progress_callback=progress) for c in clients)
            await asyncio.gather(*calls)
            self.assertEqual([done for done, _ in told], [0, 0], "once for each that waits")
            self.assertTrue(all(total and total > 0 for _, total in told), told)

        await self.in_each_version(body, "--add-client-interval", "0.2")

    async def test_a_call_that_is_taken_back_is_not_carried_out(self) -> None:
        async def body(server: Server) -> None:
            client = {**ANN, "email": "ben@x.de"}
            await server.call("OVS_CMD_ADD_CLIENT", **ANN)
            waiting = asyncio.Event()

            async def progress(progress: float, total: float | None, message: str | None) -> None:
                waiting.set()

            call = asyncio.create_task(
                server.session.call_tool("OVS_CMD_ADD_CLIENT", client, progress_callback=progress)
            )
            await waiting.wait()
            call.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await call
            # It would be answered behind what it holds back.
            self.assertEqual((await server.session.list_tools()).next_cursor, None)
            text = await server.failure("OVS_CMD_CLOSE_CLIENT", email="ben@x.de")
            self.assertIn("OVS_ERR_CLIENT_NOT_FOUND", text)

        await self.in_each_version(body, "--add-client-interval", "5", "--allow-destructive")

    async def test_log_messages_hold_no_address_and_no_password(self) -> None:
        async def body(server: Server) -> None:
            result = await server.session.call_tool("OVS_CMD_RESET_PASSWORD", {"email": ANN["email"]})
            mail = texts(result)[1].removeprefix("OVS_NOTIFY_SANDBOX_MAIL: ")
            shown, _ = json.JSONDecoder().raw_decode(mail)
            mails = [message for message in server.log if message.data.get("event") == "OVS_NOTIFY_SANDBOX_MAIL"]
            self.assertEqual([message.level for message in mails], ["info"])
            for message in server.log:
                self.assertNotIn(shown["password"], str(message.data))
                self.assertNotIn("@", str(message.data))

        await self.in_each_version(body, *self.accounts, *ALL_ALLOWED, environment=self.add_ann())

    async def test_a_stream_of_changes_is_open_and_silent(self) -> None:
        async def body(server: Server) -> None:
            async with listen(server.session, tools_list_changed=True) as stream:
                self.assertFalse(stream.honored.tools_list_changed, "the list never changes")
                await server.call(SESSION)

        await self.in_each_version(body, versions=VERSIONS[-1:])


if __name__ == "__main__":
    unittest.main()
