"""That what a process takes is counted, and its growth found."""

from __future__ import annotations

import os
import socket
import unittest

import neighbours  # noqa: F401 (lets the others be found)
from footprint import GROWTH, Footprint, footprint


class FootprintTests(unittest.TestCase):
    def test_what_grows_is_told_and_what_may_vary_is_not(self) -> None:
        before = Footprint(memory=10 << 20, descriptors=8, connections=2)
        for after, told in (
            (before, None),
            (Footprint((10 << 20) + GROWTH, 7, 16), None),
            (Footprint((10 << 20) + GROWTH + 1, 8, 2), "10.0 MiB became 12.0"),
            (Footprint(10 << 20, 9, 2), "8 descriptors became 9"),
            (Footprint(10 << 20, 8, 17), "17 connections are kept"),
        ):
            with self.subTest(after=after):
                self.assertEqual(after.growth(before, most_connections=16), told)

    def test_connections_are_told_from_other_descriptors(self) -> None:
        before = footprint(os.getpid())
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as unconnected:
            with socket.create_connection(server.getsockname()):
                now = footprint(os.getpid())
        self.assertIsNotNone(unconnected)
        self.assertEqual(now.connections - before.connections, 2)
        self.assertEqual(now.descriptors - before.descriptors, 1)
        self.assertGreater(now.memory, 1 << 20)


if __name__ == "__main__":
    unittest.main()
