"""That the service comes back where it was, and that all it did is in the books, whatever its end."""

from __future__ import annotations

import itertools
import random
import tempfile
import unittest
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import neighbours  # noqa: F401 (lets the others be found)
import fault_actions  # noqa: F401 (registers the faults)
from books import Books
from fault_rules import FAULTS as ALL_FAULTS
from fault_rules import Rule
from service import FAULTS, Service

LIMIT = 10


class ServiceTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.books = Books()
        self.service = Service(Path(folder.name), self.books, random.Random(1))
        self.addCleanup(self.service.stop, is_killed=True)

    def add_client(self, email: str) -> None:
        form = urlencode({"apikey": "key", "email": email, "country": "DE", "type": "12"})
        urlopen(f"{self.service.http}/api/amapi/AddClient", form.encode(), timeout=LIMIT).close()

    def test_what_it_did_in_all_its_lives_is_in_the_books(self) -> None:
        self.service.start()
        address = self.service.http, self.service.https
        self.add_client("ann@soak.example")
        self.service.stop(is_killed=True)
        self.service.start()
        self.assertEqual((self.service.http, self.service.https), address)
        self.add_client("ann@soak.example")
        self.add_client("bob@soak.example")
        self.service.stop(is_killed=False)
        self.assertEqual(
            dict(self.books.applied), {"AddClient ann@soak.example -": 2, "AddClient bob@soak.example -": 1}
        )

    def test_the_faults_are_all_that_the_test_server_has_and_it_takes_them(self) -> None:
        self.assertEqual({name for name, _ in FAULTS}, set(ALL_FAULTS))
        for name, choices in FAULTS:
            for values in itertools.product(*choices.values()):
                with self.subTest(name=name, values=values):
                    Rule.parse({"fault": name, **dict(zip(choices, values))})


if __name__ == "__main__":
    unittest.main()
