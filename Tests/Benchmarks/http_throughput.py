#!/usr/bin/env python3
"""Requests per second against a local nginx with a canned reply, beside what people would use instead.

    python3 Tests/Benchmarks/http_throughput.py [--rounds 5] [--seconds 1]

Needs the release build of ovs-bridge, nginx and curl on the PATH, and requests and aiohttp from PyPI. Every client
sends the same POST over kept-alive HTTP and HTTPS, one at a time and 16 at a time; the rounds are interleaved, so that
a noisy minute of the machine strikes all alike. It prints the medians, and each as a multiple of aiohttp and of
requests in the same run, and can write them as JSON (--json FILE).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import aiohttp
import requests

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATES = ROOT / "Tests/AMAPIServer/certificates"
BRIDGE = ROOT / ".build/release/ovs-bridge"
REPLY = json.dumps({"status": "success", "type": "12", "short_token": "short", "long_token": "long"})
FORM = {"apikey": "key", "email": "user@example.com"}
HEADERS = {"Authorization": "Bearer short", "Accept": "application/json"}
IN_FLIGHT = 16

Run = Callable[[str, float], float]


class Nginx:
    """nginx on two free ports of the loopback interface, until the with-block ends."""

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
        self._process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
        self.urls = {"HTTP": f"http://127.0.0.1:{http}", "HTTPS": f"https://127.0.0.1:{https}"}
        wait_for(self.urls["HTTP"])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            requests.get(url, timeout=1)
            return
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                sys.exit("nginx did not start within 10 s")
            time.sleep(0.01)


class Bridge:
    """ovs-bridge, logged in."""

    def __init__(self, url: str, ca: str) -> None:
        self._process = subprocess.Popen(
            [str(BRIDGE), "--api-domain", url, "--ca-file", ca, "--log-level", "error"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OVS_API_KEY": "key"},
        )
        assert self._process.stdin and self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self.ask(b'{"cmd":1000,"data":{"email":"user@example.com","password":"p"}}\n', 1)

    def ask(self, lines: bytes, count: int) -> None:
        """Sends lines and takes so many answers, which must be successes."""
        writer = threading.Thread(target=self._send, args=(lines,)) if count > 1 else None
        writer.start() if writer else self._send(lines)
        for _ in range(count):
            line = self._output.readline()
            if b'"error":0,' not in line:
                sys.exit(f"the bridge answered {line!r}")
        if writer:
            writer.join()

    def _send(self, lines: bytes) -> None:
        self._input.write(lines)
        self._input.flush()

    def close(self) -> None:
        self._input.close()
        self._process.wait()


def bridge(ca: str, command: Callable[[int], bytes], in_flight: int) -> Run:
    def run(url: str, seconds: float) -> float:
        bridge = Bridge(url, ca)
        burst = 1 if in_flight == 1 else 2000
        lines = b"".join(command(number) for number in range(burst))
        bridge.ask(lines, burst)
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            bridge.ask(lines, burst)
            count += burst
        rate = count / (time.perf_counter() - start)
        bridge.close()
        return rate

    return run


def read(number: int) -> bytes:
    return b'{"cmd":18,"data":{"email":"user%d@example.com"}}\n' % number


def change(number: int) -> bytes:
    return b'{"cmd":22,"data":{"email":"user%d@example.com"}}\n' % number


def requests_session(ca: str) -> Run:
    def run(url: str, seconds: float) -> float:
        with requests.Session() as session:
            session.verify, session.trust_env = ca, False
            count, start = 0, time.perf_counter()
            while time.perf_counter() - start < seconds:
                session.post(url + "/api/amapi/GetClient", data=FORM, headers=HEADERS).json()
                count += 1
            return count / (time.perf_counter() - start)

    return run


def aiohttp_session(ca: str, in_flight: int) -> Run:
    async def measure(url: str, seconds: float) -> float:
        context = ssl.create_default_context(cafile=ca)
        connector = aiohttp.TCPConnector(limit=in_flight, ssl=context)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
            count = 0
            start = time.perf_counter()

            async def work() -> None:
                nonlocal count
                while time.perf_counter() - start < seconds:
                    async with session.post(url + "/api/amapi/GetClient", data=FORM) as reply:
                        await reply.json()
                    count += 1

            await asyncio.gather(*(work() for _ in range(in_flight)))
            return count / (time.perf_counter() - start)

    return lambda url, seconds: asyncio.run(measure(url, seconds))


def curl_a_call(ca: str) -> Run:
    def run(url: str, seconds: float) -> float:
        form = "&".join(f"{name}={value}" for name, value in FORM.items())
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            subprocess.run(
                ["curl", "-s", "--cacert", ca, "-d", form, url + "/api/amapi/GetClient"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            count += 1
        return count / (time.perf_counter() - start)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description="Requests per second, beside peers in the same run.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="a measurement")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not BRIDGE.exists():
        sys.exit("build it first: swift build -c release --static-swift-stdlib")

    ca = str(CERTIFICATES / "ca.pem")
    with Nginx() as nginx:
        clients: Dict[Tuple[int, str], Run] = {
            (1, "ovs-bridge, a read"): bridge(ca, read, 1),
            (1, "ovs-bridge, a change"): bridge(ca, change, 1),
            (1, "requests.Session"): requests_session(ca),
            (1, "aiohttp"): aiohttp_session(ca, 1),
            (1, "curl, one process a call"): curl_a_call(ca),
            (IN_FLIGHT, "ovs-bridge, a read"): bridge(ca, read, IN_FLIGHT),
            (IN_FLIGHT, "ovs-bridge, a change"): bridge(ca, change, IN_FLIGHT),
            (IN_FLIGHT, "aiohttp"): aiohttp_session(ca, IN_FLIGHT),
        }
        figures: Dict[Tuple[str, int, str], List[float]] = {}
        for _ in range(options.rounds):
            for scheme, url in nginx.urls.items():
                for (in_flight, name), run in clients.items():
                    figures.setdefault((scheme, in_flight, name), []).append(run(url, options.seconds))

    medians = {key: statistics.median(values) for key, values in figures.items()}
    print(f"requests per second, medians of {options.rounds} interleaved rounds of {options.seconds:g} s\n")
    print(
        "| | in flight | client | requests/s | × aiohttp | × requests.Session |\n| --- | --- | --- | --- | --- | --- |"
    )
    for (scheme, in_flight, name), rate in medians.items():
        aiohttp_rate = medians[scheme, in_flight, "aiohttp"]
        requests_rate = medians[scheme, 1, "requests.Session"]
        ratio = f"{rate / requests_rate:.1f}" if in_flight == 1 else ""
        print(f"| {scheme} | {in_flight} | {name} | {rate:,.0f} | {rate / aiohttp_rate:.1f} | {ratio} |")
    if options.json:
        rows = [{"scheme": s, "in_flight": i, "client": n, "per_second": r} for (s, i, n), r in medians.items()]
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
