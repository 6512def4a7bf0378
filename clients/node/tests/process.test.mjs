/** The bridge as a process: finding it, its log, its death, its end. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Bridge, BridgeError, BridgeExitError, BridgeNotFoundError, LineProcess } from '../ovs-bridge.mjs';
import {
  NodeProcess, clientFolder, isGone, rejection, scratchFolder, script, startBridge, within,
} from './support.mjs';

/** Runs a body with other variables in the environment. */
function withEnvironment(variables, body) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  for (const name of Object.keys(variables)) if (variables[name] === undefined) delete process.env[name];
  try {
    return body();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Which program is found, of those that only say where they are. */
async function whereabouts(variables, settings) {
  const bridge = withEnvironment(variables, () => new Bridge(settings));
  const error = await rejection(bridge.getInfo());
  await within(bridge.close(), 'closing');
  return error.message;
}

const sayingItsPath = 'echo "this is $0"';

describe('the process', { concurrency: 4 }, () => {
  it('the program is found by the argument, OVS_BRIDGE, PATH, in this order', async (t) => {
    const [argument, variable] = [script(t, sayingItsPath), script(t, sayingItsPath)];
    const onPath = path.join(path.dirname(script(t, sayingItsPath)), 'ovs-bridge');
    copyFileSync(argument, onPath);
    const all = { OVS_BRIDGE: variable, PATH: `/nowhere:${path.dirname(onPath)}:${process.env.PATH}` };
    assert.match(await whereabouts(all, { program: argument }), new RegExp(`this is ${argument}$`));
    assert.match(await whereabouts(all), new RegExp(`this is ${variable}$`));
    assert.match(await whereabouts({ ...all, OVS_BRIDGE: undefined }), new RegExp(`this is ${onPath}$`));
    assert.match(await whereabouts({ ...all, OVS_BRIDGE: '' }), new RegExp(`this is ${onPath}$`));
  });

  it('then it is the latest build of the package, also by a link; or it is told how to build', async (t) => {
    const folder = scratchFolder(t);
    mkdirSync(path.join(folder, 'package/clients/node'), { recursive: true });
    const file = path.join(folder, 'package/clients/node/ovs-bridge.mjs');
    copyFileSync(path.join(clientFolder, 'ovs-bridge.mjs'), file);
    const link = path.join(folder, 'linked.mjs');
    symlinkSync(file, link);
    const program = `import { Bridge } from ${JSON.stringify(`${pathToFileURL(link)}`)};
      try { await new Bridge().getInfo(); } catch (error) { console.log(error.name, error.message); }`;
    const said = async () => {
      const env = { PATH: '/nowhere', OVS_BRIDGE: '' };
      const args = ['--input-type=module', '--preserve-symlinks', '-e', program];
      return (await new NodeProcess(t, args, { env }).ended()).stdout;
    };
    const nothingFound = /^BridgeNotFoundError there is no ovs-bridge.*swift build -c release.*PATH.*OVS_BRIDGE/;
    assert.match(await said(), nothingFound);
    for (const [time, build] of ['release', 'debug', 'release'].entries()) {
      const found = path.join(folder, 'package/.build', build, 'ovs-bridge');
      mkdirSync(path.dirname(found), { recursive: true });
      copyFileSync(script(t, sayingItsPath), found);
      utimesSync(found, 2e9, 2e9 + time);
      // Only in the package itself: a copy in another project takes no build that happens to lie there.
      rmSync(path.join(folder, 'package/Package.swift'), { force: true });
      assert.match(await said(), nothingFound);
      writeFileSync(path.join(folder, 'package/Package.swift'), '');
      assert.match(await said(), new RegExp(`this is ${found}\n`));
    }
  });

  it('what the constructor does not know is not ignored', () => {
    const misspelt = { option: ['--sandbox-now', '2026-01-31'] };
    assert.throws(() => new Bridge(misspelt), /^TypeError: new Bridge\(\) takes an object of program, .*; not option$/);
    assert.throws(() => new Bridge('/program'), /; not \/program$/);
    assert.throws(() => new Bridge({ options: '--sandbox-now 2026-01-31' }), /"options" are an array of strings/);
  });

  it('what is named and can not be executed is an error that says where it came from', (t) => {
    const file = path.join(scratchFolder(t), 'plain');
    writeFileSync(file, '');
    for (const named of [file, path.dirname(file), `${file}-not`]) {
      const isNamed = (origin) => (error) => {
        assert.ok(error instanceof BridgeNotFoundError && error instanceof BridgeError);
        assert.ok(error.message.includes(named) && error.message.includes(origin), error.message);
        return true;
      };
      assert.throws(() => new Bridge({ program: named }), isNamed('argument'));
      assert.throws(() => withEnvironment({ OVS_BRIDGE: named }, () => new Bridge()), isNamed('OVS_BRIDGE'));
    }
  });

  it('a program that can not be executed fails all calls', async (t) => {
    const program = script(t, '');
    writeFileSync(program, '#!/nowhere/at/all\n');
    const bridge = new Bridge({ program });
    for (let count = 0; count < 2; count++) {
      const error = await rejection(bridge.getInfo());
      assert.ok(error instanceof BridgeError);
      assert.match(error.message, /can't be started: .*ENOENT/);
      assert.equal(error.cause.code, 'ENOENT');
    }
    assert.equal(bridge.pid, undefined);
    assert.deepEqual(await within(bridge.close(), 'closing'), { code: null, signal: null });
  });

  it('a program that talks nonsense is ended, and its words are shown', async (t) => {
    for (const [program, words] of [
      [script(t, 'exec cat'), '{"id":1,"cmd":"OVS_CMD_GET_INFO"}'],
      [script(t, 'echo "Hello, world"; exec cat'), 'Hello, world'],
      [script(t, `echo '{"notification":1006,"name":"OVS_NOTIFY_GET_INFO","error":0,"id":5}'; exec cat`), '"id":5}'],
      [script(t, `echo '{"notification":0,"name":"OVS_NOTIFY_ERROR","error":2}'; exec cat`), '"error":2}'],
      [script(t, 'echo null; exec cat'), 'null'],
    ]) {
      const bridge = new Bridge({ program });
      const errors = await Promise.all([rejection(bridge.getInfo()), rejection(bridge.getSession())]);
      for (const error of [...errors, await rejection(bridge.logout())]) {
        assert.equal(error.name, 'BridgeError');
        assert.ok(error.message.includes(words) && error.message.includes(program), error.message);
      }
      assert.deepEqual(await within(bridge.close(), 'closing'), { code: null, signal: 'SIGKILL' });
      await isGone(bridge.pid);
    }
  });

  it('a program that ends, or takes no input, or closes its output, fails all calls', async (t) => {
    const orphan = path.join(scratchFolder(t), 'orphan');
    for (const [program, code, signal] of [
      ['/bin/true', 0, null],
      ['/bin/false', 1, null],
      [script(t, 'kill -KILL $$'), null, 'SIGKILL'],
      [script(t, 'exec 0<&-; exec sleep 60'), null, 'SIGKILL'],
      [script(t, 'exec 1>&-; exec sleep 60'), null, 'SIGKILL'],
      [script(t, `sleep 60 2>&- & echo $! > ${orphan}; exit 3`), 3, null],
    ]) {
      const bridge = new Bridge({ program });
      const calls = Array.from({ length: 1000 }, () => rejection(bridge.call('x', { padding: 'x'.repeat(1000) })));
      for (const error of await Promise.all(calls)) {
        assert.ok(error instanceof BridgeExitError, `${error}`);
        assert.deepEqual([error.code, error.signal], [code, signal]);
      }
      assert.deepEqual(await within(bridge.close(), 'closing'), { code, signal });
      await isGone(bridge.pid);
    }
    process.kill(Number(readFileSync(orphan, 'utf8')));
  });

  it('a bridge that is killed fails what is pending and what comes later', async (t) => {
    const bridge = startBridge(t, { options: ['--sandbox-latency', '60000'] });
    bridge.setApiKey({ api_key: 'key' });
    const calls = Array.from({ length: 100 }, (_, number) => {
      return rejection(bridge.addClient({ email: `${number}@b`, countrycode: 'DE', type: '1' }));
    });
    await within(bridge.getInfo(), 'GET_INFO');
    process.kill(bridge.pid, 'SIGKILL');
    for (const error of [...(await Promise.all(calls)), await rejection(bridge.getInfo())]) {
      assert.ok(error instanceof BridgeExitError);
      assert.equal(error.message, 'ovs-bridge was ended by signal SIGKILL');
      assert.equal(error.signal, 'SIGKILL');
      assert.equal(error.code, null);
      assert.match(error.stack, /process\.test\.mjs/, 'the stack leads to the caller');
    }
    await isGone(bridge.pid);
  });

  it('lines end at LF and nowhere else, and are decoded whole', async (t) => {
    // Some 300 KB; characters of two to four bytes fall on every edge of a piece.
    const texts = ['a\u2028b\u2029c\u0085d\rf', '', 'ü☃\u{1F680}'.repeat(33_333), 'x', '\u{1F680}\r'];
    const file = path.join(scratchFolder(t), 'lines');
    writeFileSync(file, `${texts.join('\n')}\ntorn`);
    const lines = [];
    const lineProcess = new LineProcess((line) => lines.push(line), { program: script(t, `exec cat '${file}'`) });
    assert.deepEqual(await within(lineProcess.ended, 'the end'), { code: 0, signal: null });
    assert.deepEqual(lines, texts);
  });

  it('the log is handed on completely', async (t) => {
    const lines = [];
    const loop = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line $i ü"; done; printf last';
    const program = script(t, `(${loop}) >&2`);
    const bridge = new Bridge({ program, onLog: (line) => lines.push(line) });
    assert.deepEqual(await within(bridge.close(), 'closing'), { code: 0, signal: null });
    assert.equal(lines.length, 20_001);
    lines.slice(0, -1).forEach((line, index) => assert.equal(line, `line ${index + 1} ü`));
    assert.equal(lines.at(-1), 'last');
  });

  it('a lot of log is in nobody\'s way', async (t) => {
    const lines = [];
    const bridge = startBridge(t, { options: ['--log-level', 'debug'], onLog: (line) => lines.push(line) });
    bridge.setApiKey({ api_key: 'key' });
    const client = { countrycode: 'DE', type: '1', password: 'secret' };
    const calls = Array.from({ length: 5000 }, (_, number) => bridge.addClient({ ...client, email: `${number}@b` }));
    await within(Promise.all(calls), '5,000 new clients');
    await within(bridge.close(), 'closing');
    // How many come is the bridge's: it drops entries rather than wait for a reader. Those that come are whole.
    assert.ok(lines.length > 100, `${lines.length} lines`);
    for (const line of lines) assert.match(line, /^ovs-bridge: (warning|info|debug): ./);
  });

  it('without a taker the log goes to stderr, and an idle bridge keeps nothing running', async (t) => {
    const program = `
      import { Bridge } from './ovs-bridge.mjs';
      const bridge = new Bridge({ onLog: process.env.TAKER ? () => {} : undefined });
      const { pid } = await bridge.getInfo();
      console.log(pid);`;
    for (const TAKER of ['', 'yes']) {
      const node = new NodeProcess(t, ['--input-type=module', '-e', program], { cwd: clientFolder, env: { TAKER } });
      const { code, stdout, stderr } = await node.ended();
      assert.equal(code, 0);
      assert.match(stderr, TAKER ? /^$/ : /^ovs-bridge: warning: this is the sandbox/);
      await isGone(Number(stdout));
    }
  });

  it('a pending call keeps Node running', async (t) => {
    const program = `
      import { Bridge } from './ovs-bridge.mjs';
      const bridge = new Bridge({ options: ['--sandbox-latency', '300'] });
      bridge.setApiKey({ api_key: 'key' });
      bridge.addClient({ email: 'a@b', countrycode: 'DE', type: '1' }).then(({ username }) => console.log(username));`;
    const node = new NodeProcess(t, ['--input-type=module', '-e', program], { cwd: clientFolder });
    assert.equal((await node.ended()).stdout, 'a@b\n');
  });

  it('it runs in a session of its own, with this process as its parent, and inherits no other files', async (t) => {
    const opened = openSync(fileURLToPath(import.meta.url));
    t.after(() => closeSync(opened));
    const bridge = startBridge(t, { env: { OVS_API_KEY: 'key', PASSED_ON: 'yes' } });
    assert.equal((await within(bridge.getSession(), 'GET_SESSION')).api_key_set, true);
    const [, , processGroup, session] = readFileSync(`/proc/${bridge.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    assert.deepEqual([processGroup, session], [`${bridge.pid}`, `${bridge.pid}`]);
    const words = readFileSync(`/proc/${bridge.pid}/cmdline`, 'utf8').split('\0');
    assert.deepEqual(words.slice(1, 3), ['--parent-pid', `${process.pid}`]);
    const variables = readFileSync(`/proc/${bridge.pid}/environ`, 'utf8').split('\0');
    // The key is wiped from there once it is read.
    assert.ok(variables.includes('PASSED_ON=yes') && variables.includes(`PATH=${process.env.PATH}`));
    const files = readdirSync(`/proc/${bridge.pid}/fd`).map((file) => readlinkSync(`/proc/${bridge.pid}/fd/${file}`));
    assert.ok(!files.includes(fileURLToPath(import.meta.url)), `${files}`);
  });

  it('closing answers what is pending', async (t) => {
    const bridge = startBridge(t, { options: ['--sandbox-latency', '200'] });
    bridge.setApiKey({ api_key: 'key' });
    const call = bridge.addClient({ email: 'a@b', countrycode: 'DE', type: '1' });
    const [first, second] = [bridge.close(), bridge.close()];
    const error = await rejection(bridge.getInfo());
    assert.equal(error.name, 'BridgeError');
    assert.match(error.message, /is closed/);
    assert.equal((await within(call, 'ADD_CLIENT')).username, 'a@b');
    assert.deepEqual(await within(first, 'closing'), { code: 0, signal: null });
    assert.deepEqual(await second, { code: 0, signal: null });
    assert.match((await rejection(bridge.getInfo())).message, /is closed/);
  });

  it('closing ends a bridge that hangs, by SIGTERM', async (t) => {
    const options = ['--sandbox-latency', '600000', '--drain-timeout', '1'];
    const bridge = startBridge(t, { options, closeTimeout: 100 });
    bridge.setApiKey({ api_key: 'key' });
    const call = rejection(bridge.addClient({ email: 'a@b', countrycode: 'DE', type: '1' }));
    assert.deepEqual(await within(bridge.close(), 'closing'), { code: 0, signal: null });
    const error = await call;
    assert.equal(error.name, 'OVS_ERR_SHUTTING_DOWN');
    assert.deepEqual(error.details, { outcome: 'unknown' });
  });

  it('closing kills a program that ignores SIGTERM, and what it has started', async (t) => {
    const child = path.join(scratchFolder(t), 'child');
    const program = script(t, `trap '' TERM; sleep 60 & echo $! > ${child}; wait`);
    const bridge = new Bridge({ program, closeTimeout: 100, killTimeout: 100 });
    const call = rejection(bridge.getInfo());
    assert.deepEqual(await within(bridge.close(), 'closing'), { code: null, signal: 'SIGKILL' });
    assert.equal((await call).message, 'ovs-bridge was ended by signal SIGKILL');
    await isGone(bridge.pid);
    await isGone(readFileSync(child, 'utf8').trim());
  });

  it('any limit may be given for closing, an infinite one too', async () => {
    const bridge = new Bridge({ closeTimeout: Infinity, killTimeout: Infinity, onLog: () => {} });
    assert.deepEqual(await within(bridge.close(), 'closing'), { code: 0, signal: null });
  });

  it('a bridge is closed at the end of its block', async () => {
    const bridge = new Bridge({ onLog: () => {} });
    const dispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
    assert.equal(await within(bridge[dispose](), 'closing'), undefined);
    assert.match((await rejection(bridge.getInfo())).message, /is closed/);
  });

  it('SHUTDOWN is answered, and the status then tells of the end', async (t) => {
    const bridge = startBridge(t);
    assert.equal(await within(bridge.shutdown(), 'SHUTDOWN'), null);
    const error = await rejection((async () => {
      for (;;) await bridge.getInfo().catch((error) => { if (error.name !== 'OVS_ERR_SHUTTING_DOWN') throw error; });
    })());
    assert.equal(error.message, 'ovs-bridge ended with status 0');
    assert.equal(error.code, 0);
  });

  it('Ctrl-C at the terminal is for the parent', async (t) => {
    const program = `
      import { Bridge } from './ovs-bridge.mjs';
      const bridge = new Bridge({ options: ['--sandbox-latency', '300'], onLog: () => {} });
      process.on('SIGINT', async () => console.log((await call).username, (await bridge.close()).code));
      bridge.setApiKey({ api_key: 'key' });
      const call = bridge.addClient({ email: 'a@b', countrycode: 'DE', type: '1' });
      await bridge.getInfo();
      process.kill(0, 'SIGINT');`;
    // A shell's job of its own stands in for the terminal's.
    const shell = new NodeProcess(t, [
      '-e',
      `const { spawn } = require('child_process');
       spawn(process.execPath, ['--input-type=module', '-e', process.argv[1]], { detached: true, stdio: 'inherit' });`,
      program,
    ], { cwd: clientFolder });
    assert.equal((await shell.ended()).stdout, 'a@b 0\n');
  });
});
