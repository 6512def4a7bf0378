"""The programs that are measured beside one another, and where they are."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import List

from child import Program, fail

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
STATIC = ROOT / ".build/static/release/ovs-bridge"
DYNAMIC = ROOT / ".build/release/ovs-bridge"
BUILD = {
    STATIC: "swift build -c release --static-swift-stdlib --scratch-path .build/static",
    DYNAMIC: "swift build -c release",
}

INSTALL = f"{sys.executable} -m pip install -r Tests/Benchmarks/requirements.txt"
OK = b'"error":0,'
LOCAL = b'{"cmd":1002,"id":1}\n'
INFO = b'{"cmd":1006,"id":1}\n'
ACCOUNT_TYPE = b'{"cmd":18,"id":1}\n'
JSON_RPC = b'{"jsonrpc":"2.0","method":"OVS_CMD_GET_SESSION","id":1}'
EMAIL_VALIDITY = b'{"jsonrpc":"2.0","method":"check_email_validity","params":["user@example.com"],"id":1}\n'
LOGIN = b"""{"cmd":10,"data":{"api_key":"key"}}
{"cmd":21,"data":{"email":"own@example.com","password":"Passw0rd-1","countrycode":"US","type":"12"}}
{"cmd":1000,"data":{"email":"own@example.com","password":"Passw0rd-1"}}
"""


def needed(name: str, advice: str) -> str:
    """The path of a program; where it is missing, says how to get it."""
    path = shutil.which(name)
    if path is None:
        fail(f"{name} is missing; install it with: {advice}")
    return path


def bridge(path: Path) -> str:
    """The path of a build of ovs-bridge; where it is missing, or is the other build, says how to make it."""
    if not path.exists():
        fail(f"{path.relative_to(ROOT)} is missing; build it with: {BUILD[path]}")
    # Only on Linux can Swift be linked in.
    is_dynamic = b"libswiftCore.so" in path.read_bytes()
    if sys.platform == "linux" and is_dynamic != (path == DYNAMIC):
        kind = "the dynamic" if path == DYNAMIC else "a static"
        fail(f"{path.relative_to(ROOT)} is not {kind} build; build it with: {BUILD[path]}")
    return str(path)


def add_client(number: int) -> bytes:
    """A line that adds a client."""
    return b'{"cmd":21,"data":{"email":"user%d@example.com","countrycode":"US","type":"12"},"id":%d}\n' % (
        number,
        number,
    )


def of_bridge(name: str, path: Path, line: bytes, marker: bytes = OK, login: bool = False) -> Program:
    """A build of ovs-bridge with something to do."""
    command = [bridge(path), "--log-level", "error"]
    return Program(name, command, LOGIN if login else b"", 3 if login else 0, line, marker)


def deltachat() -> Program:
    """The strongest peer: a JSON-RPC server over standard input and output, written in Rust.

    What its package puts on the path is a Python script that becomes the server, ten times as slow to start; the server
    itself lies in the package.
    """
    package = importlib.util.find_spec("deltachat_rpc_server")
    path = Path(package.origin).with_name("deltachat-rpc-server") if package and package.origin else None
    if path is None or not path.exists():
        fail(f"deltachat-rpc-server is missing; install it with: {INSTALL}")
    folder = tempfile.mkdtemp(prefix="ovs-bridge-benchmark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {"DC_ACCOUNTS_PATH": f"{folder}/accounts", "RUST_LOG": "error"}
    return Program("deltachat-rpc-server", [str(path)], b"", 0, EMAIL_VALIDITY, b'"result":true', environment)


def echoes() -> List[Program]:
    """The floor, and the loops that people write."""
    node = needed("node", "apt-get install nodejs")
    return [
        Program("cat", [needed("cat", "apt-get install coreutils")], b"", 0, LOCAL, LOCAL.strip()),
        Program("Python echo loop", [sys.executable, str(HERE / "echo.py")], b"", 0, LOCAL, b'"result": null'),
        Program("Node echo loop", [node, str(HERE / "echo.mjs")], b"", 0, LOCAL, b'"result":null'),
    ]
