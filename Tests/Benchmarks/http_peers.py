"""The second table: requests to a service, beside what people would use instead.

nginx answers every request with the same words, so that the clients are what is measured. All send the same POST over
kept connections; only curl, a process a call, has a new one each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import programs
from child import Child, Wrong, check, fail
from report import Figures, Goal, number, table

try:
    import aiohttp
    import requests
except ImportError as missing:
    fail(f"{missing.name} is missing; install it with: {programs.INSTALL}")

CERTIFICATES = programs.ROOT / "Tests/AMAPIServer/certificates"
REPLY = json.dumps({"status": "success", "type": "12", "short_token": "short", "long_token": "long"})
FORM = {"apikey": "key", "email": "user@example.com"}
HEADERS = {"Authorization": "Bearer short", "Accept": "application/json"}
PATH = "/api/amapi/GetClient"
IN_FLIGHT = 16
#: Requests that each client makes first, so that none pays for its connections: so many for each in flight.
WARM_UP = 10
#: A read and a change of an account each, because commands on one account wait for one another.
READ = b'{"cmd":18,"data":{"email":"user%d@example.com"}}\n'
CHANGE = b'{"cmd":22,"data":{"email":"user%d@example.com"}}\n'
BURST = 2000

Client = Callable[[str, str, float], float]


class Nginx:
    """nginx on two free ports of the loopback interface, until the with-block ends."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> "Nginx":
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        http, https = free_port(), free_port()
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{
              access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; {temporary}
              default_type application/json;
              server {{
                listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
                ssl_certificate {CERTIFICATES}/server.pem; ssl_certificate_key {CERTIFICATES}/server.pem;
                location / {{ return 200 '{REPLY}'; }}
              }}
            }}""")
        # What is wrong with a configuration goes there, not to the error log.
        with open(folder / "stderr", "w") as errors:
            command = [self._path, "-p", str(folder), "-c", str(folder / "nginx.conf")]
            self._process = subprocess.Popen(command, stderr=errors)
        self.urls = {"HTTP": f"http://127.0.0.1:{http}", "HTTPS": f"https://127.0.0.1:{https}"}
        deadline = time.monotonic() + 10
        try:
            while not (listens(http) and listens(https)):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise Wrong(f"nginx did not start; its last words: {(folder / 'stderr').read_text()[-300:]!r}")
                time.sleep(0.01)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def bridge(pattern: bytes, in_flight: int) -> Client:
    """ovs-bridge, logged in, driven by a parent that counts the answers."""
    lines = [pattern % number for number in range(BURST)]
    burst = b"".join(lines)
    program = programs.of_bridge("ovs-bridge over HTTP", programs.STATIC, lines[0])
    login = b'{"cmd":10,"data":{"api_key":"key"}}\n{"cmd":1000,"data":{"email":"user@example.com","password":"p"}}\n'

    def run(url: str, ca: str, seconds: float) -> float:
        command = [*program.command, "--api-domain", url, "--ca-file", ca, "--max-connections", str(in_flight)]
        count, answers = 0, []
        with Child(replace(program, command=command, setup=login, setup_answers=2)) as child:
            child.exchange(b"".join(lines[: WARM_UP * in_flight]), WARM_UP * in_flight)
            start = time.perf_counter()
            while time.perf_counter() - start < seconds:
                if in_flight == 1:
                    answers += [child.ask(lines[count % BURST])]
                    count += 1
                else:
                    answers += [child.exchange(burst, BURST)[1]]
                    count += BURST
            rate = count / (time.perf_counter() - start)
            child.end()
        check(program.name, b"".join(answers), program.marker, count)
        return rate

    return run


def side_by_side(in_flight: int, call: Callable[[], object], seconds: float) -> int:
    """Makes calls from so many threads for a while; how many were made."""
    end = time.perf_counter() + seconds

    def work(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            call()
            count += 1
        return count

    if in_flight == 1:
        return work(0)
    with ThreadPoolExecutor(in_flight) as threads:
        return sum(threads.map(work, range(in_flight)))


def requests_session(in_flight: int) -> Client:
    def run(url: str, ca: str, seconds: float) -> float:
        with requests.Session() as session:
            session.mount(url, requests.adapters.HTTPAdapter(pool_maxsize=in_flight))

            def call() -> None:
                reply = session.post(url + PATH, data=FORM, headers=HEADERS, verify=ca)
                reply.raise_for_status()
                reply.json()

            side_by_side(in_flight, call, seconds / 10)
            start = time.perf_counter()
            count = side_by_side(in_flight, call, seconds)
            return count / (time.perf_counter() - start)

    return apart(run)


def aiohttp_session(in_flight: int) -> Client:
    async def measure(url: str, ca: str, seconds: float) -> float:
        context = ssl.create_default_context(cafile=ca)
        connector = aiohttp.TCPConnector(limit=in_flight, ssl=context)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS, raise_for_status=True) as session:

            async def call() -> None:
                async with session.post(url + PATH, data=FORM) as reply:
                    await reply.json()

            async def work() -> int:
                count = 0
                while time.perf_counter() < end:
                    await call()
                    count += 1
                return count

            await asyncio.gather(*(call() for _ in range(WARM_UP * in_flight)))
            start = time.perf_counter()
            end = start + seconds
            count = sum(await asyncio.gather(*(work() for _ in range(in_flight))))
            return count / (time.perf_counter() - start)

    return apart(lambda url, ca, seconds: asyncio.run(measure(url, ca, seconds)))


def curl_a_call(path: str, in_flight: int) -> Client:
    form = "&".join(f"{name}={value}" for name, value in FORM.items())
    headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]

    def run(url: str, ca: str, seconds: float) -> float:
        command = [path, "-s", "--fail", "--cacert", ca, "-d", form, *headers, url + PATH]

        def call() -> None:
            status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
            if status:
                raise Wrong(f"curl ended with status {status}")

        start = time.perf_counter()
        count = side_by_side(in_flight, call, seconds)
        return count / (time.perf_counter() - start)

    return run


def apart(client: Client) -> Client:
    """A Python client in a process of its own, so that none is warm, or slow, because of another."""
    context = multiprocessing.get_context("fork")

    def run(url: str, ca: str, seconds: float) -> float:
        mine, theirs = context.Pipe(duplex=False)

        def work() -> None:
            # Ctrl-C is for the parent, which ends this.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                theirs.send(client(url, ca, seconds))
            except Exception as error:
                theirs.send(f"{type(error).__name__}: {error}")

        process = context.Process(target=work, daemon=True)
        process.start()
        theirs.close()
        try:
            if not mine.poll(seconds + 30):
                raise Wrong("a Python client did not come back within 30 s")
            with contextlib.suppress(EOFError):
                rate = mine.recv()
                if isinstance(rate, float):
                    return rate
                raise Wrong(f"a Python client failed; {rate}")
            raise Wrong("a Python client ended without a word")
        finally:
            process.kill()
            process.join()
            mine.close()

    return run


class HTTPPeers:
    """Measures all clients once a round."""

    def __init__(self, quick: bool) -> None:
        self._seconds = 0.1 if quick else 1.0
        self._nginx = programs.needed("nginx", "apt-get install nginx-light")
        curl = programs.needed("curl", "apt-get install curl")
        self._clients: Dict[Tuple[int, str], Client] = {}
        for in_flight in (1, IN_FLIGHT):
            self._clients[in_flight, "ovs-bridge, a read"] = bridge(READ, in_flight)
            self._clients[in_flight, "ovs-bridge, a change"] = bridge(CHANGE, in_flight)
            self._clients[in_flight, "aiohttp"] = aiohttp_session(in_flight)
            threads = "" if in_flight == 1 else ", threads"
            self._clients[in_flight, f"requests.Session{threads}"] = requests_session(in_flight)
            self._clients[in_flight, "curl, a process a call"] = curl_a_call(curl, in_flight)
        # Only where there is a proxy, because requests looks longer at what is excepted from none.
        if urllib.request.getproxies():
            os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
        self.figures = Figures()

    def run(self) -> None:
        """A round."""
        with Nginx(self._nginx) as nginx:
            for scheme, url in nginx.urls.items():
                for (in_flight, name), client in self._clients.items():
                    rate = client(url, str(CERTIFICATES / "ca.pem"), self._seconds)
                    self.figures.add((scheme, in_flight, name), rate)

    def report(self) -> str:
        """The table."""
        rows: List[List[object]] = []
        for scheme in ("HTTP", "HTTPS"):
            for in_flight, name in self._clients:
                key = (scheme, in_flight, name)
                rows.append(
                    [
                        f"{scheme}, {in_flight} in flight: {name}",
                        number(self.figures.median(key)),
                        self.figures.spread(key),
                        number(self.figures.ratio(key, (scheme, in_flight, "aiohttp")), 2),
                        number(self.figures.ratio(key, (scheme, 1, "requests.Session")), 2),
                    ]
                )
        text = (
            "## Requests to a local nginx\n\n"
            "All send the same POST over kept connections, as many as are in flight; curl has a new one a call.\n"
            "Beside aiohttp with as many in flight, and beside requests.Session one at a time. Rounds: the lowest and\n"
            "the highest.\n\n"
        )
        heads = ["client", "requests/s", "rounds", "× aiohttp", "× Session"]
        return text + table(heads, rows)

    def goals(self) -> List[Goal]:
        goals = []
        for in_flight, peer in ((IN_FLIGHT, "aiohttp"), (1, "requests.Session")):
            for scheme in ("HTTP", "HTTPS"):
                for kind in ("read", "change"):
                    key = (scheme, in_flight, f"ovs-bridge, a {kind}")
                    words = f"{scheme}, {in_flight} in flight, a {kind}, of {peer}'s"
                    goals.append(self.figures.goal(words, 4, key, (scheme, in_flight, peer), at_most=False))
        return goals
