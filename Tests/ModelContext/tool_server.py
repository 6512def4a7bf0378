"""A server of tools, `ovs-bridge mcp`, as the official SDK of the Model Context Protocol sees it."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import (
    CallToolResult,
    ClientCapabilities,
    EmptyResult,
    Implementation,
    InitializedNotification,
    InitializeRequest,
    InitializeRequestParams,
    InitializeResult,
    LoggingMessageNotificationParams,
    SetLevelRequest,
    SetLevelRequestParams,
    TextContent,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("OVS_BRIDGE", str(ROOT / ".build/debug/ovs-bridge"))
#: How many seconds may pass where something is awaited; generous, because the machine may be busy.
LIMIT = 30
#: The versions of the protocol, of which the last needs no handshake.
VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]


class Server:
    """A connection to a server of its own."""

    def __init__(self, version: str, session: ClientSession, log: list[LoggingMessageNotificationParams]) -> None:
        self.version = version
        self.session = session
        #: The log messages that the server sent.
        self.log = log

    async def call(self, name: str, **arguments: Any) -> Any:
        """The structured result of a call that must succeed, or its text before there were structures."""
        result = await self.session.call_tool(name, arguments, read_timeout_seconds=LIMIT)
        assert not result.is_error, texts(result)
        return result.structured_content if self.version >= "2025-06-18" else texts(result)[0]

    async def failure(self, name: str, **arguments: Any) -> str:
        """What a model reads of a call that must fail."""
        result = await self.session.call_tool(name, arguments, read_timeout_seconds=LIMIT)
        assert result.is_error, f"{name} succeeded: {texts(result)}"
        assert result.structured_content is None
        return "\n".join(texts(result))


def texts(result: CallToolResult) -> list[str]:
    """The texts of a result, which has nothing else."""
    return [item.text for item in result.content if isinstance(item, TextContent)]


@asynccontextmanager
async def serving(version: str, *options: str, environment: dict[str, str] | None = None) -> AsyncIterator[Server]:
    """A server, connected to in a version of the protocol."""
    log: list[LoggingMessageNotificationParams] = []

    async def take(params: LoggingMessageNotificationParams) -> None:
        log.append(params)

    async def complain(message: object) -> None:
        if isinstance(message, Exception):
            raise message

    variables = {"OVS_API_KEY": "key"} if environment is None else environment
    parameters = StdioServerParameters(command=PROGRAM, args=["mcp", *options], env=variables)
    with open(os.devnull, "w", encoding="utf-8") as errors:
        async with stdio_client(parameters, errlog=errors) as (reading, writing):
            async with ClientSession(
                reading, writing, LIMIT, logging_callback=take, message_handler=complain, log_level="debug"
            ) as session:
                await begin(session, version)
                assert session.protocol_version == version
                yield Server(version, session, log)


async def begin(session: ClientSession, version: str) -> None:
    """Begins a conversation as the version wants it."""
    if version >= "2026":
        await session.discover()
        return
    parameters = InitializeRequestParams(
        protocol_version=version,
        capabilities=ClientCapabilities(),
        client_info=Implementation(name="test", version=sys.version.split()[0]),
    )
    result = await session.send_request(InitializeRequest(params=parameters), InitializeResult)
    session.adopt(result)
    await session.send_notification(InitializedNotification())
    await session.send_request(SetLevelRequest(params=SetLevelRequestParams(level="debug")), EmptyResult)
