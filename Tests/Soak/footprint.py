"""What a process takes of the machine, to be told apart from what it took before."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple, Optional, Set

import neighbours  # noqa: F401 (lets the others be found)
from child import memory_of

MIB = 1 << 20
#: How much more memory is still flat: what a bridge may have come to need only after the warm-up. That is a dozen more
#: connections with TLS, which take some 60 KiB each, and what a jam leaves in the allocator: 1,024 commands in flight,
#: 256 KiB of answers and a line of input. A leak is another matter: 8 bytes a command are 8 MiB in a million.
GROWTH = 2 * MIB
#: Has glibc give back what is free, so that what stays is held. By itself it keeps the more the larger the pieces were
#: that were freed: after a reply of 1 MiB up to 4 MiB, which come and go, and would hide a leak or look like one.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(128 * 1024), "MALLOC_TRIM_THRESHOLD_": str(128 * 1024)}


class Footprint(NamedTuple):
    """Resident memory, in bytes; open descriptors but for those of TCP; and the TCP connections."""

    memory: int
    descriptors: int
    connections: int

    def growth(self, before: Footprint, most_connections: int) -> Optional[str]:
        """What has grown since, if anything has: connections may be kept, but only so many."""
        if self.memory > before.memory + GROWTH:
            return f"{before.memory / MIB:.1f} MiB became {self.memory / MIB:.1f}"
        if self.descriptors > before.descriptors:
            return f"{before.descriptors} descriptors became {self.descriptors}"
        if self.connections > most_connections:
            return f"{self.connections} connections are kept"
        return None


def footprint(pid: int) -> Footprint:
    """Of a running process, which should be at rest."""
    connected = _connections(pid)
    descriptors = connections = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        # One may have been closed since.
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"/proc/{pid}/fd/{name}") in connected:
                connections += 1
            else:
                descriptors += 1
    return Footprint(memory_of(pid, "VmRSS") or 0, descriptors, connections)


def _connections(pid: int) -> Set[str]:
    """The TCP connections that there are, as descriptors are named; the closed ones, which can only be leaks, not."""
    names: Set[str] = set()
    for kind in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{kind}") as table:
            next(table)
            names |= {f"socket:[{row.split()[9]}]" for row in table}
    return names
