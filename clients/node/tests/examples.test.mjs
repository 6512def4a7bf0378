/** The examples: the quickstart, and the bulk import with all that may befall it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { AMAPIServer, NodeProcess, clientFolder, isGone, scratchFolder, script, within } from './support.mjs';

const andSo = ', which another run takes up';

/** An import of a CSV text, which may be run several times. */
class BulkImport {
  constructor(t, csv, name = 'clients.csv') {
    this.t = t;
    this.file = path.join(scratchFolder(t), name);
    this.resultsFile = this.file.replace(/\.csv$/, '.results.csv');
    if (csv !== undefined) writeFileSync(this.file, csv);
  }

  start(options = [], env = {}) {
    const args = [path.join(clientFolder, 'bulk-import.mjs'), this.file, ...options];
    return new NodeProcess(this.t, args, { env: { OVS_API_KEY: 'key', ...env } });
  }

  run(options, env) {
    return this.start(options, env).ended();
  }

  get results() {
    return existsSync(this.resultsFile) ? readFileSync(this.resultsFile, 'utf8') : '';
  }

  /** The last record of each e-mail, by it. No value in these tests holds a comma. */
  get last() {
    const records = this.results.trimEnd().split('\n').slice(1).map((line) => line.split(','));
    return new Map(records.map(([email, service, result, error, message, password]) => {
      return [email, { service, result, error, message, password }];
    }));
  }

  /** How many e-mails have which last result. */
  get counts() {
    const counts = {};
    for (const { result } of this.last.values()) counts[result] = (counts[result] ?? 0) + 1;
    return counts;
  }
}

const header = 'email,countrycode,type\n';
const rows = (count) => Array.from({ length: count }, (_, number) => `client${number}@example.com,DE,12\n`).join('');

/** The process id of the bridge that an import has started. */
const bridgeOf = ({ child }) => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));

/** That each client exists once, and was added once. */
async function assertAddedOnce(server, count) {
  const { accounts } = await server.ask({ do: 'accounts' });
  assert.equal(accounts.length, count);
  assert.ok(accounts.every(({ products }) => (products.length ?? products) === 1), 'each with one product');
  const { entries } = await server.ask({ do: 'journal' });
  const applied = entries.filter(({ applied }) => applied).map(({ fields }) => Object.fromEntries(fields).email);
  assert.equal(applied.length, count);
  assert.equal(new Set(applied).size, count);
}

describe('examples', { concurrency: 4 }, () => {
  it('the quickstart tells the life of an account', async (t) => {
    const { code, stdout } = await new NodeProcess(t, [path.join(clientFolder, 'quickstart.mjs')]).ended();
    const lines = [
      'added user_name@domain.com',
      'once more: OVS_ERR_CLIENT_EXISTS, .+',
      'plan 12, due \\d{4}-\\d\\d-\\d\\d',
      'OpenVPN user \\S+, password \\S+',
      'plan 24, due \\d{4}-\\d\\d-\\d\\d',
      'cancelled for that day',
      'added 1000 more, the last is 999@x.de with password \\S+',
      'mail to user_name@domain.com: Your new VPN password \\S+',
      'closed',
    ];
    assert.match(stdout, new RegExp(`^${lines.join('\n')}\n$`));
    assert.equal(code, 0);
  });

  it('10,000 rows are added, and a second run skips them', async (t) => {
    const bulk = new BulkImport(t, header + rows(10_000));
    const first = await bulk.run();
    assert.equal(first.stdout, `10000 rows: 10000 added\nThe generated passwords are in ${bulk.resultsFile}\n`);
    assert.equal(first.code, 0);
    assert.equal(statSync(bulk.resultsFile).mode & 0o777, 0o600);
    assert.match(bulk.results, /^email,service,result,error,message,password\nclient0@example.com,sandbox,sent,,,\n/);
    assert.deepEqual(bulk.counts, { added: 10_000 });
    assert.equal(new Set([...bulk.last.values()].map(({ password }) => password)).size, 10_000);
    const before = bulk.results;
    const second = await bulk.run();
    assert.deepEqual([second.code, second.stdout], [0, '10000 rows: 0 added, 10000 added before\n']);
    assert.equal(bulk.results, before);
  });

  it('an import that is interrupted is carried on by the next', async (t) => {
    const server = await AMAPIServer.start(t);
    await server.ask({ do: 'fault', fault: 'delay', seconds: 0.3, skip: 500, times: null });
    const bulk = new BulkImport(t, header + rows(1000));
    const options = ['--', '--api-domain', server.address];
    const first = bulk.start(options);
    const bridge = await server.ask({ do: 'wait', applied: 500, seconds: 20 }).then(() => bridgeOf(first));
    first.child.kill('SIGINT');
    const { code, stdout, stderr } = await first.ended();
    assert.equal(code, 130);
    const { added, ...others } = bulk.counts;
    assert.deepEqual(others, {}, 'nothing is in doubt');
    assert.ok(added >= 500 && added < 1000, `${added} added`);
    assert.match(stdout, new RegExp(`^1000 rows: ${added} added, ${1000 - added} left${andSo}\n`));
    assert.match(stderr, /interrupted/);
    await isGone(bridge);
    await server.ask({ do: 'clear' });
    const second = await bulk.run(options);
    assert.match(second.stdout, new RegExp(`^1000 rows: ${1000 - added} added, ${added} added before\n`));
    assert.equal(second.code, 0);
    await assertAddedOnce(server, 1000);
  });

  it('an import that is killed leaves rows in doubt, which the next settles', async (t) => {
    const server = await AMAPIServer.start(t);
    await server.ask({ do: 'fault', fault: 'delay', seconds: 0.3, skip: 500, times: null });
    const bulk = new BulkImport(t, header + rows(1000));
    const options = ['--', '--api-domain', server.address];
    const first = bulk.start(options);
    const bridge = await server.ask({ do: 'wait', applied: 500, seconds: 20 }).then(() => bridgeOf(first));
    first.child.kill('SIGKILL');
    await first.ended();
    // What the bridge had read it carries through.
    await isGone(bridge);
    await server.ask({ do: 'clear' });
    const { added, sent } = bulk.counts;
    assert.ok(sent > 0, 'some are in doubt');
    // Killed while writing, and in the middle of a character.
    appendFileSync(bulk.resultsFile, Buffer.from('client999@example.com,x,added,"ü').subarray(0, -1));
    const second = await bulk.run(options);
    assert.equal(second.code, 0, second.stdout);
    assert.deepEqual(Object.keys(bulk.counts).sort(), ['added', 'exists']);
    const { exists } = bulk.counts;
    const settled = `, ${exists} found to be added by an interrupted run, ${added} added before\n`;
    assert.ok(second.stdout.includes(settled), second.stdout);
    assert.ok(!bulk.results.includes('\ufffd') && bulk.results.endsWith('\n'));
    await assertAddedOnce(server, 1000);
    const third = await bulk.run(options);
    assert.deepEqual([third.code, third.stdout], [0, '1000 rows: 0 added, 1000 added before\n']);
  });

  it('a second Ctrl-C leaves at once', async (t) => {
    const server = await AMAPIServer.start(t);
    await server.ask({ do: 'fault', fault: 'hang', times: null });
    const bulk = new BulkImport(t, header + rows(10));
    const run = bulk.start(['--', '--api-domain', server.address, '--drain-timeout', '60']);
    await server.ask({ do: 'wait', requests: 10, seconds: 20 });
    const bridge = bridgeOf(run);
    run.child.kill('SIGINT');
    await run.saying('interrupted');
    run.child.kill('SIGINT');
    assert.equal((await run.ended()).code, 130);
    assert.deepEqual(bulk.counts, { sent: 10 });
    await isGone(bridge);
  });

  it('Ctrl-C gives back what was not sent', async (t) => {
    const bulk = new BulkImport(t, header + rows(10));
    const options = ['--in-flight', '3', '--', '--sandbox-not-whitelisted', '--add-client-interval', '60'];
    const run = bulk.start([...options, '--drain-timeout', '0']);
    const isSent = async () => {
      while (bulk.counts.added !== 1 || bulk.counts.sent !== 3) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await within(isSent(), 'the first client');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended();
    assert.match(stdout, new RegExp(`^10 rows: 1 added, 9 left${andSo}\\n`));
    assert.equal(code, 130);
    assert.deepEqual(bulk.counts, { added: 1, failed: 3 });
    assert.doesNotMatch(stderr, /stopped/);
  });

  it('a bridge that dies ends the run, and what was in flight is in doubt', async (t) => {
    const server = await AMAPIServer.start(t);
    await server.ask({ do: 'fault', fault: 'hang', applied: true, times: 10 });
    const bulk = new BulkImport(t, header + rows(20));
    const options = ['--in-flight', '10', '--', '--api-domain', server.address];
    const run = bulk.start(options);
    await server.ask({ do: 'wait', requests: 10, seconds: 20 });
    process.kill(bridgeOf(run), 'SIGKILL');
    const { code, stdout, stderr } = await run.ended();
    assert.equal(code, 69);
    assert.equal(stderr.match(/stopped by ovs-bridge was ended by signal SIGKILL/g).length, 1);
    const summary = `^20 rows: 0 added, 10 in doubt, 10 left${andSo}\\nline 2: client0@example.com: ovs-bridge was`;
    assert.match(stdout, new RegExp(summary));
    assert.deepEqual(bulk.counts, { unknown: 10 });
    const second = await bulk.run(options);
    assert.match(second.stdout, /^20 rows: 10 added, 10 found to be added by an interrupted run\n/);
    assert.equal(second.code, 0);
    assert.match(bulk.results, /client0@example.com,[^,]*,exists,,"added by an interrupted run.*RESET_PASSWORD mails/);
    await assertAddedOnce(server, 20);
  });

  it('an outcome that is not known is asked for by the next run', async (t) => {
    const server = await AMAPIServer.start(t);
    await server.ask({ do: 'fault', fault: 'close', applied: true, email: 'client1@example.com' });
    await server.ask({ do: 'fault', fault: 'close', email: 'client2@example.com' });
    const bulk = new BulkImport(t, header + rows(4));
    const options = ['--', '--api-domain', server.address];
    const first = await bulk.run(options);
    assert.equal(first.code, 1);
    assert.match(first.stdout, /^4 rows: 2 added, 2 in doubt\nline 3: client1@example.com: OVS_ERR_NETWORK: .+\nline/);
    assert.deepEqual(bulk.counts, { added: 2, unknown: 2 });
    const second = await bulk.run(options);
    assert.match(second.stdout, /^4 rows: 1 added, 1 found to be added by an interrupted run, 2 added before\n/);
    assert.equal(second.code, 0);
    await assertAddedOnce(server, 4);
  });

  it('a doubt outlives a run that could not settle it', async (t) => {
    const server = await AMAPIServer.start(t, '--api-key', 'key');
    await server.ask({ do: 'fault', fault: 'close', applied: true });
    const bulk = new BulkImport(t, header + rows(1));
    const options = ['--', '--api-domain', server.address];
    assert.equal((await bulk.run(options)).code, 1);
    assert.equal((await bulk.run(options, { OVS_API_KEY: 'wrong' })).stdout, `1 row: 0 added, 1 left${andSo}\n`);
    assert.deepEqual(bulk.counts, { unknown: 1 });
    const third = await bulk.run(options);
    assert.match(third.stdout, /1 found to be added by an interrupted run/);
    assert.equal(third.code, 0);
  });

  it('failed rows are listed, and tried again by the next run', async (t) => {
    const bulk = new BulkImport(
      t,
      'email,countrycode,type,password\n' +
        'ann@example.com,DE,12,secret\n' +
        'bob@example.com,DE,13,\n' +
        ',DE,12,\n' +
        'ANN@example.com,DE,12,\n' +
        'cid@example.com\n',
    );
    const { code, stdout } = await bulk.run();
    assert.equal(
      stdout.replace(/(OVS_ERR_\w+): .+/g, '$1: …'),
      '5 rows: 1 added, 4 failed\n' +
        'line 3: bob@example.com: OVS_ERR_UNKNOWN_PLAN: …\n' +
        'line 4: (no e-mail): a client needs an e-mail\n' +
        'line 5: ANN@example.com: this e-mail stands in line 2 already\n' +
        'line 6: cid@example.com: OVS_ERR_MISSING_PARAMS: …\n',
    );
    assert.equal(code, 1);
    assert.deepEqual([...bulk.last.keys()], ['ann@example.com', 'bob@example.com', 'cid@example.com']);
    assert.equal(bulk.last.get('bob@example.com').error, 'OVS_ERR_UNKNOWN_PLAN');
    writeFileSync(bulk.file, 'email,countrycode,type\nAnn@example.com,DE,12\nbob@example.com,DE,1\n');
    const second = await bulk.run();
    assert.match(second.stdout, /^2 rows: 1 added, 1 added before\n/);
    assert.equal(second.code, 0);
  });

  it('a client that exists already is a failure, where no run was in doubt', async (t) => {
    const server = await AMAPIServer.start(t);
    const options = ['--', '--api-domain', server.address];
    assert.equal((await new BulkImport(t, header + rows(1)).run(options)).code, 0);
    const { code, stdout } = await new BulkImport(t, header + rows(1)).run(options);
    assert.match(stdout, /1 failed\nline 2: client0@example.com: OVS_ERR_CLIENT_EXISTS/);
    assert.equal(code, 1);
  });

  it('a rehearsal on the sandbox has nothing skipped later', async (t) => {
    const server = await AMAPIServer.start(t);
    const bulk = new BulkImport(t, header + rows(10));
    assert.match((await bulk.run()).stdout, /^10 rows: 10 added\n/);
    assert.match((await bulk.run(['--', '--api-domain', server.address])).stdout, /^10 rows: 10 added\n/);
    await assertAddedOnce(server, 10);
  });

  it('what is not a row\'s fault stops the run', async (t) => {
    const assertStops = async (options, reason, summary) => {
      const bulk = new BulkImport(t, header + rows(1000));
      const { code, stdout, stderr } = await bulk.run(['--', ...options]);
      assert.equal(stderr.split('stopped by').length, 2, 'it is said once');
      assert.match(stderr, reason);
      assert.match(stdout, summary);
      assert.equal(code, 1);
      assert.ok(bulk.last.size < 1000, `${bulk.last.size} were sent`);
      assert.equal(bulk.counts.sent, undefined);
    };
    const nothingAdded = new RegExp(`^1000 rows: 0 added, 1000 left${andSo}\\n$`);
    await assertStops(['--sandbox-api-key', 'other'], /stopped by OVS_ERR_UNAUTHORIZED: /, nothingAdded);
    const isRateLimited = /stopped by OVS_ERR_RATE_LIMITED: .*; try -- --add-client-interval 10\n/;
    const oneAdded = new RegExp(`^1000 rows: 1 added, 999 left${andSo}\\nThe generated`);
    await assertStops(['--sandbox-not-whitelisted'], isRateLimited, oneAdded);
    const isUnreachable = /stopped by OVS_ERR_(NETWORK|TIMEOUT): /;
    await assertStops(['--api-domain', '127.0.0.1:1', '--timeout', '1'], isUnreachable, nothingAdded);
  });

  it('every form of CSV is read', async (t) => {
    const server = await AMAPIServer.start(t);
    const csv =
      '\ufeff"type";"company_name"; email ;countrycode;first_name;last_name;password\r\n' +
      '\r\n' +
      '12;"A ""quoted"" name; with\r\nall\nof it";ann@example.com;DE;Änn;5" tall;" secret "\r\n' +
      '   \n' +
      '1;"";bob@example.com;DE';
    const bulk = new BulkImport(t, csv);
    const { code, stdout } = await bulk.run(['--', '--api-domain', server.address]);
    assert.match(stdout, /^2 rows: 2 added\n/);
    assert.equal(code, 0);
    const { entries } = await server.ask({ do: 'journal' });
    const sent = entries.map(({ fields }) => Object.fromEntries(fields)).sort((a, b) => (a.email < b.email ? -1 : 1));
    assert.deepEqual(sent[0], {
      apikey: 'key', email: 'ann@example.com', password: ' secret ', country: 'DE', type: '12', first_name: 'Änn',
      last_name: '5" tall', company_name: 'A "quoted" name; with\r\nall\nof it',
    });
    assert.deepEqual({ ...sent[1], password: undefined }, {
      apikey: 'key', email: 'bob@example.com', country: 'DE', type: '1', password: undefined,
    });
  });

  it('a CSV file that can not be used is refused before anything is sent', async (t) => {
    for (const [csv, words] of [
      [undefined, /clients.csv can't be read: ENOENT/],
      [Buffer.from(`${header}ann@example.com,DE,12\nb\xfcb@b,DE,12\n`, 'latin1'), /line 3: this is not UTF-8/],
      ['', /line 1: there is no header/],
      ['\n \n', /line 1: there is no header/],
      ['email,type\nann@example.com,12\n', /line 1: the header lacks the column "countrycode"/],
      ['email,country,type\nann@example.com,DE,12\n', /line 1: there is no column "country"/],
      ['email,countrycode,type,email\n', /line 1: the column "email" stands here twice/],
      ['\nann@example.com,DE,12\n', /line 2: there is no column "ann@example.com"/],
      [`${header}"a\nb",DE,12\nann@example.com,DE,12,secret\n`, /line 4: 4 fields, but 3 columns/],
      [`${header}ann@example.com,DE,"12\nbob@example.com,DE,12\n`, /line 2: a quote is not closed/],
      [`${header}ann@example.com,"DE"X,12\n`, /line 2: text behind a closing quote/],
    ]) {
      const bulk = new BulkImport(t, csv);
      const { code, stdout, stderr } = await bulk.run();
      assert.match(stderr, words);
      assert.deepEqual([code, stdout, bulk.results], [65, '', '']);
    }
  });

  it('a results file that is none is left alone', async (t) => {
    const bulk = new BulkImport(t, header + rows(1));
    for (const text of ['email,result\n', 'email,serfdom', 'email,service,result,error,message,password\na,b\n']) {
      writeFileSync(bulk.resultsFile, text);
      const { code, stderr } = await bulk.run();
      assert.equal(code, 65);
      assert.ok(stderr.includes(bulk.resultsFile), stderr);
      assert.equal(bulk.results, text);
    }
    // A header that was torn is begun anew.
    writeFileSync(bulk.resultsFile, 'email,serv');
    assert.equal((await bulk.run()).code, 0);
    assert.match(bulk.results, /^email,service,result,error,message,password\nclient0/);
  });

  it('a password that could not be noted is told of', async (t) => {
    const bulk = new BulkImport(t, header + rows(1000));
    const limited = `ulimit -f 10; exec "$0" "$@"`;
    const args = ['-c', limited, process.execPath, path.join(clientFolder, 'bulk-import.mjs'), bulk.file];
    const options = { env: { ...process.env, OVS_API_KEY: 'key' }, encoding: 'utf8' };
    const { status, stdout } = spawnSync('bash', [...args, '--', '--sandbox-latency', '5'], options);
    assert.equal(status, 65);
    const added = Number(stdout.match(/^1000 rows: (\d+) added/)[1]);
    const told = stdout.match(/added, but its password could not be noted/g).length;
    assert.ok(told > 0);
    // The last record may be torn.
    const noted = bulk.results.slice(0, bulk.results.lastIndexOf('\n')).match(/,added,/g).length;
    assert.equal(added, noted + told);
  });

  it('an import that nobody reads does its work all the same', async (t) => {
    const bulk = new BulkImport(t, header + rows(2000));
    const script = '{ "$0" "$@" -- --sandbox-latency 1; echo "$?" >&3; } 2>&1 3>&2 | true';
    const args = ['-c', script, process.execPath, path.join(clientFolder, 'bulk-import.mjs'), bulk.file];
    spawnSync('bash', args, { env: { ...process.env, OVS_API_KEY: 'key' } });
    assert.deepEqual(bulk.counts, { added: 2000 });
  });

  it('results that can not be written end the run', async (t) => {
    const bulk = new BulkImport(t, header + rows(100));
    const { code, stdout, stderr } = await bulk.run(['--results', '/nowhere/at/all.csv']);
    assert.match(stderr, /^\/nowhere\/at\/all.csv can't be written: ENOENT/m);
    assert.equal(stdout, `100 rows: 0 added, 100 left${andSo}\n`);
    assert.equal(code, 65);
  });

  it('wrong usage, no key, and no bridge are told apart', async (t) => {
    const bulk = new BulkImport(t, header + rows(1));
    for (const option of ['--in-flight=0', '--in-flight=1001', '--in-flight=x', '--other', 'second.csv']) {
      assert.equal((await bulk.run([option])).code, 64, option);
    }
    const noKey = await bulk.run([], { OVS_API_KEY: '' });
    assert.match(noKey.stderr, /there is no API key/);
    assert.equal(noKey.code, 64);
    const noBridge = await bulk.run([], { OVS_BRIDGE: '/nowhere' });
    assert.match(noBridge.stderr, /\/nowhere, from OVS_BRIDGE/);
    assert.equal(noBridge.code, 69);
    assert.equal((await bulk.run([], { OVS_BRIDGE: script(t, 'exit 3') })).code, 69);
    assert.deepEqual(readdirSync(path.dirname(bulk.file)), ['clients.csv']);
    const help = await bulk.run(['--help']);
    assert.match(help.stdout, /^Usage: /);
    assert.equal(help.code, 0);
  });

  it('the key may come from a file, the results go where they are wanted', async (t) => {
    const bulk = new BulkImport(t, header + rows(3));
    const key = `${bulk.file}.key`;
    writeFileSync(key, 'from a file\n');
    const results = `${bulk.file}.out`;
    const options = ['--results', results, '--in-flight', '1', '--', '--api-key-file', key];
    const { code } = await bulk.run(options, { OVS_API_KEY: '' });
    assert.equal(code, 0);
    assert.equal(readFileSync(results, 'utf8').split('\n').length, 8);
    assert.equal(bulk.results, '');
  });

  it('without a terminal the progress is told in lines', async (t) => {
    const bulk = new BulkImport(t, header + rows(150));
    const { stderr } = await bulk.run(['--in-flight', '10', '--', '--sandbox-latency', '100']);
    const lines = stderr.split('\n').filter((line) => line.includes(' of 150'));
    assert.ok(lines.length >= 1 && lines.length <= 10, stderr);
    for (const line of lines) assert.match(line, /^\d+ of 150, \d+ %, \d+(\.\d)?\/s, \d+ s left$/);
  });
});
