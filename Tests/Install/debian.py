"""A bare Debian 12 in a folder, to change its root to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Dict, List, Optional, Type

from mirror import mirror

RELEASE = "bookworm"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
#: How long making it, or installing something, may take, in seconds.
_INSTALL_LIMIT = 600
#: How long anything else in it may take, in seconds.
_RUN_LIMIT = 60


class Impossible(Exception):
    """Why there can be none on this machine, in words for people."""


class Failed(Exception):
    """What went wrong, in words for people."""


class Debian:
    """What debootstrap makes of its fewest packages, from the mirror of this machine's own apt; gone at the end."""

    def __init__(self, parent: Path) -> None:
        self._mirror = _mirror()
        # The packages are kept beside it, for the next time.
        self._packages = parent.resolve() / "debian-packages"
        self._packages.mkdir(parents=True, exist_ok=True)
        self.root = Path(tempfile.mkdtemp(prefix="install-", dir=parent))

    def __enter__(self) -> "Debian":
        try:
            cache = f"--cache-dir={self._packages}"
            command = ["debootstrap", "--variant=minbase", cache, RELEASE, str(self.root), self._mirror]
            _must(command, dict(os.environ), _INSTALL_LIMIT)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._remove()

    def run(
        self, command: List[str], text: str = "", environment: Optional[Dict[str, str]] = None
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a program in it, with nothing of this machine's environment."""
        return subprocess.run(
            ["chroot", str(self.root), *command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={"PATH": _PATH, **(environment or {})},
            timeout=_RUN_LIMIT,
        )

    def install(self, *packages: str) -> None:
        """Has its own apt install packages, and nothing that is but recommended."""
        # Where the way to the mirror is over a proxy, the environment may be what says so.
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        environment = {"PATH": _PATH, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", **proxies}
        options: List[str] = []
        bundle = self.root / "mirror-ca.crt"
        if self._mirror.startswith("https:"):
            # It has no CAs of its own yet, and shall not get any by this.
            shutil.copyfile(_CA_BUNDLE, bundle)
            options = ["-o", f"Acquire::https::CAInfo=/{bundle.name}"]
        apt = ["chroot", str(self.root), "apt-get", "-q", *options]
        _must([*apt, "update"], environment, _INSTALL_LIMIT)
        _must([*apt, "install", "-y", "--no-install-recommends", *packages], environment, _INSTALL_LIMIT)
        bundle.unlink(missing_ok=True)

    def mount_proc(self) -> None:
        """As any system that was started has it; debootstrap leaves it unmounted."""
        _must(["mount", "-t", "proc", "proc", str(self.root / "proc")], dict(os.environ), _RUN_LIMIT)

    def _remove(self) -> None:
        # debootstrap, too, mounts /proc and /sys in it for a while; one that is killed leaves them there.
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            inside = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{self.root}/")]
        for folder in reversed(inside):
            subprocess.run(["umount", folder], check=True)
        shutil.rmtree(self.root)


def _mirror() -> str:
    """This machine's mirror, if all else is there as well."""
    release = _os_release()
    if release.get("ID") != "debian":
        raise Impossible("this machine is no Debian, whose mirror would be used")
    if os.geteuid() != 0:
        raise Impossible("only root may change its root directory")
    if shutil.which("debootstrap") is None:
        raise Impossible("there is no debootstrap; apt-get install debootstrap")
    found = mirror(Path("/etc/apt"), release.get("VERSION_CODENAME", RELEASE))
    if found is None:
        raise Impossible("no mirror of Debian over HTTP stands in /etc/apt/sources.list or the files beside it")
    # What root may do can be less in a container: to make devices, to change the root directory, to mount.
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.mknod(f"{folder}/null", 0o20666, os.makedev(1, 3))
        except OSError as error:
            raise Impossible(f"no device can be made here: {error.strerror}") from None
    for command in (["chroot", "/", "true"], ["unshare", "--mount", "true"]):
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            raise Impossible(f"root can't do this here: {' '.join(command)}")
    return found


def _os_release() -> Dict[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def _must(command: List[str], environment: Dict[str, str], limit: float) -> None:
    """Runs what has to succeed; its words are told if it doesn't. None of its own processes outlives it."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        last = "\n".join(output.splitlines()[-20:])
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}:\n{last}")
