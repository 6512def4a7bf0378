"""The loop that people write: a line in, JSON parsed, a line out, flushed. A peer for the bridge."""

import json
import sys

for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "result": None}), flush=True)
