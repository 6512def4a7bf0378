// The loop that people write: a line in, JSON parsed, a line out. A peer for the bridge.
import { createInterface } from 'node:readline'

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify({ id: JSON.parse(line).id, result: null }) + '\n')
}
