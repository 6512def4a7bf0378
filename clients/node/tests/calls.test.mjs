/** Calls of a running bridge: answers, errors, events, timeouts, cancelling. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import { Bridge, LineProcess, OVSError } from '../ovs-bridge.mjs';
import { AMAPIServer, NodeProcess, clientFolder, rejection, script, startBridge, within } from './support.mjs';

const client = (number) => ({ email: `client${number}@example.com`, countrycode: 'DE', type: '12' });

test('there is a method for each command, and no other', async (t) => {
  const bridge = startBridge(t);
  const { commands } = await within(bridge.getInfo(), 'GET_INFO');
  const methodName = (command) =>
    command.slice('OVS_CMD_'.length).toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const methods = Object.getOwnPropertyNames(Bridge.prototype);
  const ofTheBridge = ['constructor', 'pid', 'call', 'close'];
  assert.deepEqual(methods.sort(), [...Object.keys(commands).map(methodName), ...ofTheBridge].sort());
});

test('each method sends its command with all parameters', async (t) => {
  const probe = new LineProcess(() => {}, { onLog: () => {} });
  t.after(() => probe.close());
  const help = execFileSync(probe.program, ['--commands'], { encoding: 'utf8' }).split('\nEvents:')[0];
  const descriptions = help.split(/\n(?=\d+ +OVS_CMD_)/).slice(1);
  assert.equal(descriptions.length, 18);
  const source = `${Bridge}`;
  for (const description of descriptions) {
    const [, number, command] = description.match(/^(\d+) +(\w+)/);
    const parameters = [...description.split('gives')[0].matchAll(/^ {7}(\w+)(\*?) /gm)];
    const method = new RegExp(`(\\w+)\\(([^)]*)\\) \\{\\s+return this.call\\('${command}', (\\w+),`).exec(source);
    assert.ok(method, `${number} ${command} is not called`);
    const [, name, signature, data] = method;
    const types = source.slice(source.lastIndexOf('/**', method.index), method.index);
    assert.equal(signature, parameters.length > 0 ? 'data, options' : 'options', name);
    assert.equal(data, parameters.length > 0 ? 'data' : 'undefined', name);
    for (const [, parameter, star] of parameters) {
      assert.match(types, new RegExp(`\\b${parameter}${star ? '' : '\\?'}: `), `${name} documents ${parameter}`);
    }
  }
});

test('the methods give the data of the answers', async (t) => {
  const bridge = startBridge(t, { options: ['--sandbox-now', '2026-01-31'] });
  const life = async () => {
    assert.equal(await bridge.setApiKey({ api_key: 'key' }), null);
    assert.equal(await bridge.setSecretKey({ secret_key: 'secret' }), null);
    const { username, password } = await bridge.addClient({ ...client(1), type: 1 });
    assert.equal(username, client(1).email);
    assert.equal(await bridge.addClient({ ...client(2), password: 'given' }), null);
    assert.equal(await bridge.login({ email: client(1).email, password }), null);
    assert.deepEqual(await bridge.getAccountType(), { type: '1' });
    assert.deepEqual(await bridge.getAccountType({ email: client(1).email }), { type: '1' });
    assert.deepEqual(Object.keys(await bridge.getAccountCredential()), ['username', 'password']);
    assert.deepEqual(await bridge.getAccountExpDate(), { exp_date: '2026-02-28' });
    assert.equal(await bridge.newProduct({ type: '6' }), null);
    assert.equal(await bridge.changePlan({ type: '24' }), null);
    assert.equal(await bridge.cancelPlan(), null);
    assert.deepEqual(await bridge.cancel({ id: 'none' }), { cancelled: 0 });
    assert.equal(await bridge.logout(), null);
    assert.equal(await bridge.resetPassword({ email: client(1).email }), null);
    assert.equal(await bridge.closeClient({ email: client(1).email }), null);
    assert.equal(await bridge.setApiDomain({ api_domain: '127.0.0.1:1' }), null);
    assert.equal((await bridge.getSession()).api_domain, '127.0.0.1:1');
    assert.equal((await bridge.getInfo()).pid, bridge.pid);
    assert.equal(await bridge.shutdown(), null);
    assert.deepEqual(await bridge.close(), { code: 0, signal: null });
  };
  await within(life(), "an account's life");
});

test('a command is called by name or number, with empty data or none', async (t) => {
  const bridge = startBridge(t);
  for (const command of ['OVS_CMD_GET_SESSION', 1002]) {
    for (const data of [undefined, null, {}]) {
      assert.equal((await within(bridge.call(command, data), 'GET_SESSION')).backend, 'sandbox');
    }
  }
});

test('an envelope has its id in front, and nothing that is empty', async (t) => {
  for (const [data, options, envelope] of [
    [undefined, undefined, '{"id":1,"cmd":"OVS_CMD_LOGIN"}'],
    [{}, {}, '{"id":1,"cmd":"OVS_CMD_LOGIN"}'],
    [{ email: 'a@b' }, { timeout: 5 }, '{"id":1,"cmd":"OVS_CMD_LOGIN","data":{"email":"a@b"},"timeout_ms":5}'],
  ]) {
    // What has no sense as an answer is shown.
    const bridge = startBridge(t, { program: script(t, 'exec cat') });
    const error = await rejection(bridge.login(data, options));
    assert.ok(error.message.endsWith(`it said: ${envelope}`), error.message);
  }
});

test('10,000 pipelined calls get each their own answer', async (t) => {
  const bridge = startBridge(t);
  bridge.setApiKey({ api_key: 'key' });
  const added = Array.from({ length: 10_000 }, (_, number) => bridge.addClient(client(number)));
  const info = bridge.getInfo();
  const answers = await within(Promise.all(added), '10,000 new clients');
  answers.forEach(({ username }, number) => assert.equal(username, client(number).email));
  assert.equal((await within(info, 'GET_INFO')).pid, bridge.pid);
});

test('an answer of 900 KB', async (t) => {
  const server = await AMAPIServer.start(t);
  const bridge = startBridge(t, { options: ['--api-domain', server.address] });
  bridge.setApiKey({ api_key: 'key' });
  await within(bridge.addClient({ ...client(1), password: 'secret' }), 'ADD_CLIENT');
  await within(bridge.login({ email: client(1).email, password: 'secret' }), 'LOGIN');
  const type = `☃ \u{1F600}${'x'.repeat(96)}`.repeat(9000);
  assert.equal(type.length, 900_000);
  const account = { type, exp_date: '2026-01-31', vpn_username: 'user', vpn_password: 'secret' };
  const body = JSON.stringify({ status: 'success', ...account });
  await server.ask({ do: 'fault', fault: 'body', method: 'GetClient', body });
  const answer = await within(bridge.getAccountType(), 'GET_ACCOUNT_TYPE');
  assert.ok(answer.type === type, `${answer.type.length} characters, beginning with ${answer.type.slice(0, 20)}`);
});

test('awkward values arrive as they are', async (t) => {
  const server = await AMAPIServer.start(t);
  const bridge = startBridge(t, { options: ['--api-domain', server.address] });
  bridge.setApiKey({ api_key: 'key' });
  const awkward = [
    '"quoted"', 'back\\slash', 'two\nlines\r\n', 'a\ttab', '\u0001\u001f\u007f', '\u2028 \u2029', '\u{1F680} é ü',
  ];
  for (const [number, name] of awkward.entries()) {
    const data = { ...client(number), email: `ü\u{1F680}${number}"\\@exämple.com`, password: name, first_name: name };
    await within(bridge.addClient(data), 'ADD_CLIENT');
    await within(bridge.login({ email: data.email, password: name }), 'LOGIN');
    assert.equal((await within(bridge.getSession(), 'GET_SESSION')).email, data.email);
    const { entries } = await server.ask({ do: 'journal' });
    const added = entries.filter(({ path }) => path.endsWith('/AddClient')).at(-1);
    const { email, password, first_name } = Object.fromEntries(added.fields);
    assert.deepEqual({ email, password, first_name }, { email: data.email, password: name, first_name: name });
  }
});

test('an error is an OVSError with all of the answer', async (t) => {
  const bridge = startBridge(t);
  const error = await rejection(bridge.addClient({ email: 'ann@example.com' }));
  assert.ok(error instanceof OVSError);
  assert.equal(error.name, 'OVS_ERR_API_KEY_NOT_SET');
  assert.equal(error.number, 10);
  assert.match(error.message, /^set the API key first/);
  assert.equal(error.retryable, false);
  assert.deepEqual(error.details, {});
  assert.equal(error.command, 'OVS_CMD_ADD_CLIENT');
  assert.match(error.stack, /calls\.test\.mjs/, 'the stack leads to the caller');
});

test('a call that can not be made leaves the bridge as it was', async (t) => {
  const bridge = startBridge(t);
  assert.equal((await rejection(bridge.login({ email: 1n }))).name, 'TypeError');
  assert.match((await rejection(bridge.setApiKey('key'))).message, /OVS_CMD_SET_API_KEY takes an object of parameters/);
  assert.equal((await rejection(bridge.call('OVS_CMD_NONE'))).name, 'OVS_ERR_UNKNOWN_COMMAND');
  assert.equal((await rejection(bridge.call())).name, 'OVS_ERR_INVALID_ENVELOPE');
  assert.equal((await rejection(bridge.logout({ timeout: NaN }))).name, 'OVS_ERR_INVALID_ENVELOPE');
  assert.equal((await rejection(bridge.login({ email: 'ann@example.com', password: '\ud800' }))).name, 'OVS_ERR_PARSE');
  const tooLong = bridge.login({ email: 'ann@example.com', password: 'x'.repeat(2 ** 20) });
  assert.equal((await rejection(tooLong)).name, 'OVS_ERR_LINE_TOO_LONG');
  assert.equal((await within(bridge.getInfo(), 'GET_INFO')).pid, bridge.pid);
});

test('an event is delivered before the answer that comes after it', async (t) => {
  const bridge = startBridge(t);
  const order = [];
  bridge.on('event', ({ notification, name, data }) => order.push([notification, name, data.to]));
  bridge.on('OVS_NOTIFY_SANDBOX_MAIL', ({ to, password }) => order.push([to, typeof password]));
  bridge.setApiKey({ api_key: 'key' });
  bridge.addClient(client(1));
  await within(bridge.resetPassword({ email: client(1).email }).then((data) => order.push(data)), 'RESET_PASSWORD');
  const { email } = client(1);
  assert.deepEqual(order, [[1200, 'OVS_NOTIFY_SANDBOX_MAIL', email], [email, 'string'], null]);
});

test('a listener that throws does it as an uncaught exception, and breaks nothing', async (t) => {
  const program = `
    import { Bridge } from './ovs-bridge.mjs';
    const caught = [];
    process.on('uncaughtException', (error) => caught.push(error.message));
    const bridge = new Bridge({ onLog: () => { throw new Error('log'); } });
    const mails = [];
    bridge.on('event', () => { throw new Error('event'); });
    bridge.on('OVS_NOTIFY_SANDBOX_MAIL', ({ to }) => { mails.push(to); throw new Error(to); });
    bridge.setApiKey({ api_key: 'key' });
    for (const email of ['a@b', 'c@d']) bridge.addClient({ email, countrycode: 'DE', type: '1' });
    const answers = await Promise.all(['a@b', 'c@d'].map((email) => bridge.resetPassword({ email })));
    const exit = await bridge.close();
    console.log(JSON.stringify({ caught: caught.sort(), mails, answers, exit }));`;
  const node = new NodeProcess(t, ['--input-type=module', '-e', program], { cwd: clientFolder });
  const { stdout, stderr } = await node.ended();
  assert.deepEqual(JSON.parse(stdout || `"${stderr}"`), {
    caught: ['a@b', 'c@d', 'event', 'event', 'log'],
    mails: ['a@b', 'c@d'],
    answers: [null, null],
    exit: { code: 0, signal: null },
  });
});

test('two bridges have their own sessions', async (t) => {
  const bridges = [startBridge(t), startBridge(t)];
  const sessions = bridges.map(async (bridge, number) => {
    await bridge.setApiKey({ api_key: `key ${number}` });
    const { password } = await bridge.addClient(client(number));
    await bridge.login({ email: client(number).email, password });
    const others = Array.from({ length: 100 }, (_, index) => bridge.addClient(client(`${number}-${index}`)));
    return [await bridge.getSession(), ...(await Promise.all(others))];
  });
  (await within(Promise.all(sessions), 'both bridges')).forEach(([session, ...others], number) => {
    assert.equal(session.email, client(number).email);
    others.forEach(({ username }, index) => assert.equal(username, client(`${number}-${index}`).email));
  });
  assert.notEqual(bridges[0].pid, bridges[1].pid);
});

test('a timeout is of the call alone', async (t) => {
  const bridge = startBridge(t, { options: ['--sandbox-latency', '300'] });
  bridge.setApiKey({ api_key: 'key' });
  const [late, inTime] = [bridge.addClient(client(1), { timeout: 50 }), bridge.addClient(client(2))];
  const error = await rejection(late);
  assert.equal(error.name, 'OVS_ERR_TIMEOUT');
  assert.deepEqual(error.details, { outcome: 'unknown' });
  assert.equal((await within(inTime, 'the other call')).username, client(2).email);
});

test('a signal aborted before: its reason, and nothing is sent', async (t) => {
  const bridge = startBridge(t);
  bridge.setApiKey({ api_key: 'key' });
  const reason = new Error('no need');
  assert.equal(await rejection(bridge.addClient(client(1), { signal: AbortSignal.abort(reason) })), reason);
  assert.equal((await rejection(bridge.closeClient({ email: client(1).email }))).name, 'OVS_ERR_CLIENT_NOT_FOUND');
});

test('a signal aborted later: what the bridge answers, with the reason as its cause', async (t) => {
  const bridge = startBridge(t, { options: ['--sandbox-latency', '60000'], closeTimeout: 0 });
  bridge.setApiKey({ api_key: 'key' });
  // Of two calls for one account the first is under way, and the second waits for it.
  const [first, second] = [new AbortController(), new AbortController()];
  const underWay = rejection(bridge.addClient(client(1), { signal: first.signal }), 'cancelling');
  const waiting = rejection(bridge.addClient(client(1), { signal: second.signal }), 'cancelling');
  await within(bridge.getInfo(), 'GET_INFO');
  for (const [controller, call, outcome] of [[second, waiting, 'not_sent'], [first, underWay, 'unknown']]) {
    const reason = new Error('changed my mind');
    controller.abort(reason);
    const error = await call;
    assert.equal(error.name, 'OVS_ERR_CANCELLED');
    assert.deepEqual(error.details, { outcome });
    assert.equal(error.cause, reason);
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
  }
});

test('an answer that came first has its result, or its own error', async (t) => {
  const bridge = startBridge(t);
  const controller = new AbortController();
  const call = bridge.login({ email: 'ann@example.com', password: 'secret' }, { signal: controller.signal });
  controller.abort();
  const error = await rejection(call);
  assert.equal(error.name, 'OVS_ERR_API_KEY_NOT_SET');
  assert.equal(error.cause, undefined);
});

test('a read that is cancelled has no outcome', async (t) => {
  const server = await AMAPIServer.start(t);
  const bridge = startBridge(t, { options: ['--api-domain', server.address] });
  bridge.setApiKey({ api_key: 'key' });
  bridge.addClient({ ...client(1), password: 'secret' });
  await within(bridge.login({ email: client(1).email, password: 'secret' }), 'LOGIN');
  await server.ask({ do: 'fault', fault: 'hang', method: 'GetClient' });
  const controller = new AbortController();
  const call = rejection(bridge.getAccountType({}, { signal: controller.signal }), 'cancelling');
  await server.ask({ do: 'wait', requests: 3 });
  controller.abort();
  const error = await call;
  assert.equal(error.name, 'OVS_ERR_CANCELLED');
  assert.deepEqual(error.details, {});
  assert.equal(error.cause, controller.signal.reason);
});

test('a signal shared by many calls is left without listeners, and without a warning', async (t) => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning.message);
  process.on('warning', warn);
  t.after(() => process.off('warning', warn));
  const bridge = startBridge(t);
  const controller = new AbortController();
  await within(Promise.all(Array.from({ length: 100 }, () => bridge.getSession({ signal: controller.signal }))), 'all');
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
  // Nothing is cancelled any more, and nothing breaks.
  controller.abort();
  await within(bridge.getInfo(), 'GET_INFO');
  assert.deepEqual(warnings, []);
});
