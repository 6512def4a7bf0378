"""The golden transcripts, as what was said and heard."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = os.environ.get("OVS_BRIDGE", str(ROOT / ".build" / "debug" / "ovs-bridge"))
#: How long a process may take for what it is asked, in seconds.
LIMIT = 60.0
#: Stands for what varies.
WILDCARD = "(any)"


@dataclass(frozen=True)
class Line:
    """A line of a transcript, what varies replaced by something of its kind."""

    file: str
    number: int
    #: What is said: the transcript's ``>``; or heard, its ``<``.
    is_said: bool
    text: str

    @property
    def value(self) -> Any:
        """The JSON in it; None for a line that holds none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def is_native(self) -> bool:
        return isinstance(self.value, dict) and "jsonrpc" not in self.value

    @property
    def is_json_rpc(self) -> bool:
        return isinstance(self.value, dict) and "jsonrpc" in self.value

    @property
    def place(self) -> str:
        return f"{self.file}:{self.number}: {self.text}"


def lines() -> List[Line]:
    """All lines of all transcripts."""
    found: List[Line] = []
    for path in sorted((ROOT / "Tests" / "Transcripts").glob("*.txt")):
        # What isn't UTF-8 is there to be refused.
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        for number, line in enumerate(text.split("\n"), 1):
            if line[:2] in ("> ", "< "):
                found.append(Line(path.name, number, line[0] == ">", filled(line[2:])))
    return found


def filled(text: str) -> str:
    """A line without placeholders."""
    text = text.replace("<<backend>>", "sandbox").replace(":<<api_domain>>", ":null")
    # What stands outside of a string is a number.
    text = re.sub(r'(?<=":)<<[^>]*>>(?=[,}\]])', "1", text)
    return re.sub(r"<<[^>]*>>", WILDCARD, text)


def told(*options: str) -> Any:
    """The JSON that the program prints with these options."""
    return json.loads(run(list(options)))


def run(options: List[str], said: str = "", environment: Optional[Dict[str, str]] = None) -> str:
    """What the program answers to whole input, once it has ended well."""
    done = subprocess.run(
        [BRIDGE, *options],
        input=said.encode("utf-8", "surrogateescape"),
        capture_output=True,
        timeout=LIMIT,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        raise AssertionError(f"{BRIDGE} {options} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def answers(said: List[str], *options: str) -> List[Any]:
    """What comes back for lines, events included."""
    text = run(["--log-level", "error", *options], "".join(line + "\n" for line in said))
    # A line ends at LF and nowhere else.
    return [json.loads(line) for line in text.split("\n") if line]
