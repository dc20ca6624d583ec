import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { Command } from 'commander';
import { runHere } from '../../../test/cli.ts';
import { createClient } from './client.ts';
import { completionScript } from './completion.ts';

/** A command line that must need no server: nobody listens at the discard port. */
const run = (...argv: string[]): ReturnType<typeof runHere> => runHere('http://127.0.0.1:9', ...argv);

test('a wrong use names what was wrong and what to do, and ends with 2', async () => {
  for (const [line, message] of [
    [
      'executions --limit abc',
      /option '-n, --limit <n>' argument 'abc' is invalid\. Give a whole number, 1 or more/,
    ],
    ['data log flights --limit 0', /--limit <n>' argument '0' is invalid\. Give a whole number, 1 or more/],
    ['runs ls --limit 1.5', /--limit/],
    [
      'token create x --days -5',
      /--days <days>' argument '-5' is invalid\. Give a whole number from 1 to 3650/,
    ],
    [
      'token create x --role king',
      /--role <role>' argument 'king' is invalid\. It must be viewer, editor, approver, admin or owner/,
    ],
    ['ledger log --since garbage', /--since <time>' argument 'garbage' is invalid\. Write it as 2026-11-23/],
    ['ledger log x', /the entry is 'x'\. Give a whole number/],
    ['runs judge r good --reason y', /the verdict is 'good'\. It must be accepted, rejected or inconclusive/],
    ['reproduce r --tolerance none', /--tolerance <number>' argument 'none' is invalid\. Give a number/],
    ['plan -p depth', /--param <name=value>' argument 'depth' is invalid\. Write it as depth=8/],
    ['completion tcsh', /the shell is 'tcsh'\. It must be bash, zsh or fish/],
    ['data comit', /unknown command 'comit'\n\(Did you mean commit\?\)/],
    ['data show', /missing required argument 'ref'/],
    [
      'release late@v1 --to late --rule r',
      /option '--rule' needs --data and --label too: a gate judges on data/,
    ],
    [
      'release late@v1 --key id --data d@v1',
      /option '--key' needs --label too: a gate judges on data by a label/,
    ],
    ['release late@v1 --to late --time day', /option '--time' needs --data and --label too/],
    ['release late@v1 --to late --label late', /option '--label' needs --data too/],
    ['release late@v1 --data d@v1 --label late --expects 0', /option '--expects' needs --to too/],
    ['release late@v1 --replace other', /option '--replace' needs --to too/],
    ['release late@v1 --data d@v1 --label late --rollout', /option '--rollout' needs --to too/],
    [
      'release late@v1 --to late --every 5m',
      /option '--every' needs --rollout too: it is a part of a rollout/,
    ],
    ['release late@v1 --to late --rollout=5,x', /argument '5,x' is invalid\. Write percents as 0\.5,5,25,50/],
    ['release promote 0123', /required option '-m, --reason <text>' not specified/],
    ['release late@v1', /nothing is asked for: say --data and --label to have it judged, --to/],
    ['release cancel', /nothing is asked for: .*; to cancel a release: treadle cancel ID/],
    ['releases 0123 --state failed', /option '--state' says nothing here: it chooses from a list/],
    ['releases 0123 --limit 3', /option '--limit' says nothing here/],
    ['evaluate list --rule r', /option '--rule' says nothing here: it is for treadle evaluate <model>/],
    ['endpoints --rm', /option '--rm' says nothing here: name the endpoint/],
    ['endpoints --records none', /option '--records' says nothing here: name the endpoint/],
    ['endpoints late --model late', /option '--model' says nothing here/],
    ['endpoints --keep 90d', /option '--keep' says nothing here: name the endpoint/],
    ['endpoints --drop name', /option '--drop' says nothing here: name the endpoint/],
    ['user role bob banana', /the role is 'banana'\. It must be viewer, editor, approver or admin/],
    ['endpoints late --reason why', /option '--reason' says nothing here: it says why/],
    ['endpoints late --drop a --hash a', /two things are said of column 'a'/],
    ['endpoints late --sample 1.5', /argument '1\.5' is invalid\. Give a share above 0/],
    ['endpoints late --rm --records none', /option '--records' says nothing here: --rm takes/],
  ] as const) {
    const { code, out, err } = await run(...line.split(' '));
    assert.equal(code, 2, line);
    assert.match(err, /^treadle: /, line);
    assert.match(err, message, line);
    assert.equal(out, '', line);
    const told = await run(...line.split(' '), '--json');
    assert.deepEqual([told.code, told.out], [2, ''], line);
    const { error } = JSON.parse(told.err) as { error: { kind: string; message: string } };
    assert.equal(error.kind, 'usage', line);
    assert.match(error.message, message, line);
  }
});

test('help says of an option that it must be given', async () => {
  assert.match((await run('pin', '--help')).out, /--reason <text> .*\(required\)/s);
  assert.doesNotMatch((await run('release', '--help')).out, /\(required\)/);
});

test('a group without a command is its list, where it has one', async () => {
  for (const line of ['runs', 'models', 'data', 'experiments', 'token', 'workspace', 'ledger', 'evaluate'])
    for (const words of [[line], [line, '--json'], ['--json', line]]) {
      const { code, err } = await run(...words);
      // It asks the server, which is not there; a help text would ask nobody.
      assert.equal(code, 1, words.join(' '));
      assert.match(err, /no Treadle server answers/, words.join(' '));
    }
  assert.equal((await run('runs', '--limit', '5')).code, 1);
  assert.match((await run('evaluate', '--data', 'x@v1')).err, /missing required argument 'model'/);
  assert.equal((await run('predictions')).code, 2, 'there is no list of them');
  const help = await run('runs', '--help');
  assert.deepEqual([help.code, help.err], [0, '']);
  assert.match(help.out, /`treadle runs` alone is `runs ls`\./);
  for (const words of [['comit'], ['--json', 'comit']])
    assert.match((await run('data', ...words)).err, /Did you mean commit/);
});

test('a server that is not there, and an address that is none, say what to do and end with 1', async () => {
  const away = await run('whoami');
  assert.deepEqual([away.code, away.out], [1, '']);
  assert.match(
    away.err,
    /no Treadle server answers at http:\/\/127\.0\.0\.1:9\n {2}→ start one with: treadle server/,
  );
  const nowhere = await run('whoami', '--json');
  assert.equal((JSON.parse(nowhere.err) as { error: { kind: string } }).error.kind, 'unavailable');
  assert.throws(() => createClient({ TREADLE_URL: 'localhost' }), {
    message: "TREADLE_URL is 'localhost'",
    hint: 'write it as http://127.0.0.1:5000',
  });
});

test('the port of the models says that it is not the server’s', async () => {
  const models = createServer((_asked, answer) => {
    const error =
      'nothing answers to GET /api/v1/runs here (this port answers /v2/…, /v1/models/… and /ping)';
    answer
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error, message: error }));
  }).listen(0, '127.0.0.1');
  await once(models, 'listening');
  const { port } = models.address() as AddressInfo;
  const { code, err } = await runHere(`http://127.0.0.1:${port}`, 'whoami');
  models.close();
  assert.equal(code, 1);
  assert.match(
    err,
    /this port answers \/v2\/.*\n {2}→ .* is where models answer: TREADLE_URL names the server/,
  );
});

test('completion offers commands, after a dash options, and leaves the rest to the shell', () => {
  const program = new Command('treadle').option('--json');
  const data = program.command('data');
  data.command('commit <dataset>').option('--message <text>');
  data.command('checkout <ref>');
  const offered = (...words: string[]): string =>
    execFileSync(
      'bash',
      [
        '-c',
        `${completionScript('bash', program)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _treadle; echo "\${COMPREPLY[*]}"`,
        '-',
        ...words,
      ],
      { encoding: 'utf8' },
    ).trim();
  assert.equal(offered('treadle', ''), 'data');
  assert.equal(offered('treadle', 'data', 'c'), 'commit checkout');
  assert.equal(offered('treadle', 'data', '--json', 'comm'), 'commit');
  assert.equal(offered('treadle', 'data', 'commit', ''), '');
  assert.equal(offered('treadle', 'data', 'commit', 'flights', '--m'), '--message');
});

const treadle = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'treadle');

/** The real program with an output of its own; a pipe's reader leaves at once. */
async function print(words: string, stdout: 'pipe' | number): Promise<{ code: number | null; err: string }> {
  const child = spawn(treadle, words.split(' '), { stdio: ['ignore', stdout, 'pipe'] });
  child.stdout?.destroy();
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { err: child.stderr ? await text(child.stderr) : '', code: await code };
}

test('a reader that has seen enough ends a command quietly; a full disk is one line', async () => {
  for (const words of ['--help', 'completion bash', 'data --help']) {
    const { code, err } = await print(words, 'pipe');
    assert.deepEqual([err, code === 141 || code === 0], ['', true], `${words}: ${code}`);
  }
  const full = openSync('/dev/full', 'w');
  try {
    const { code, err } = await print('--help', full);
    assert.equal(code, 1);
    assert.match(err, /^treadle: the output could not be written: ENOSPC[^\n]*\n$/);
  } finally {
    closeSync(full);
  }
});
