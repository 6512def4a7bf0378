"""What is taken for this machine's Debian, and what is not."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from mirror import mirror

_OTHERS = "deb https://packages.example/apt tool-bookworm main\n"

CASES: List[Tuple[str, Dict[str, str], Optional[str]]] = [
    ("nothing at all", {}, None),
    ("a line", {"sources.list": "deb http://a.example/debian bookworm main\n"}, "http://a.example/debian"),
    (
        "a line with options and a comment",
        {"sources.list": "deb [ arch=amd64 signed-by=/k.gpg ] https://a.example/d/ bookworm main contrib # ours\n"},
        "https://a.example/d/",
    ),
    (
        "no sources, updates, comments, discs or others' packages",
        {
            "sources.list": "# deb http://a.example/a bookworm main\n"
            "deb-src http://a.example/b bookworm main\n"
            "deb cdrom:[Debian]/ bookworm main\n"
            "deb http://a.example/c bookworm-security main\n"
            "deb http://a.example/d bookworm contrib\n"
            "deb http://a.example/e ./\n" + _OTHERS
        },
        None,
    ),
    ("another release's", {"sources.list": "deb http://a.example/debian trixie main\n"}, None),
    ("stable", {"sources.list": "deb http://a.example/debian stable main\n"}, "http://a.example/debian"),
    (
        "a stanza behind others' lines",
        {
            "sources.list.d/a.list": _OTHERS,
            "sources.list.d/b.sources": "Types: deb\n# a comment\nURIs: http://a.example/debian\n"
            "Suites: bookworm bookworm-updates\nComponents: main\n",
        },
        "http://a.example/debian",
    ),
    (
        "stanzas: the first is off, the second for updates, the third goes over lines",
        {
            "sources.list.d/b.sources": "Types: deb\nURIs: http://a.example/off\nSuites: bookworm\nComponents: main\n"
            "Enabled: no\n\nTypes: deb\nURIs: http://a.example/s\nSuites: bookworm-security\nComponents: main\n\n"
            "Types: deb-src\n deb\nURIs:\n http://a.example/debian\n http://b.example/debian\n"
            "suites:\n bookworm-updates\n bookworm\nComponents: main\n"
        },
        "http://a.example/debian",
    ),
    ("a file that apt doesn't read", {"sources.list.d/a.bak": "deb http://a.example/debian bookworm main\n"}, None),
]


class MirrorTests(unittest.TestCase):
    def test_mirror(self) -> None:
        for name, files, expected in CASES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                for path, text in files.items():
                    file = Path(folder) / path
                    file.parent.mkdir(exist_ok=True)
                    file.write_text(text)
                self.assertEqual(mirror(Path(folder), "bookworm"), expected)


if __name__ == "__main__":
    unittest.main()
