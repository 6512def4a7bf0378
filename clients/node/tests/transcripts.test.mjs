/** The golden transcripts over the sandbox: line by line, and by calls. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineProcess, OVSError } from '../ovs-bridge.mjs';
import { Bindings, isGone, startBridge, transcripts, within } from './support.mjs';

/** Compares by member; what stands for something in a transcript is in a string here. */
function assertMatches(actual, expected, bindings, where) {
  if (typeof expected === 'string' && expected.includes('<<')) {
    assert.ok(bindings.match(`${actual}`, expected), `${where}: expected ${expected}, but was ${actual}`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.deepEqual(Object.keys(actual), Object.keys(expected), where);
    for (const key of Object.keys(expected)) assertMatches(actual[key], expected[key], bindings, `${where}.${key}`);
  } else {
    assert.equal(actual, expected, where);
  }
}

// The others are made of lines that this client never sends.
const byCalls = [
  'account-life-native', 'bad-parameters', 'due-dates', 'needs', 'not-whitelisted', 'refusals', 'seed-samples',
];

describe('transcripts', { concurrency: 4 }, () => {
  it('there are transcripts', () => assert.ok(transcripts.length >= 11));

  for (const { name, options, exchanges } of transcripts) {
    it(`${name} line by line`, async (t) => {
      const said = [];
      let heard = () => {};
      const onLine = (line) => {
        said.push(line);
        heard();
      };
      const bridge = new LineProcess(onLine, { options, onLog: () => {} });
      t.after(() => bridge.kill('SIGKILL'));
      const bindings = new Bindings();
      for (const { sent, expected } of exchanges) {
        for (const line of sent) bridge.write(bindings.filled(line));
        for (const line of expected) {
          if (said.length === 0) await within(new Promise((resolve) => (heard = resolve)), `${name}: ${line}`);
          const answer = said.shift();
          assert.ok(bindings.match(answer, line), `expected ${bindings.filled(line)}\nbut was  ${answer}`);
        }
      }
      assert.deepEqual(await within(bridge.close(), 'closing'), { code: 0, signal: null });
      assert.deepEqual(said, []);
      await isGone(bridge.pid);
    });
  }

  for (const name of byCalls) {
    it(`${name} by calls`, async (t) => {
      const { options, exchanges } = transcripts.find((transcript) => transcript.name === `${name}.txt`);
      const bridge = startBridge(t, { options });
      const events = [];
      bridge.on('event', (event) => events.push(event));
      const bindings = new Bindings();
      let compared = 0;
      for (const { sent, expected } of exchanges) {
        if (sent.some((line) => line.includes('jsonrpc'))) continue;
        const calls = sent.map((line) => JSON.parse(bindings.filled(line)));
        const results = await within(
          Promise.allSettled(calls.map(({ cmd, data, timeout_ms }) => bridge.call(cmd, data, { timeout: timeout_ms }))),
          `${name}: the answers to ${sent}`,
        );
        const notifications = expected.map((line) => {
          return JSON.parse(bindings.filled(line).replace(/:(<<[\w*]+>>)/g, ':"$1"'));
        });
        for (const { notification, name, data } of notifications.filter((line) => line.notification >= 1100)) {
          assertMatches(events.shift(), { notification, name, data }, bindings, name);
        }
        const answers = notifications.filter((line) => line.notification < 1100);
        assert.equal(answers.length, results.length);
        results.forEach(({ status, value, reason }, index) => {
          const sentID = calls[index].id;
          const answer = sentID === undefined ? answers[index] : answers.find((line) => line.id === sentID);
          if (status === 'fulfilled') {
            assertMatches({ error: 0, data: value }, { error: answer.error, data: answer.data }, bindings, sent[index]);
          } else {
            assert.ok(reason instanceof OVSError, `${reason}`);
            const { number, name, message, retryable, details } = reason;
            const actual = { error: number, error_name: name, data: null, message, retryable, details };
            const { notification, name: _, id, ...error } = answer;
            assertMatches(actual, error, bindings, sent[index]);
            assert.equal(reason.command, calls[index].cmd);
          }
          compared++;
        });
        assert.deepEqual(events, []);
      }
      assert.ok(compared >= 9, `${compared} answers compared`);
    });
  }
});
