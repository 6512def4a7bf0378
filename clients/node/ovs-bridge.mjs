/**
 * Drives ovs-bridge, the User Management of a VPN SDK, from Node 18 or later.
 *
 *     const bridge = new Bridge();
 *     await bridge.setApiKey({ api_key: 'your_api_key' });
 *     await bridge.addClient({ email: 'ann@example.com', password: 'secret', countrycode: 'DE', type: '12' });
 *     await bridge.close();
 *
 * Calls may be made without waiting for those before; the bridge keeps the order where it matters.
 */
import { spawn } from 'node:child_process';
import { EventEmitter, setMaxListeners } from 'node:events';
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} CallOptions
 * @property {number} [timeout] Milliseconds from when the command is taken up, in place of the bridge's `--timeout`.
 * @property {AbortSignal} [signal] Takes the command back: the call then ends with what the bridge answers for it,
 *   OVS_ERR_CANCELLED with the signal's reason as its `cause`, or its result if that came first.
 *
 * @typedef {object} BridgeOptions
 * @property {string} [program] The path of ovs-bridge. Without it: OVS_BRIDGE, PATH, and what was built last in the
 *   package that this file is part of.
 * @property {string[]} [options] What is on its command line.
 * @property {NodeJS.ProcessEnv} [env] Variables in addition to this process's, such as OVS_API_KEY.
 * @property {(line: string) => void} [onLog] Takes its log, line by line; without it the log goes to stderr.
 * @property {number} [closeTimeout] Milliseconds that `close()` waits before SIGTERM (30,000).
 * @property {number} [killTimeout] Milliseconds that it waits after SIGTERM before SIGKILL (15,000).
 *
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit One of the two says how the bridge ended.
 * @typedef {{ notification: number, name: string, data: any }} BridgeEvent
 * @typedef {string | number} Plan The plan's API ID, such as '12'.
 */

const bridgeOptions = ['program', 'options', 'env', 'onLog', 'closeTimeout', 'killTimeout'];

/** What `await using` looks for; older versions of Node lack the name. */
const asyncDispose = /** @type {any} */ (Symbol).asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** What goes wrong with the bridge itself; also the base of all errors here. */
export class BridgeError extends Error {
  name = this.constructor.name;
}

/** No program was found, or the one named can't be executed. */
export class BridgeNotFoundError extends BridgeError {}

/** The bridge has ended, and will answer no more. */
export class BridgeExitError extends BridgeError {
  /** @param {Exit} exit */
  constructor({ code, signal }) {
    const reason = code === 64 ? ' (wrong options, as its log says)' : '';
    super(signal ? `ovs-bridge was ended by signal ${signal}` : `ovs-bridge ended with status ${code}${reason}`);
    this.code = code;
    this.signal = signal;
  }
}

/** A command's error, as the bridge answered it. */
export class OVSError extends BridgeError {
  /**
   * @param {Record<string, any>} answer
   * @param {string | number} command
   * @param {unknown} [cause]
   */
  constructor(answer, command, cause) {
    super(answer.message, cause === undefined ? undefined : { cause });
    /** @type {number} */
    this.number = answer.error;
    /** @type {string} OVS_ERR_… */
    this.name = answer.error_name;
    /** @type {boolean} Whether the same command may be sent again as it is. */
    this.retryable = answer.retryable;
    /** @type {Record<string, any>} For programs; `outcome` tells what became of a change: not_sent, or unknown. */
    this.details = answer.details;
    this.command = command;
  }
}

/**
 * The bridge as a process. All methods named after a command take its `data` and give the answer's; they reject with an
 * OVSError where the bridge answers one, and with another BridgeError where there is no answer to come.
 *
 * Events are delivered before the answers that came after them: `'event'` with a BridgeEvent, and each under its own
 * name with its data, such as `bridge.on('OVS_NOTIFY_SANDBOX_MAIL', ({ to, password }) => …)`.
 *
 * A bridge that has nothing to answer doesn't keep Node running.
 */
export class Bridge extends EventEmitter {
  #process;
  /** @type {Map<number, (answer?: Record<string, any>) => void>} Who waits for the answer of which id. */
  #pending = new Map();
  #lastID = 0;
  /** @type {(() => Error) | undefined} Why no answer is to come any more. */
  #failure;
  /** @type {Promise<Exit> | undefined} */
  #closed;

  /**
   * Starts the bridge.
   * @param {BridgeOptions} [options]
   * @throws {BridgeNotFoundError} if there is no program, or another BridgeError if it can't be started
   */
  constructor(options = {}) {
    super();
    for (const name of typeof options === 'object' ? Object.keys(options) : ['']) {
      if (!bridgeOptions.includes(name)) {
        throw new TypeError(`new Bridge() takes an object of ${bridgeOptions.join(', ')}; not ${name || options}`);
      }
    }
    if (!Array.isArray(options.options ?? [])) throw new TypeError('"options" are an array of strings');
    this.#process = new LineProcess((line) => this.#take(line), options);
    this.#process.keepAlive(false);
    this.#process.ended.then(({ error, ...exit }) => this.#fail(() => error ?? new BridgeExitError(exit)));
  }

  /** The process's id; undefined if it could not be started. */
  get pid() {
    return this.#process.pid;
  }

  /**
   * Sends any command.
   * @param {string | number} command Its name or number.
   * @param {Record<string, any>} [data]
   * @param {CallOptions} options
   * @returns {Promise<any>} The answer's data.
   */
  async call(command, data, { timeout, signal } = {}) {
    signal?.throwIfAborted();
    if (this.#closed) throw new BridgeError('the bridge is closed; nothing can be called any more');
    if (this.#failure) throw this.#failure();
    if (data != null && typeof data !== 'object') {
      throw new TypeError(`${command} takes an object of parameters, such as { email: 'ann@example.com' }`);
    }
    const id = this.#lastID + 1;
    const isEmpty = data == null || Object.keys(data).length === 0;
    // The id stands first: there the bridge finds it even in a line that it can't use.
    const envelope = { id, cmd: command, data: isEmpty ? undefined : data, timeout_ms: timeout };
    this.#process.write(JSON.stringify(envelope));
    this.#process.keepAlive(true);
    this.#lastID = id;
    const takeBack = () => {
      if (!this.#closed) this.cancel({ id }).catch(() => {});
    };
    // One signal may be shared by a thousand calls; older versions of Node warn from eleven on.
    if (signal) setMaxListeners(0, signal);
    signal?.addEventListener('abort', takeBack);
    const answer = await new Promise((resolve) => this.#pending.set(id, resolve));
    signal?.removeEventListener('abort', takeBack);
    // Made here, an error has the caller on its stack.
    if (!answer) throw /** @type {() => Error} */ (this.#failure)();
    if (answer.error === 0) return answer.data;
    const isTakenBack = answer.error_name === 'OVS_ERR_CANCELLED' && signal?.aborted;
    throw new OVSError(answer, command, isTakenBack ? signal.reason : undefined);
  }

  /**
   * Ends the bridge in order: it carries through what was called, and those calls get their answers. What isn't done
   * in `closeTimeout` it is asked to give up (SIGTERM), and `killTimeout` later it is killed.
   * @returns {Promise<Exit>} How it ended.
   */
  close() {
    this.#closed ??= this.#process.close();
    return this.#closed;
  }

  /** Closes the bridge at the end of an `await using` block. */
  async [asyncDispose]() {
    await this.close();
  }

  /**
   * Sets the API key; a different one ends the session.
   * @param {{ api_key: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  setApiKey(data, options) {
    return this.call('OVS_CMD_SET_API_KEY', data, options);
  }

  /**
   * Returns the end-user's current plan; the session's without an e-mail.
   * @param {{ email?: string }} [data]
   * @param {CallOptions} [options]
   * @returns {Promise<{ type: string }>}
   */
  getAccountType(data, options) {
    return this.call('OVS_CMD_GET_ACCOUNT_TYPE', data, options);
  }

  /**
   * Returns the session's OpenVPN credentials.
   * @param {CallOptions} [options]
   * @returns {Promise<{ username: string, password: string }>}
   */
  getAccountCredential(options) {
    return this.call('OVS_CMD_GET_ACCOUNT_CREDENTIAL', undefined, options);
  }

  /**
   * Returns the date on which the session's account is due, YYYY-MM-DD.
   * @param {CallOptions} [options]
   * @returns {Promise<{ exp_date: string }>}
   */
  getAccountExpDate(options) {
    return this.call('OVS_CMD_GET_ACCOUNT_EXP_DATE', undefined, options);
  }

  /**
   * Adds a new end-user with a first product. Gives the password if it had to make one, else null.
   * @param {{ email: string, password?: string, countrycode: string, type: Plan, first_name?: string,
   *   last_name?: string, company_name?: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<{ username: string, password: string } | null>}
   */
  addClient(data, options) {
    return this.call('OVS_CMD_ADD_CLIENT', data, options);
  }

  /**
   * Ends an account at once, with all its products.
   * @param {{ email: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  closeClient(data, options) {
    return this.call('OVS_CMD_CLOSE_CLIENT', data, options);
  }

  /**
   * Has a new password made and mailed to the end-user.
   * @param {{ email: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  resetPassword(data, options) {
    return this.call('OVS_CMD_RESET_PASSWORD', data, options);
  }

  /**
   * Changes the end-user's current plan; the session's without an e-mail.
   * @param {{ email?: string, type: Plan }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  changePlan(data, options) {
    return this.call('OVS_CMD_CHANGE_PLAN', data, options);
  }

  /**
   * Ends the session's account at its due date, with all its products.
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  cancelPlan(options) {
    return this.call('OVS_CMD_CANCEL_PLAN', undefined, options);
  }

  /**
   * Adds a product to the session's account.
   * @param {{ type: Plan }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  newProduct(data, options) {
    return this.call('OVS_CMD_NEW_PRODUCT', data, options);
  }

  /**
   * Starts a session, in place of the one before.
   * @param {{ email: string, password: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  login(data, options) {
    return this.call('OVS_CMD_LOGIN', data, options);
  }

  /**
   * Ends the session.
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  logout(options) {
    return this.call('OVS_CMD_LOGOUT', undefined, options);
  }

  /**
   * Shows the session as the commands before left it, without its secrets.
   * @param {CallOptions} [options]
   * @returns {Promise<{ backend: 'sandbox' | 'amapi', api_domain: string | null, api_key_set: boolean,
   *   logged_in: boolean, email: string | null, expires_at: string | null }>}
   */
  getSession(options) {
    return this.call('OVS_CMD_GET_SESSION', undefined, options);
  }

  /**
   * Turns from the sandbox to the real service; a different one ends the session.
   * @param {{ api_domain: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  setApiDomain(data, options) {
    return this.call('OVS_CMD_SET_API_DOMAIN', data, options);
  }

  /**
   * Sets the server-side secret key; never in programs that end-users hold.
   * @param {{ secret_key: string }} data
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  setSecretKey(data, options) {
    return this.call('OVS_CMD_SET_SECRET_KEY', data, options);
  }

  /**
   * Takes back the commands of an id. The ids are this client's own: a call is taken back by its `signal`.
   * @param {{ id: string | number }} data
   * @param {CallOptions} [options]
   * @returns {Promise<{ cancelled: number }>}
   */
  cancel(data, options) {
    return this.call('OVS_CMD_CANCEL', data, options);
  }

  /**
   * Tells what is running and which commands it knows.
   * @param {CallOptions} [options]
   * @returns {Promise<{ name: string, version: string, protocol: number, pid: number, backend: 'sandbox' | 'amapi',
   *   commands: Record<string, number> }>}
   */
  getInfo(options) {
    return this.call('OVS_CMD_GET_INFO', undefined, options);
  }

  /**
   * Ends the process once all before it is answered; `close` does so, too.
   * @param {CallOptions} [options]
   * @returns {Promise<null>}
   */
  shutdown(options) {
    return this.call('OVS_CMD_SHUTDOWN', undefined, options);
  }

  /** @param {string} line */
  #take(line) {
    if (this.#failure) return;
    const message = readNotification(line);
    if (this.#pending.has(message?.id)) {
      this.#settle(message.id, message);
    } else if (message && message.id === undefined && message.error === 0) {
      const { notification, name, data } = message;
      guarded(() => this.emit('event', { notification, name, data }));
      guarded(() => this.emit(name, data));
    } else {
      // What is neither an answer that is waited for nor an event would leave a call waiting for ever.
      const said = line.length > 200 ? `${line.slice(0, 200)}…` : line;
      this.#fail(() => new BridgeError(`${this.#process.program} doesn't talk like ovs-bridge; it said: ${said}`));
      this.#process.kill('SIGKILL');
    }
  }

  /** @param {() => Error} failure */
  #fail(failure) {
    this.#failure ??= failure;
    for (const id of this.#pending.keys()) this.#settle(id);
  }

  /**
   * @param {number} id
   * @param {Record<string, any>} [answer]
   */
  #settle(id, answer) {
    this.#pending.get(id)?.(answer);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && !this.#closed) this.#process.keepAlive(false);
  }
}

/** ovs-bridge as a process that takes lines and says lines, whatever stands in them. */
export class LineProcess {
  #child;
  #timeouts;

  /**
   * Finds the program and starts it.
   * @param {(line: string) => void} onLine Takes what it says.
   * @param {BridgeOptions} options
   */
  constructor(onLine, { program, options = [], env, onLog, closeTimeout = 30_000, killTimeout = 15_000 } = {}) {
    this.#timeouts = { closeTimeout, killTimeout };
    /** The path of the program. */
    this.program = findProgram(program);
    const args = ['--parent-pid', `${process.pid}`, ...options];
    try {
      this.#child = spawn(this.program, args, {
        env: { ...process.env, ...env },
        // A process group of its own: Ctrl-C at the terminal reaches this process alone, which decides.
        detached: true,
        stdio: ['pipe', 'pipe', onLog ? 'pipe' : 'inherit'],
      });
    } catch (cause) {
      throw new BridgeError(`${this.program} can't be started: ${cause}`, { cause });
    }
    /**
     * How it ended, once all it has said is delivered; with `error` if it could not be started.
     * @type {Promise<Exit & { error?: Error }>}
     */
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (cause) => {
        if (this.pid !== undefined) return;
        const error = new BridgeError(`${this.program} can't be started: ${cause.message}`, { cause });
        resolve({ code: null, signal: null, error });
      });
      this.#child.on('close', (code, signal) => resolve({ code, signal }));
    });
    if (this.pid === undefined) return;
    const { stdin, stdout, stderr } = this.#child;
    readLines(stdout, onLine);
    stdout.on('end', () => this.#over());
    stdin.on('error', () => this.#over());
    this.#child.on('exit', () => this.#over());
    const log = (/** @type {string} */ line) => guarded(() => onLog?.(line));
    if (stderr) readLines(stderr, log, log);
  }

  /** @type {number | undefined} */
  get pid() {
    return this.#child.pid;
  }

  /**
   * Sends a line. Lines sent in one tick are written together.
   * @param {string} line
   */
  write(line) {
    const { stdin } = this.#child;
    if (!stdin?.writable) return;
    if (stdin.writableCorked === 0) {
      stdin.cork();
      process.nextTick(() => stdin.uncork());
    }
    stdin.write(`${line}\n`);
  }

  /**
   * Says whether Node goes on running for what the process may still say.
   * @param {boolean} isNeeded
   */
  keepAlive(isNeeded) {
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of /** @type {any[]} */ ([this.#child, stdin, stdout, stderr])) {
      if (isNeeded) handle?.ref();
      else handle?.unref();
    }
  }

  /** Ends its input, and then by signals what doesn't end of it. */
  async close() {
    const longest = 2 ** 31 - 1; // of Node's timers, 24 days
    const { closeTimeout, killTimeout } = this.#timeouts;
    this.keepAlive(true);
    this.#child.stdin?.end();
    let timer = setTimeout(() => {
      this.kill('SIGTERM');
      timer = setTimeout(() => this.kill('SIGKILL'), Math.min(killTimeout, longest));
    }, Math.min(closeTimeout, longest));
    const { code, signal } = await this.ended;
    clearTimeout(timer);
    return { code, signal };
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      // The whole group, so that a program which is a script takes with it what it has started.
      process.kill(-pid, signal);
    } catch {
      // It has ended just now.
    }
  }

  /**
   * Once it has exited, ended its output, or taken its input away, no answer is to come. That it has ended altogether
   * is seen within a second, and otherwise brought about: what it has started may hold its pipes open.
   */
  #over() {
    const end = () => {
      this.kill('SIGKILL');
      this.#child.stdout.destroy();
      this.#child.stderr?.destroy();
    };
    // Pipes are read between timers and immediates: also after a busy second what was said is heard.
    const timer = setTimeout(() => setImmediate(end), 1000);
    this.ended.then(() => clearTimeout(timer));
  }
}

/**
 * The program's path: the one given, or that of OVS_BRIDGE, or the first of PATH, or the package's latest build.
 * @param {string} [given]
 */
function findProgram(given) {
  for (const [program, origin] of [[given, 'the argument "program"'], [process.env.OVS_BRIDGE, 'OVS_BRIDGE']]) {
    if (!program) continue;
    if (isExecutable(program)) return path.resolve(program);
    throw new BridgeNotFoundError(`${program}, from ${origin}, is no executable file`);
  }
  const inFolder = (/** @type {string} */ folder) => path.resolve(folder, 'ovs-bridge');
  const onPath = (process.env.PATH ?? '').split(path.delimiter).map(inFolder).find(isExecutable);
  if (onPath) return onPath;
  const file = realpathSync(fileURLToPath(import.meta.url));
  const root = path.resolve(file, '../../..');
  if (path.dirname(file) === path.join(root, 'clients/node') && existsSync(path.join(root, 'Package.swift'))) {
    const built = ['release', 'debug'].map((build) => inFolder(path.join(root, '.build', build))).filter(isExecutable);
    built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
    if (built.length > 0) return built[0];
  }
  throw new BridgeNotFoundError(
    'there is no ovs-bridge on PATH: build it with "swift build -c release" in its package, and put its ' +
      '.build/release on PATH, or the path of the program in OVS_BRIDGE, or name it as the option "program"',
  );
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Hands on the lines of a stream, which end at LF alone and are decoded whole.
 * @param {NodeJS.ReadableStream} stream
 * @param {(line: string) => void} onLine
 * @param {(line: string) => void} [onTornLine] Takes a last line without LF.
 */
function readLines(stream, onLine, onTornLine) {
  /** @type {Buffer[]} */
  let begun = [];
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) !== -1; start = end + 1) {
      const line = Buffer.concat([...begun, chunk.subarray(start, end)]);
      begun = [];
      onLine(line.toString());
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  });
  stream.on('end', () => {
    if (begun.length > 0) onTornLine?.(Buffer.concat(begun).toString());
  });
}

/**
 * The notification in a line; undefined if there is none.
 * @param {string} line
 */
function readNotification(line) {
  try {
    const message = JSON.parse(line);
    const isNotification = Number.isInteger(message.notification) && message.name.startsWith('OVS_NOTIFY_');
    return isNotification ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs what isn't this file's. What it throws is thrown a tick later, so that it stops nothing here.
 * @param {() => void} body
 */
function guarded(body) {
  try {
    body();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
