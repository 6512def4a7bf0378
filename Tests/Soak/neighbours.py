"""Where the soak finds what it shares with the benchmarks and with the test server; imported before any of it."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent

sys.path += [str(TESTS / "Benchmarks"), str(TESTS / "AMAPIServer")]
