/**
 * Adds the clients of a CSV file, and can be interrupted and run again at any time: `node bulk-import.mjs --help`
 *
 * What becomes of each row is kept in a results file, where the row stands as `sent` before it is sent. So the next run
 * knows what is done, what failed, and what is in doubt.
 */
import { appendFileSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Bridge, BridgeError, OVSError } from './ovs-bridge.mjs';

const usage = `Usage: node bulk-import.mjs CLIENTS.csv [--results FILE] [--in-flight N] [-- BRIDGE OPTIONS…]

Adds the clients of a CSV file. A run that was interrupted is carried on by the next.

  OVS_API_KEY=… node bulk-import.mjs clients.csv -- --api-domain acme --add-client-interval 10

The file is UTF-8 with a header, its columns in any order, separated by commas or semicolons:
email, countrycode, type, and where wanted password, first_name, last_name, company_name.

  --results FILE  what became of each row, and the generated passwords (CLIENTS.results.csv)
  --in-flight N   how many clients are being added at a time, 1 to 1000 (64)
  --help          print this text (also -h)

What follows -- goes to ovs-bridge. Without --api-domain there, or OVS_API_DOMAIN, this is a rehearsal
on its sandbox. The API key comes from OVS_API_KEY, or from a file: -- --api-key-file PATH

Exit status:
  0    all clients are added, now or before
  1    some failed, are in doubt, or are left
  64   wrong usage
  65   the CSV file or the results file can't be used
  69   there is no ovs-bridge, or it died
  130  Ctrl-C
`;

const columns = ['email', 'countrycode', 'type', 'password', 'first_name', 'last_name', 'company_name'];
const requiredColumns = columns.slice(0, 3);
const resultColumns = ['email', 'service', 'result', 'error', 'message', 'password'];

const newPassword = 'OVS_CMD_RESET_PASSWORD mails a new one';

/** What isn't the row's fault: no other row would fare better. */
const stoppingErrors = [
  'OVS_ERR_API_KEY_NOT_SET',
  'OVS_ERR_UNAUTHORIZED',
  'OVS_ERR_FORBIDDEN',
  'OVS_ERR_RATE_LIMITED',
  'OVS_ERR_SHUTTING_DOWN',
];

/**
 * @typedef {{ line: number, email: string, data: Record<string, string> }} Row
 * @typedef {'sent' | 'added' | 'exists' | 'failed' | 'unknown'} Result
 */

/** Ends the program with a sentence and an exit status. */
class Exit extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} file
 * @param {number} line
 * @param {string} what
 */
function fault(file, line, what) {
  return new Exit(65, `${file}, line ${line}: ${what}`);
}

async function main() {
  const { file, resultsFile, inFlight, bridgeOptions } = parseCommandLine(process.argv.slice(2));
  const rows = readRows(file);
  const results = new Results(resultsFile);
  const progress = new Progress();
  const bridge = new Bridge({ options: bridgeOptions, closeTimeout: 5000, onLog: (line) => progress.print(line) });
  const run = new Import(bridge, results, progress);
  process.on('SIGINT', () => run.interrupt());
  try {
    const { api_domain, api_key_set } = await bridge.getSession();
    if (!api_key_set) throw new Exit(64, 'there is no API key; set OVS_API_KEY, or use -- --api-key-file PATH');
    await run.add(rows, api_domain ?? 'sandbox', inFlight);
  } finally {
    await bridge.close();
    progress.end();
  }
  return run.summarize(rows.length);
}

/** @param {string[]} words */
function parseCommandLine(words) {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  try {
    const { values, positionals } = parseArgs({
      args: own,
      allowPositionals: true,
      options: { results: { type: 'string' }, 'in-flight': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) throw new Exit(0, usage);
    if (positionals.length !== 1) throw new Error('one CSV file is wanted');
    const inFlight = Number(values['in-flight'] ?? 64);
    if (!(Number.isInteger(inFlight) && inFlight >= 1 && inFlight <= 1000)) {
      throw new Error('--in-flight takes a number from 1 to 1000');
    }
    const { dir, name } = path.parse(positionals[0]);
    return {
      file: positionals[0],
      resultsFile: values.results ?? path.join(dir, `${name}.results.csv`),
      inFlight,
      bridgeOptions: words.slice(own.length + 1),
    };
  } catch (error) {
    throw error instanceof Exit ? error : new Exit(64, `${error.message}; --help tells more`);
  }
}

/**
 * The rows of a file of clients. Nothing is used of one that has a fault.
 * @param {string} file
 * @returns {Row[]}
 */
function readRows(file) {
  const text = readUTF8(file);
  const firstLine = text.match(/\S.*/)?.[0] ?? '';
  const [header, ...records] = parseCSV(text, firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',', file);
  if (!header) throw fault(file, 1, 'there is no header, which names the columns');
  const names = header.fields.map((name) => name.trim().toLowerCase());
  names.forEach((name, index) => {
    if (!columns.includes(name)) {
      throw fault(file, header.line, `there is no column "${name}"; the header names some of ${columns.join(', ')}`);
    }
    if (names.indexOf(name) !== index) throw fault(file, header.line, `the column "${name}" stands here twice`);
  });
  const missing = requiredColumns.find((name) => !names.includes(name));
  if (missing) throw fault(file, header.line, `the header lacks the column "${missing}"`);

  return records.map(({ line, fields }) => {
    if (fields.length > names.length) throw fault(file, line, `${fields.length} fields, but ${names.length} columns`);
    const filled = names.map((name, index) => [name, fields[index] ?? '']).filter(([, value]) => value !== '');
    const data = Object.fromEntries(filled);
    return { line, email: data.email ?? '', data };
  });
}

/** @param {string} file */
function readUTF8(file) {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Exit(65, `${file} can't be read: ${error.message}`);
  }
  // What is not UTF-8 is decoded as U+FFFD, and so doesn't come back as it was.
  const text = bytes.toString();
  const strange = Buffer.from(text).findIndex((byte, index) => byte !== bytes[index]);
  if (strange === -1) return text.replace(/^\uFEFF/, '');
  throw fault(file, bytes.toString('latin1', 0, strange).split('\n').length, 'this is not UTF-8');
}

/**
 * The records of a CSV text (RFC 4180), and the line that each begins in. Those that are blank are skipped.
 * @param {string} text
 * @param {string} delimiter
 * @param {string} file What the text is from.
 * @returns {Generator<{ line: number, fields: string[] }>}
 */
function* parseCSV(text, delimiter, file) {
  const fieldEnd = new RegExp(`${delimiter}|\\r?\\n|\\r?$`, 'g');
  let position = 0;
  let line = 1;
  while (position < text.length) {
    const record = { line, fields: /** @type {string[]} */ ([]) };
    let separator = delimiter;
    while (separator === delimiter) {
      /** @type {string[]} What stands between the quotes; a doubled one ends a part and begins the next. */
      const quoted = [];
      while (text[position] === '"') {
        const close = text.indexOf('"', position + 1);
        if (close === -1) throw fault(file, line, 'a quote is not closed');
        quoted.push(text.slice(position + 1, close));
        position = close + 1;
      }
      fieldEnd.lastIndex = position;
      const end = fieldEnd.exec(text);
      const plain = text.slice(position, end.index);
      if (quoted.length > 0 && plain !== '') throw fault(file, line, 'text behind a closing quote');
      const field = quoted.length > 0 ? quoted.join('"') : plain;
      record.fields.push(field);
      separator = end[0];
      position = fieldEnd.lastIndex;
      line += (field + separator).split('\n').length - 1;
    }
    if (record.fields.some((field) => field.trim() !== '')) yield record;
  }
}

/** The results file: a record for each step of each row, of which the last counts. */
class Results {
  /** @type {string[][]} */
  #records;
  #bytes;
  #wholeBytes;
  /** @type {number | undefined} */
  #descriptor;
  /** @type {Exit | undefined} Nothing may follow a record that was perhaps written in part. */
  #failure;

  /** @param {string} file */
  constructor(file) {
    this.file = file;
    let bytes = Buffer.alloc(0);
    try {
      bytes = readFileSync(file);
    } catch (error) {
      if (error.code !== 'ENOENT') throw new Exit(65, `${file} can't be read: ${error.message}`);
    }
    this.#bytes = bytes.length;
    // A run that was killed while writing leaves a last line without LF.
    this.#wholeBytes = bytes.lastIndexOf(10) + 1;
    const [header, ...records] = parseCSV(bytes.toString('utf8', 0, this.#wholeBytes), ',', file);
    const own = resultColumns.join();
    if (header ? header.fields.join() !== own : !own.startsWith(bytes.toString())) {
      throw new Exit(65, `${file} is no results file, whose header is ${own}; name another with --results`);
    }
    this.#records = records.map(({ line, fields }) => {
      if (fields.length === resultColumns.length) return fields;
      throw fault(file, line, `${fields.length} fields, but ${resultColumns.length} columns`);
    });
  }

  /**
   * The last result of each e-mail with a service.
   * @param {string} service
   * @returns {Map<string, string>}
   */
  of(service) {
    const records = this.#records.filter((fields) => fields[1] === service);
    return new Map(records.map(([email, , result]) => [emailKey(email), result]));
  }

  /**
   * @param {{ email: string, service: string, result: Result, error?: string, message?: string,
   *   password?: string }} record
   */
  append({ email, service, result, error = '', message = '', password = '' }) {
    if (this.#failure) throw this.#failure;
    try {
      if (this.#descriptor === undefined) {
        this.#descriptor = openSync(this.file, 'a', 0o600);
        if (fstatSync(this.#descriptor).size !== this.#bytes) throw new Error('another run writes to it');
        ftruncateSync(this.#descriptor, this.#wholeBytes);
        if (this.#wholeBytes === 0) appendFileSync(this.#descriptor, `${resultColumns.join()}\n`);
      }
      const fields = [email, service, result, error, message, password].map((field) => {
        return /[",\r\n\0]/.test(field) ? `"${oneLine(field).replaceAll('"', '""')}"` : field;
      });
      appendFileSync(this.#descriptor, `${fields.join()}\n`);
    } catch (error) {
      this.#failure = new Exit(65, `${this.file} can't be written: ${error.message}`);
      throw this.#failure;
    }
  }
}

/**
 * A record of the results is one line, whatever is in it, so that a torn one is known by its end; and it is without NUL,
 * which not every reader of CSV bears.
 * @param {string} text
 */
function oneLine(text) {
  return text.replace(/[\r\n\0]+/g, ' ');
}

/** @param {string} email */
function emailKey(email) {
  return oneLine(email).toLowerCase();
}

/** One run: what it adds, and what it comes to. */
class Import {
  #bridge;
  #results;
  #progress;
  #service = '';
  /** @type {Map<string, string>} */
  #before = new Map();
  #counts = { added: 0, exists: 0, failed: 0, unknown: 0, before: 0 };
  #generatedPasswords = 0;
  /** @type {{ row: Row, text: string }[]} */
  #failures = [];
  /** @type {{ row: Row, text: string }[]} Clients that are there, but have a password that nobody knows. */
  #remarks = [];
  /** @type {number | undefined} The exit status of a run that sends no more rows. */
  #stopStatus;

  /**
   * @param {Bridge} bridge
   * @param {Results} results
   * @param {Progress} progress
   */
  constructor(bridge, results, progress) {
    this.#bridge = bridge;
    this.#results = results;
    this.#progress = progress;
  }

  /**
   * @param {Row[]} rows
   * @param {string} service
   * @param {number} inFlight
   */
  async add(rows, service, inFlight) {
    this.#service = service;
    this.#before = this.#results.of(service);
    const todo = this.#undone(rows);
    this.#progress.start(todo.length);
    const queue = todo.values();
    const work = async () => {
      while (this.#stopStatus === undefined) {
        const { value: row, done } = queue.next();
        if (done) return;
        await this.#addRow(row);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  /** The first Ctrl-C ends the run in order, the second at once. */
  interrupt() {
    if (this.#stopStatus !== 130) {
      this.#stop(130, 'interrupted; waiting for what is in flight, unless Ctrl-C comes again');
      this.#bridge.close();
      return;
    }
    this.#progress.end();
    try {
      process.kill(this.#bridge.pid, 'SIGKILL');
    } finally {
      process.exit(130);
    }
  }

  /**
   * Prints what the run came to, and gives its exit status.
   * @param {number} rowCount
   */
  summarize(rowCount) {
    const { added, exists, failed, unknown, before } = this.#counts;
    const left = rowCount - added - exists - failed - unknown - before;
    const parts = [
      [added, 'added'],
      [exists, 'found to be added by an interrupted run'],
      [before, 'added before'],
      [failed, 'failed'],
      [unknown, 'in doubt'],
      [left, 'left, which another run takes up'],
    ];
    const shown = parts.filter(([count, what]) => count > 0 || what === 'added');
    console.log(`${rowCount} ${rowCount === 1 ? 'row' : 'rows'}: ${shown.map((part) => part.join(' ')).join(', ')}`);
    const listed = [...this.#failures, ...this.#remarks].sort((one, other) => one.row.line - other.row.line);
    for (const { row, text } of listed) {
      console.log(`line ${row.line}: ${oneLine(row.email) || '(no e-mail)'}: ${text}`);
    }
    if (this.#generatedPasswords > 0) console.log(`The generated passwords are in ${this.#results.file}`);
    return this.#stopStatus ?? (failed + unknown + left > 0 ? 1 : 0);
  }

  /**
   * The rows to be sent, without those that are done, and those that must not be.
   * @param {Row[]} rows
   */
  #undone(rows) {
    /** @type {Map<string, number>} */
    const lines = new Map();
    return rows.filter((row) => {
      const key = emailKey(row.email);
      if (row.email === '') {
        this.#list('failed', row, 'a client needs an e-mail');
      } else if (lines.has(key)) {
        this.#list('failed', row, `this e-mail stands in line ${lines.get(key)} already`);
      } else {
        lines.set(key, row.line);
        if (!['added', 'exists'].includes(this.#before.get(key))) return true;
        this.#counts.before++;
      }
      return false;
    });
  }

  /** @param {Row} row */
  async #addRow(row) {
    try {
      this.#record(row, 'sent');
      await this.#bridge.addClient(row.data).then(
        (generated) => this.#added(row, generated),
        (error) => this.#refused(row, error),
      );
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      this.#stop(error.status, error.message);
    }
    this.#progress.advance();
  }

  /**
   * @param {Row} row
   * @param {{ password: string } | null} generated
   */
  #added(row, generated) {
    this.#counts.added++;
    try {
      this.#record(row, 'added', { password: generated?.password });
      if (generated) this.#generatedPasswords++;
    } catch (error) {
      const text = `added, but its password could not be noted; ${newPassword}`;
      if (generated) this.#remarks.push({ row, text });
      throw error;
    }
  }

  /**
   * @param {Row} row
   * @param {Error} error
   */
  #refused(row, error) {
    if (!(error instanceof BridgeError)) throw error;
    const wasInDoubt = ['sent', 'unknown'].includes(this.#before.get(emailKey(row.email)));
    if (wasInDoubt && error.name === 'OVS_ERR_CLIENT_EXISTS') {
      const loss = row.data.password ? '' : `, and with it the password; ${newPassword}`;
      const message = `added by an interrupted run, whose answer was lost${loss}`;
      this.#counts.exists++;
      if (loss) this.#remarks.push({ row, text: message });
      this.#record(row, 'exists', { message });
      return;
    }
    const isAnswer = error instanceof OVSError;
    const outcome = isAnswer ? error.details.outcome : 'unknown';
    const stops = !isAnswer || stoppingErrors.includes(error.name) || outcome === 'not_sent';
    const text = isAnswer ? `${error.name}: ${error.message}` : error.message;
    if (stops) {
      const hint = error.name === 'OVS_ERR_RATE_LIMITED' ? '; try -- --add-client-interval 10' : '';
      this.#stop(isAnswer ? 1 : 69, `stopped by ${text}${hint}`);
    }
    // It is left to the next run, unless it may have been added.
    if (!stops || outcome === 'unknown') this.#list(outcome === 'unknown' ? 'unknown' : 'failed', row, text);
    // A doubt of an earlier run stays one until the client is there.
    const result = outcome === 'unknown' || wasInDoubt ? 'unknown' : 'failed';
    this.#record(row, result, { error: isAnswer ? error.name : '', message: error.message });
  }

  /**
   * @param {Row} row
   * @param {Result} result
   * @param {{ error?: string, message?: string, password?: string }} [more]
   */
  #record(row, result, more) {
    this.#results.append({ email: row.email, service: this.#service, result, ...more });
  }

  /**
   * @param {'failed' | 'unknown'} result
   * @param {Row} row
   * @param {string} text
   */
  #list(result, row, text) {
    this.#counts[result]++;
    this.#failures.push({ row, text });
  }

  /**
   * @param {number} status
   * @param {string} reason
   */
  #stop(status, reason) {
    if (this.#stopStatus !== undefined && status !== 130) return;
    this.#stopStatus = status;
    this.#progress.print(reason);
  }
}

const isTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb';

/** Says on stderr how far it is: as a bar on a terminal, and otherwise in a line now and then. */
class Progress {
  #total = 0;
  #done = 0;
  #begun = 0;
  #shownAt = 0;
  #shownTenth = 0;

  /** @param {number} total */
  start(total) {
    this.#total = total;
    this.#begun = Date.now();
    this.#shownAt = isTerminal ? 0 : this.#begun;
  }

  advance() {
    this.#done++;
    const sinceShown = Date.now() - this.#shownAt;
    const tenth = Math.floor((10 * this.#done) / this.#total);
    if (isTerminal) {
      if (sinceShown >= 100) this.#drawBar();
    } else if (sinceShown >= 1000 && tenth > this.#shownTenth) {
      this.#shownAt = Date.now();
      this.#shownTenth = tenth;
      console.error(this.#state());
    }
  }

  /** Prints a line above the bar. @param {string} line */
  print(line) {
    this.end();
    console.error(line);
    if (isTerminal && this.#done > 0 && this.#done < this.#total) this.#drawBar();
  }

  /** Takes the bar away. */
  end() {
    if (isTerminal) process.stderr.write('\r\x1b[K');
  }

  #drawBar() {
    this.#shownAt = Date.now();
    const filled = Math.floor((30 * this.#done) / this.#total);
    const text = `${this.#state()} [${'#'.repeat(filled).padEnd(30, '.')}]`;
    process.stderr.write(`\r${text.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K`);
  }

  #state() {
    const seconds = Math.max(1, Date.now() - this.#begun) / 1000;
    const rate = this.#done / seconds;
    const left = Math.ceil((this.#total - this.#done) / rate);
    const time = left < 120 ? `${left} s` : `${Math.ceil(left / 60)} min`;
    const percent = Math.floor((100 * this.#done) / this.#total);
    return `${this.#done} of ${this.#total}, ${percent} %, ${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${time} left`;
  }
}

// Where nobody reads what is said, the work is done all the same.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Exit || error instanceof BridgeError)) throw error;
  process.exitCode = error instanceof Exit ? error.status : 69;
  if (process.exitCode === 0) console.log(error.message);
  else console.error(`bulk-import: ${error.message}`);
}
