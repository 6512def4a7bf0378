"""The second table: requests to a service, beside what people would use instead.

nginx answers every request with the same words, so that the clients are what is measured. All send the same POST over
kept connections; only curl, a process a call, has a new one each time.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import ssl
import subprocess
import tempfile
import time
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
    fail(f"{missing.name} is missing; python3 -m pip install -r Tests/Benchmarks/requirements.txt")

CERTIFICATES = programs.ROOT / "Tests/AMAPIServer/certificates"
REPLY = json.dumps({"status": "success", "type": "12", "short_token": "short", "long_token": "long"})
FORM = {"apikey": "key", "email": "user@example.com"}
HEADERS = {"Authorization": "Bearer short", "Accept": "application/json"}
PATH = "/api/amapi/GetClient"
IN_FLIGHT = 16
#: A read and a change of an account each, because commands on one account wait for one another.
READ = b'{"cmd":18,"data":{"email":"user%d@example.com"}}\n'
CHANGE = b'{"cmd":22,"data":{"email":"user%d@example.com"}}\n'
BURST = 2000

Client = Callable[[str, str, float], float]


class Nginx:
    """nginx on two free ports of the loopback interface, until the with-block ends."""

    def __enter__(self) -> "Nginx":
        nginx = programs.needed("nginx", "Debian, Ubuntu: apt-get install nginx-light")
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
        self._process = subprocess.Popen(
            [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
        )
        self.urls = {"HTTP": f"http://127.0.0.1:{http}", "HTTPS": f"https://127.0.0.1:{https}"}
        deadline = time.monotonic() + 10
        while not listens(http):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise Wrong("nginx did not start within 10 s")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
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
    program = programs.of_bridge("ovs-bridge over HTTP", programs.STATIC, lines[0])
    login = b'{"cmd":10,"data":{"api_key":"key"}}\n{"cmd":1000,"data":{"email":"user@example.com","password":"p"}}\n'

    def run(url: str, ca: str, seconds: float) -> float:
        command = [*program.command, "--api-domain", url, "--ca-file", ca]
        count, answers = 0, []
        with Child(replace(program, command=command, setup=login, setup_answers=2)) as child:
            child.exchange(b"".join(lines[: 10 * in_flight]), 10 * in_flight)
            start = time.perf_counter()
            while time.perf_counter() - start < seconds:
                if in_flight == 1:
                    answers += [child.ask(lines[count % BURST])]
                    count += 1
                else:
                    answers += [child.exchange(b"".join(lines), BURST)[1]]
                    count += BURST
            rate = count / (time.perf_counter() - start)
            child.end()
        check(program.name, b"".join(answers), program.marker, count)
        return rate

    return run


def requests_session(url: str, ca: str, seconds: float) -> float:
    with requests.Session() as session:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            session.post(url + PATH, data=FORM, headers=HEADERS, verify=ca).json()
            count += 1
        return count / (time.perf_counter() - start)


def aiohttp_session(in_flight: int) -> Client:
    async def measure(url: str, ca: str, seconds: float) -> float:
        context = ssl.create_default_context(cafile=ca)
        connector = aiohttp.TCPConnector(limit=in_flight, ssl=context)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
            count = 0
            start = time.perf_counter()

            async def work() -> None:
                nonlocal count
                while time.perf_counter() - start < seconds:
                    async with session.post(url + PATH, data=FORM) as reply:
                        await reply.json()
                    count += 1

            await asyncio.gather(*(work() for _ in range(in_flight)))
            return count / (time.perf_counter() - start)

    return lambda url, ca, seconds: asyncio.run(measure(url, ca, seconds))


def curl_a_call(url: str, ca: str, seconds: float) -> float:
    form = "&".join(f"{name}={value}" for name, value in FORM.items())
    command = [programs.needed("curl", "Debian, Ubuntu: apt-get install curl"), "-s", "--cacert", ca, "-d", form]
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        subprocess.run([*command, url + PATH], check=True, stdout=subprocess.DEVNULL)
        count += 1
    return count / (time.perf_counter() - start)


def apart(client: Client) -> Client:
    """A Python client in a process of its own, so that none is warm, or slow, because of another."""

    def run(url: str, ca: str, seconds: float) -> float:
        context = multiprocessing.get_context("fork")
        mine, theirs = context.Pipe()
        process = context.Process(target=lambda: theirs.send(client(url, ca, seconds)))
        process.start()
        if not mine.poll(seconds + 30):
            process.kill()
            raise Wrong("a Python client did not come back")
        rate = float(mine.recv())
        process.join()
        return rate

    return run


class HTTPPeers:
    """Measures all clients once a round."""

    def __init__(self, quick: bool) -> None:
        self._seconds = 0.1 if quick else 0.7
        self._clients: Dict[Tuple[int, str], Client] = {
            (1, "ovs-bridge, a read"): bridge(READ, 1),
            (1, "ovs-bridge, a change"): bridge(CHANGE, 1),
            (1, "requests.Session"): apart(requests_session),
            (1, "aiohttp"): apart(aiohttp_session(1)),
            (1, "curl, a process a call"): curl_a_call,
            (IN_FLIGHT, "ovs-bridge, a read"): bridge(READ, IN_FLIGHT),
            (IN_FLIGHT, "ovs-bridge, a change"): bridge(CHANGE, IN_FLIGHT),
            (IN_FLIGHT, "aiohttp"): apart(aiohttp_session(IN_FLIGHT)),
        }
        self.figures = Figures()

    def run(self) -> None:
        """A round."""
        with Nginx() as nginx:
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
                against_requests = self.figures.ratio(key, (scheme, 1, "requests.Session")) if in_flight == 1 else None
                rows.append(
                    [
                        f"{scheme}, {in_flight} in flight: {name}",
                        number(self.figures.median(key)),
                        number(self.figures.ratio(key, (scheme, in_flight, "aiohttp")), 2),
                        number(against_requests, 2),
                    ]
                )
        return table(["requests to nginx", "requests/s", "× aiohttp", "× requests.Session"], rows)

    def goals(self) -> List[Goal]:
        goals = []
        for in_flight, peer in ((IN_FLIGHT, "aiohttp"), (1, "requests.Session")):
            for scheme in ("HTTP", "HTTPS"):
                for kind in ("read", "change"):
                    key = (scheme, in_flight, f"ovs-bridge, a {kind}")
                    ratio = self.figures.ratio(key, (scheme, in_flight, peer))
                    goals.append(Goal(f"{scheme}, {in_flight} in flight, a {kind}, of {peer}'s", 4, ratio, False))
        return goals
