/** What the tests share: limits on every wait, processes that end with their test, the golden transcripts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Bridge } from '../ovs-bridge.mjs';

export const clientFolder = fileURLToPath(new URL('..', import.meta.url));
const testsFolder = path.resolve(clientFolder, '../../Tests');

/** Waits for a promise, but not for ever. */
export async function within(promise, what, milliseconds = 20_000) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until a process has ended, and is reaped if this one has to. */
export async function isGone(pid) {
  const isThere = () => {
    try {
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return state !== 'Z' || Number(parent) === process.pid;
    } catch {
      return false;
    }
  };
  const gone = async () => {
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await within(gone(), `the end of process ${pid}`);
}

/** A bridge that has ended, and is gone, when its test has. */
export function startBridge(t, { options = [], ...settings } = {}) {
  const bridge = new Bridge({ onLog: () => {}, options, ...settings });
  t.after(async () => {
    await within(bridge.close(), 'closing');
    await isGone(bridge.pid);
  });
  return bridge;
}

/** What a promise is rejected with. */
export async function rejection(promise, what = 'a rejection') {
  const value = await within(promise.then((result) => ({ result }), (error) => ({ error })), what);
  assert.ok('error' in value, `${what}: there was none, but ${JSON.stringify(value.result)}`);
  return value.error;
}

/** A folder of the test's own. */
export function scratchFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovs-bridge-node-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A program that is a shell script. */
export function script(t, body) {
  const file = path.join(scratchFolder(t), 'script');
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Node with a script, until its end: its status, and what it wrote. */
export class NodeProcess {
  constructor(t, args, { env = {}, cwd } = {}) {
    this.stdout = '';
    this.stderr = '';
    const stdio = ['ignore', 'pipe', 'pipe'];
    this.child = spawn(process.execPath, args, { env: { ...process.env, ...env }, cwd, stdio });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.closed = once(this.child, 'close');
    t.after(() => this.child.kill('SIGKILL'));
  }

  /** Waits for something on stderr. */
  async saying(text) {
    const said = async () => {
      while (!this.stderr.includes(text)) await once(this.child.stderr, 'data');
    };
    await within(said(), `"${text}" on stderr`);
  }

  async ended() {
    const [code, signal] = await within(this.closed, `the end of ${this.child.spawnargs.slice(1, 3).join(' ')}`);
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }
}

/** The service's test server, which is told what to do by a line and answers by one. */
export class AMAPIServer {
  static async start(t, ...options) {
    const server = new AMAPIServer();
    server.child = spawn('python3', [path.join(testsFolder, 'AMAPIServer/amapi_server.py'), ...options], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(async () => {
      server.child.stdin.end();
      await within(once(server.child, 'close'), 'the end of the test server');
    });
    server.lines = createInterface({ input: server.child.stdout })[Symbol.asyncIterator]();
    server.address = `http://127.0.0.1:${(await server.answer()).http}`;
    return server;
  }

  async answer() {
    const { value } = await within(this.lines.next(), "the test server's answer", 40_000);
    return JSON.parse(value);
  }

  async ask(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = await this.answer();
    assert.ok(answer.ok, `the test server refused ${JSON.stringify(command)}: ${answer.error}`);
    return answer;
  }
}

/** The golden transcripts: Tests/Transcripts/README.md tells their form. */
export const transcripts = readdirSync(path.join(testsFolder, 'Transcripts'))
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .map((name) => {
    const transcript = { name, options: [], exchanges: [] };
    for (const line of readFileSync(path.join(testsFolder, 'Transcripts', name), 'utf8').split('\n')) {
      const text = line.slice(2);
      const last = transcript.exchanges.at(-1);
      if (line.startsWith('$ ')) transcript.options = text.split(' ');
      else if (line.startsWith('< ')) last.expected.push(text);
      else if (line.startsWith('> ') && last?.expected.length === 0) last.sent.push(text);
      else if (line.startsWith('> ')) transcript.exchanges.push({ sent: [text], expected: [] });
      else assert.match(line, /^(#.*)?$/, `${name} has an unknown line`);
    }
    return transcript;
  });

/** What the placeholders of a transcript over the sandbox stand for so far. */
export class Bindings {
  #values = new Map([
    ['backend', 'sandbox'],
    ['api_domain', 'null'],
  ]);

  filled(text) {
    return text.replace(/<<(\w+)>>/g, (placeholder, name) => this.#values.get(name) ?? placeholder);
  }

  /** Whether a text is what is expected; binds the names that are new. */
  match(text, expected) {
    const names = [];
    const pattern = this.filled(expected).split(/<<(\w+|\*)>>/).map((part, index) => {
      if (index % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      const seen = names.indexOf(part);
      if (part !== '*' && seen !== -1) return `\\${seen + 1}`;
      names.push(part);
      return '((?:[^"\\\\]|\\\\.)+?)';
    });
    const found = new RegExp(`^${pattern.join('')}$`, 'su').exec(text);
    names.forEach((name, index) => {
      if (found && name !== '*') this.#values.set(name, found[index + 1]);
    });
    return found !== null;
  }
}
