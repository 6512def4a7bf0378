"""What everything in the server shares: the service, the journal, the rules, the connections."""

from __future__ import annotations

from typing import IO, Optional

from account_service import AccountService, Policy
from clock import Clock
from connections import Connections
from fault_rules import Rules
from journal import Journal


class Server:
    """`latency` is how many seconds a request takes before it is carried out."""

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        journal_capacity: int = 100_000,
        latency: float = 0,
        journal_file: Optional[IO[bytes]] = None,
    ) -> None:
        self.clock = clock
        self.service = AccountService(policy, clock)
        self.journal = Journal(journal_capacity, journal_file)
        self.rules = Rules()
        self.connections = Connections()
        self.latency = latency
