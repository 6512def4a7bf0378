"""Where this finds the test server as its own tests drive it; imported before it."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent

sys.path += [str(TESTS / "AMAPIServer")]
