"""Where this machine gets its Debian from, by its own configuration of apt (sources.list(5))."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional

#: Names of releases that don't change with them.
_ROLLING = {"oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"}


class Source(NamedTuple):
    uri: str
    suite: str
    components: List[str]


def mirror(folder: Path, codename: str) -> Optional[str]:
    """The first mirror, over HTTP or HTTPS, of a release of Debian itself: not of its updates, and not of what others
    offer for it."""
    for source in sources(folder):
        if re.match("https?://", source.uri) and source.suite in {codename, *_ROLLING} and "main" in source.components:
            return source.uri
    return None


def sources(folder: Path) -> Iterator[Source]:
    """All sources of binary packages that a folder such as /etc/apt names."""
    parts = sorted((folder / "sources.list.d").glob("*")) if (folder / "sources.list.d").is_dir() else []
    for path in [folder / "sources.list", *parts]:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".list":
            yield from _lines(text)
        elif path.suffix == ".sources":
            yield from _stanzas(text)


def _lines(text: str) -> Iterator[Source]:
    """`deb [ options ] uri suite component…`"""
    for line in text.splitlines():
        words = re.sub(r"\[[^\]]*\]", " ", line.partition("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield Source(words[1], words[2], words[3:])


def _stanzas(text: str) -> Iterator[Source]:
    """Fields and values, a stanza for each combination of URIs and suites."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: Dict[str, List[str]] = {}
        for name, value in re.findall(r"^([^\s:]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE):
            fields[name.lower()] = value.split()
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        for uri in fields.get("uris", []):
            for suite in fields.get("suites", []):
                yield Source(uri, suite, fields.get("components", []))
