"""A bridge that does everything wrong, for the soak to find it: ovs-bridge, with something in between.

bad_bridge.py PROGRAM SIN[,SIN…] OPTIONS…
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import BinaryIO

#: How often it sins: every so many lines.
RATE = 40
LEAK_BYTES = 1 << 18


def main() -> None:
    program, sins, *options = sys.argv[1:]
    pipe = subprocess.PIPE
    bridge = subprocess.Popen([program, *options], stdin=pipe, stdout=pipe)
    # What is to be sent twice is told to a second bridge, too.
    second = subprocess.Popen([program, *options], stdin=pipe, stdout=subprocess.DEVNULL)
    assert bridge.stdin and bridge.stdout and second.stdin
    signal.signal(signal.SIGTERM, lambda *_: bridge.terminate())
    feeding = threading.Thread(target=feed, args=(bridge.stdin, second.stdin, sins), daemon=True)
    feeding.start()
    leaked = []
    for number, line in enumerate(bridge.stdout):
        is_bad = number % RATE == RATE - 1
        if is_bad and "leaks memory" in sins:
            leaked.append(os.urandom(LEAK_BYTES))
        if is_bad and "leaks descriptors" in sins:
            os.dup(0)
        if is_bad and "traps" in sins:
            os.kill(os.getpid(), signal.SIGILL)
        if "denies" in sins:
            line = line.replace(b'"outcome":"unknown"', b'"outcome":"not_sent"')
        if not (is_bad and "loses" in sins):
            sys.stdout.buffer.write(line * (2 if is_bad and "repeats" in sins else 1))
            sys.stdout.buffer.flush()
    # Without Python's own end, which would wait for the thread that reads.
    os._exit(bridge.wait())


def feed(first: BinaryIO, second: BinaryIO, sins: str) -> None:
    for line in sys.stdin.buffer:
        first.write(line)
        first.flush()
        if "sends twice" in sins:
            second.write(line)
            second.flush()
    first.close()
    second.close()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(74)
