"""Installs the static program in a bare Debian 12, without Swift, and uses it there as its first user would.

    apt-get install debootstrap
    python3 Tests/Install

It builds the program, makes a Debian of the fewest packages in a folder under .build, from the mirror that this
machine's apt is configured for, copies the program in, and changes the root directory to run it there: by itself; on
the sandbox; on a real service without libcurl, which must say what to install; and, once all is installed that the
doctor asks for, over TLS, on the test server of Tests/AMAPIServer. Then it removes the folder. It takes a minute, and a
mirror that can be reached.

The exit status is 1 if anything isn't as it should be, and 77 where it can't be tried: it takes root and a Debian.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Dict, List, Optional

import neighbours
from debian import Debian, Failed, Impossible
from server_under_test import ServerUnderTest

#: What automake takes for "skipped".
_SKIPPED = 77
_PROGRAM = "/usr/local/bin/ovs-bridge"
_BUILD = "swift build -c release --static-swift-stdlib --scratch-path .build/static --product ovs-bridge"
#: What the program may need of the system: the C library, and what the Swift runtime is written in. The package
#: manager of every Debian needs all of them, too.
_LIBRARIES = {"linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6"}
_LOADER = re.compile(r"ld-linux[-\w]*\.so\.\d")
_QUICKSTART = (neighbours.ROOT / "clients/quickstart.ndjson").read_text(encoding="utf-8")
_CLOSE = '{"cmd":"OVS_CMD_CLOSE_CLIENT","data":{"email":"ann@example.com"}}\n'
_CA = neighbours.TESTS / "AMAPIServer/certificates/ca.pem"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 Tests/Install", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bridge", metavar="PATH", type=Path, help="a static program that is built already")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        debian = Debian(neighbours.ROOT / ".build")
    except Impossible as reason:
        print(f"install: skipped: {reason}", file=sys.stderr)
        return _SKIPPED
    try:
        with debian:
            _try_out(options.bridge or _build(), debian)
    except (Failed, subprocess.TimeoutExpired) as failure:
        print(f"install: {failure}", file=sys.stderr)
        return 1
    return 0


def _end(number: int, _: Optional[FrameType]) -> None:
    """So that the folder is removed."""
    sys.exit(128 + number)


def _build() -> Path:
    if subprocess.run(_BUILD.split(), cwd=neighbours.ROOT, stdout=sys.stderr).returncode != 0:
        raise Failed(f"{_BUILD} failed")
    return neighbours.ROOT / ".build/static/release/ovs-bridge"


def _try_out(program: Path, debian: Debian) -> None:
    installed = debian.root / _PROGRAM[1:]
    shutil.copyfile(program, installed)
    installed.chmod(0o755)

    print(f"needs {', '.join(_needs(debian))}")
    unread = debian.run([_PROGRAM, "--version"])
    if (unread.returncode, unread.stdout) != (71, "") or "/proc" not in unread.stderr:
        raise Failed(f"where its options can't be read, it ended with status {unread.returncode}: {unread.stderr}")
    print(f"says without /proc: {unread.stderr.strip()}")

    debian.mount_proc()
    version = _printed(debian, "--version")
    if not re.fullmatch(r"ovs-bridge \d+\.\d+\.\d+ \((commit [0-9a-f]{12,}\+?, )?protocol \d+\)\n", version):
        raise Failed(f"--version says {version!r}")
    print(f"is {version.strip()}")
    if not _printed(debian, "--help").startswith("Usage: ovs-bridge "):
        raise Failed("--help doesn't begin with the usage")
    _converse(debian, [])
    print("carries out the quickstart on the sandbox")

    # A name that nobody has (RFC 2606).
    answer = _refusal(debian, ["--api-domain", "service.invalid"])
    if "libcurl can't be loaded" not in answer["message"] or "apt-get install libcurl4" not in answer["message"]:
        raise Failed(f"without libcurl it says {answer}")
    print(f"says without libcurl: {answer['message']}")
    # What the doctor has its first user do, one thing after the other.
    for package in ["libcurl4", "ca-certificates"]:
        _diagnose(debian, ["--api-domain", "service.invalid"], 1, f"apt-get install {package}")
        debian.install(package)
        print(f"has {package} installed, as the doctor says")
    shutil.copyfile(_CA, debian.root / "ca.pem")
    server = ServerUnderTest()
    try:
        domain = ["--api-domain", f"127.0.0.1:{server.https}"]
        answer = _refusal(debian, domain)
        if "certificate" not in answer["message"]:
            raise Failed(f"a certificate of a CA that the system doesn't know is answered {answer}")
        _converse(debian, [*domain, "--ca-file", "/ca.pem"])
        print("carries out the quickstart over TLS, by --ca-file")
        server.control("reset")
        # As an administrator makes a CA known.
        shutil.copyfile(_CA, debian.root / "usr/local/share/ca-certificates/test.crt")
        made_known = debian.run(["update-ca-certificates"])
        if made_known.returncode != 0:
            raise Failed(f"update-ca-certificates says {made_known.stderr}")
        _converse(debian, domain)
        print("carries out the quickstart over TLS, by the system's CAs")
        _diagnose(debian, domain, 0, "the service's certificate is trusted")
        print("has a doctor that finds no problem then")
    finally:
        server.stop()


def _needs(debian: Debian) -> List[str]:
    """The libraries that it needs there."""
    told = debian.run(["ldd", _PROGRAM])
    names = [line.split()[0] for line in told.stdout.splitlines()]
    wrong = [n for n in names if n not in _LIBRARIES and not _LOADER.fullmatch(Path(n).name)]
    if told.returncode != 0 or told.stderr or "not found" in told.stdout or wrong or "libc.so.6" not in names:
        raise Failed(f"ldd says, where only {', '.join(sorted(_LIBRARIES))} may stand: {told.stdout}{told.stderr}")
    return names


def _printed(debian: Debian, option: str) -> str:
    """What an option prints."""
    done = debian.run([_PROGRAM, option])
    if done.returncode != 0 or done.stderr:
        raise Failed(f"{option} ended with status {done.returncode} and said {done.stderr or 'nothing'}")
    return done.stdout


def _answers(debian: Debian, options: List[str], text: str) -> List[Dict[str, Any]]:
    """All that it says to some lines."""
    done = debian.run([_PROGRAM, *options], text, {"OVS_API_KEY": "key"})
    if done.returncode != 0:
        raise Failed(f"ovs-bridge {' '.join(options)} ended with status {done.returncode} and said {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _converse(debian: Debian, options: List[str]) -> None:
    """The quickstart's conversation, all of which has to succeed."""
    answers = _answers(debian, options, _QUICKSTART)
    refused = [answer for answer in answers if answer["error"] != 0]
    if refused:
        raise Failed(f"ovs-bridge {' '.join(options)} refuses {refused[0]}")
    asked = [json.loads(line)["id"] for line in _QUICKSTART.splitlines()]
    answered = [answer["id"] for answer in answers if "id" in answer]
    if answered != asked:
        raise Failed(f"ovs-bridge {' '.join(options)} was asked {asked} and answered {answered}")


def _diagnose(debian: Debian, options: List[str], status: int, words: str) -> None:
    """What the doctor finds, by its exit status and some of its words."""
    done = debian.run([_PROGRAM, "doctor", *options])
    if done.returncode != status or done.stderr or words not in done.stdout:
        raise Failed(
            f"the doctor should end with status {status} and say {words!r}; "
            f"it ended with {done.returncode} and said {done.stdout}{done.stderr}"
        )


def _refusal(debian: Debian, options: List[str]) -> Dict[str, Any]:
    """The one answer to a change that can't have been sent."""
    answers = _answers(debian, options, _CLOSE)
    if len(answers) != 1 or (answers[0]["error_name"], answers[0].get("details")) != (
        "OVS_ERR_NETWORK",
        {"outcome": "not_sent"},
    ):
        raise Failed(f"ovs-bridge {' '.join(options)} should answer once that nothing was sent: {answers}")
    return answers[0]


if __name__ == "__main__":
    sys.exit(main())
