"""The soak itself: one loop that sends, reads and disturbs, and never waits for anything else."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
import selectors
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple
from typing import Counter as Counts

import neighbours  # noqa: F401 (lets the others be found)
from books import NOT_FLAT, TRAPPED, Books, Ledger
from bridges import BridgeUnderLoad, Kind
from child import Wrong
from footprint import Footprint
from load import Load
from service import Service

#: How long a turn of the loop may take, all calls to the test server included.
TURN_LIMIT = 60
#: How long a bridge may take to answer what is open, or to end: many commands on one account, one after the other, each
#: within a timeout.
REST_LIMIT = 90.0
PROGRESS = 10.0
RETRY = 0.02


class Place:
    """Where one bridge runs, or one after the other."""

    def __init__(self, kind: Kind, load: Load, chance: random.Random) -> None:
        self.kind = kind
        self.load = load
        self.chance = chance
        self.bridge: Optional[BridgeUnderLoad] = None
        self.ledgers: List[Ledger] = []
        self.before: Optional[Footprint] = None
        self.after: Optional[Footprint] = None


class Soak:
    """A run. Everything random comes from the seed, but when it meets what is a matter of time."""

    def __init__(self, program: str, seconds: float, seed: int, folder: Path, rest_limit: float = REST_LIMIT) -> None:
        self._program = program
        self._seconds = seconds
        self._seed = seed
        self._rest_limit = rest_limit
        self.books = Books()
        self.disturbances: Counts[str] = Counter()
        self.service = Service(folder, self.books, self._chance("service"))
        self._weather = self._chance("weather")
        self._selector = selectors.DefaultSelector()
        self._timers: List[Tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._began = time.monotonic()
        self._is_quiet = False
        self._running: List[BridgeUnderLoad] = []
        self.places: List[Place] = []

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self._seed}/{what}")

    # The whole of it

    def run(self) -> None:
        """From the first bridge to the comparison of the books."""
        self.service.start()
        self._set_up()
        self._every(PROGRESS, self._tell_progress)
        self._go_on(until=lambda: self._elapsed() >= self.warm_up)
        self._rest()
        for place in self._lasting:
            place.before = self._footprint(place)
        self._is_quiet = False
        self._go_on(until=lambda: self._elapsed() >= self._seconds)
        self._rest()
        for place in self._lasting:
            place.after = self._footprint(place)
            if place.before and place.after:
                growth = place.after.growth(place.before, place.kind.connections)
                if growth:
                    self.books.find(NOT_FLAT, f"{place.kind.name}: {growth}")
        for bridge in self._running:
            if not bridge.is_ending:
                bridge.end_input()
        self._await(lambda: not self._running)
        for bridge in self._running:
            self.books.find(TRAPPED, f"{bridge.kind.name} did not end within {self._rest_limit:g} s")
            bridge.ledger.close(is_killed=False)
        self.service.stop(is_killed=False)
        self.books.compare()

    def close(self) -> None:
        """Leaves nothing behind, whatever has happened."""
        signal.alarm(0)
        for bridge in self._running:
            bridge.abolish()
        self.service.stop(is_killed=True)
        self._selector.close()

    @property
    def warm_up(self) -> float:
        """How long it takes, in seconds, until memory and descriptors are looked at for the first time: all that may
        happen should have happened by then."""
        return min(60.0, self._seconds * 0.3)

    @property
    def _lasting(self) -> Iterator[Place]:
        return (place for place in self.places if place.kind.is_lasting)

    @staticmethod
    def _footprint(place: Place) -> Optional[Footprint]:
        """Nothing of a bridge that has ended, which is found elsewhere."""
        return place.bridge.footprint() if place.bridge else None

    def _set_up(self) -> None:
        numbers = itertools.count(1)
        http = ["--api-domain", self.service.http, "--timeout", "3", "--connect-timeout", "1"]
        https = ["--api-domain", self.service.https, "--timeout", "3", "--connect-timeout", "2"]
        https += ["--ca-file", self.service.ca_file]
        slow = ["--sandbox-latency", "3", "--max-in-flight", "100"]
        few = ["--max-connections", "3"]
        for kind in (
            Kind("sandbox", [], is_lasting=True, pause=0.02, lives=40, most_open=3000),
            Kind("HTTP", http, is_lasting=True, pause=0.1, lives=10, most_open=300, connections=16),
            Kind("HTTPS", https, is_lasting=True, pause=0.1, lives=10, most_open=300, connections=16),
            Kind("sandbox, with latency", slow, pause=0.1, lives=20, most_open=1000),
            Kind("HTTP, few connections", http + few, pause=0.2, lives=10, most_open=300, connections=3),
            Kind("HTTPS, few connections", https + few, pause=0.2, lives=10, most_open=300, connections=3),
        ):
            load = Load(self._chance(f"load of {kind.name}"), numbers, kind.is_sandbox)
            place = Place(kind, load, self._chance(f"pauses of {kind.name}"))
            self.places.append(place)
            self._start(place)
            self._send(place)
        pace = min(1.0, self._seconds / 120)
        self._at_random(0.1, self.service.go_wrong)
        self._at_random(15 * pace, self._kill_service)
        self._at_random(5 * pace, self._disturb_reader)
        self._at_random(4 * pace, self._disturb_bridge)

    # Bridges

    def _start(self, place: Place) -> None:
        bridge = BridgeUnderLoad(
            self._program, place.kind, self.books, self._selector, lambda bridge: self._ended(place, bridge)
        )
        place.bridge = bridge
        place.ledgers.append(bridge.ledger)
        self._running.append(bridge)

    def _ended(self, place: Place, bridge: BridgeUnderLoad) -> None:
        self._running.remove(bridge)
        if place.bridge is bridge:
            # Nobody asked it to; the books have it.
            place.bridge = None

    def _send(self, place: Place) -> None:
        """A burst, and then the next."""
        pause = RETRY
        if not self._is_quiet and place.bridge and place.bridge.takes_more:
            place.bridge.send(place.load.burst(place.chance.randrange(place.kind.lives + 1)))
            pause = place.chance.expovariate(1 / place.kind.pause)
        self._after(pause, lambda: self._send(place))

    # What happens to them

    def _kill_service(self) -> None:
        if not self.service.is_up:
            return
        self.disturbances["the service killed and started again"] += 1
        self.service.stop(is_killed=True)
        self._after(self._weather.choice([0, 0.1, 1]), self._start_service)

    def _start_service(self) -> None:
        """It may come back with a certificate that nobody trusts, for a moment."""
        if self.service.is_up:
            return
        if self._weather.random() < 0.2 and not self._is_quiet:
            self.disturbances["a service that can't be trusted"] += 1
            self.service.start("untrusted")
            self._after(0.5, self._kill_service)
        else:
            self.service.start()

    def _disturb_reader(self) -> None:
        bridge = self._weather.choice(self.places).bridge
        if bridge is None:
            return
        self.disturbances["answers not read for a while"] += 1
        bridge.stall(True)
        self._after(self._weather.uniform(0.1, 1.5), lambda: bridge.stall(False))

    def _disturb_bridge(self) -> None:
        """Ends one that isn't to last, in one of all ways, and has another take its place."""
        place = self._weather.choice([place for place in self.places if not place.kind.is_lasting])
        bridge = place.bridge
        if bridge is None:
            self._start(place)
            return
        if not bridge.ledger.answered or not bridge.has_all:
            # Ended before it was well there, it may go without a word.
            return
        ways: Dict[str, Callable[[], None]] = {
            "bridges killed": bridge.kill,
            "bridges whose input was closed": bridge.end_input,
            "bridges told to end by SIGTERM": bridge.terminate,
            "bridges whose reader was gone": bridge.hang_up,
        }
        way = self._weather.choice(list(ways))
        self.disturbances[way] += 1
        ways[way]()
        self._after(self._rest_limit, lambda: self._is_overdue(bridge))
        self._start(place)

    def _is_overdue(self, bridge: BridgeUnderLoad) -> None:
        if bridge in self._running:
            self.books.find(TRAPPED, f"{bridge.kind.name} did not end within {self._rest_limit:g} s")
            bridge.kill()

    # Rest

    def _rest(self) -> None:
        """Lets the bridges answer all that is open, with nothing in their way."""
        self._is_quiet = True
        if not self.service.is_up:
            self.service.start()
        self.service.go_right()
        self._await(lambda: all(place.bridge is None or place.bridge.is_idle for place in self._lasting))

    def _await(self, is_so: Callable[[], bool]) -> None:
        """Until it is so, or the limit is reached: what is open even then is found when its bridge has ended."""
        limit = time.monotonic() + self._rest_limit
        self._go_on(until=lambda: is_so() or time.monotonic() > limit)

    # The loop

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._timer_numbers), do))

    def _every(self, seconds: float, do: Callable[[], None]) -> None:
        def turn() -> None:
            do()
            self._every(seconds, do)

        self._after(seconds, turn)

    def _at_random(self, mean: float, do: Callable[[], None]) -> None:
        """Again and again, but for when all is to be quiet."""

        def turn() -> None:
            if not self._is_quiet:
                do()
            self._at_random(mean, do)

        self._after(self._weather.expovariate(1 / mean), turn)

    def _go_on(self, until: Callable[[], bool]) -> None:
        while not until():
            signal.alarm(TURN_LIMIT)
            wait = max(0.0, self._timers[0][0] - time.monotonic())
            for key, _ in self._selector.select(wait):
                # One that came before may have closed it.
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            while self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()
        signal.alarm(0)

    def _tell_progress(self) -> None:
        ledgers = [ledger for place in self.places for ledger in place.ledgers]
        sent, answered = sum(ledger.sent for ledger in ledgers), sum(ledger.answered for ledger in ledgers)
        found = sum(self.books.findings.values())
        print(
            f"soak: {self._elapsed():.0f} s, {sent:,} commands, {answered:,} answered, service's life"
            f" {self.service.lives}, {len(ledgers)} bridges, {found} findings",
            file=sys.stderr,
        )


@contextlib.contextmanager
def limited_turns() -> Iterator[None]:
    """Has a turn of the loop fail that takes too long: whatever the loop waits for then, it never comes."""

    def is_late(*_: object) -> None:
        raise Wrong(f"the test server, or the end of a bridge, was waited for for more than {TURN_LIMIT} s")

    before = signal.signal(signal.SIGALRM, is_late)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
