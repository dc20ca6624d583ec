// `treadle run --ci` over a real Git repository and the whole server: a good change, a bad one, and what nobody can judge.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { getProposal, listVersionChecks, proposeBranch } from '../../src/changes/contract.ts';
import { getCiReport, type CiReport } from '../../src/ci/contract.ts';
import { moveBranch } from '../../src/data/contract.ts';
import { commitVersion } from '../../src/data/index.ts';
import { setGitHost } from '../../src/githosts/contract.ts';
import { listEntries } from '../../src/ledger/index.ts';
import { listLoops } from '../../src/loops/contract.ts';
import { getModel, getVersion } from '../../src/models/contract.ts';
import { createVersion } from '../../src/models/index.ts';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { listEndpoints } from '../../src/serving/contract.ts';
import { runHere } from '../cli.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { FILE, gated, model } from './pipelines/gated.ts';
import { states, type Project } from './pipelines/project.ts';

let server: TestServer;
/** A GitHub that keeps what it is told of deployments. */
const told: Array<[string | undefined, Record<string, unknown>]> = [];
const host = createServer((asked, answer) => {
  void text(asked).then((body) => {
    told.push([asked.url, JSON.parse(body) as Record<string, unknown>]);
    answer.writeHead(201, { 'content-type': 'application/json' }).end('{"id":5}');
  });
}).listen(0, '127.0.0.1');
before(async () => {
  if (!host.listening) await once(host, 'listening');
  server = await openTest({ config: { allowOutbound: [`127.0.0.1:${portOf()}`] } });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  host.close();
});

const portOf = (): number => (host.address() as AddressInfo).port;

const git = (p: Project, ...args: string[]): string =>
  execFileSync('git', ['-C', p.folder, ...args], { encoding: 'utf8', stdio: 'pipe' });

function repository(name: string): Project {
  const p = gated(server.url, name, `${FILE}loop: { triggers: [{ daily: "03:00 Europe/Berlin" }] }\n`);
  git(p, 'init', '--quiet', '--initial-branch=main');
  git(p, 'config', 'user.name', 'test');
  git(p, 'config', 'user.email', 'test@localhost');
  commit(p, 'the project');
  return p;
}

function commit(p: Project, message: string): string {
  git(p, 'add', '-A');
  git(p, 'commit', '--quiet', '-m', message);
  return git(p, 'rev-parse', 'HEAD').trim();
}

/** Without what the CI system of this very test says. */
async function check(p: Project, ...flags: string[]) {
  const held = { ...process.env };
  for (const name of Object.keys(held)) if (/^(GITHUB|CI)_/.test(name)) delete process.env[name];
  try {
    return await runHere(server.url, 'run', '--ci', '-f', path.join(p.folder, 'treadle.yaml'), ...flags);
  } finally {
    Object.assign(process.env, held);
  }
}

const reportOf = (folder: string): CiReport =>
  JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as CiReport;

const championOf = async (p: Project, name: string): Promise<number | undefined> =>
  (await p.client.call(getModel, { params: { model: name } })).aliases.find(
    ({ alias }) => alias === 'champion',
  )?.version;

test('a good change passes, a bad one is refused beside its base, and neither is promoted or deployed', async () => {
  using p = repository('checked');
  const first = await check(p, '--report', path.join(p.folder, 'treadle-ci'));
  assert.equal(first.code, 0, first.err + first.out);
  assert.match(first.err, /compared with main \(the default branch\)/);
  const report = path.join(p.folder, 'treadle-ci');
  assert.equal(reportOf(report).verdict, 'pass');
  assert.equal(reportOf(report).base?.execution, undefined, 'nothing of main went through before');
  assert.equal(git(p, 'status', '--porcelain'), '', 'git does not see the report');
  assert.equal(git(p, 'worktree', 'list').trim().split('\n').length, 1);
  assert.equal(await championOf(p, 'checked'), undefined, 'a check moves no alias');
  assert.deepEqual((await p.client.call(listEndpoints, { query: { name: 'checked' } })).items, []);

  git(p, 'checkout', '--quiet', '-b', 'worse');
  p.write('model.onnx', model(-1, 0));
  const bad = commit(p, 'another model');
  const second = await check(p, '--report', report, '--base', 'main');
  assert.equal(second.code, 1, second.err + second.out);
  assert.match(second.out, /fail: the gate refuses the model/);
  const said = reportOf(report);
  assert.deepEqual(
    [said.verdict, said.exit_code, said.commit, said.branch, said.base?.branch],
    ['fail', 1, bad, 'worse', 'main'],
  );
  assert.equal(said.base?.same_rows, true);
  const auc = said.metrics.find(({ name }) => name === 'auc');
  assert.equal(auc?.says, 'worse', JSON.stringify(auc));
  assert.ok(auc.difference!.value < -0.3);
  assert.ok(said.rules.some(({ rule, verdict }) => rule === 'auc >= 0.6' && verdict === 'fail'));
  assert.equal(said.proof?.verdict, 'pass');
  const markdown = readFileSync(path.join(report, 'report.md'), 'utf8');
  assert.match(markdown, /^## ✖ fail: the gate refuses the model/);
  assert.match(
    markdown,
    /Compared with `main`: \[execution 1\]\(http.+\/pipelines\/checked\/executions\/1\)/,
  );
  assert.match(markdown, /\| auc ↑ \|.*\*\*worse\*\* \|/);
  assert.match(markdown, /```mermaid\nflowchart LR/);
  const junit = readFileSync(path.join(report, 'junit.xml'), 'utf8');
  assert.match(junit, /<testcase classname="checked\.gate" name="auc &gt;= 0\.6".*<failure message="/);
  assert.match(junit, /<testcase classname="checked\.steps" name="prep" /);
  assert.equal(await championOf(p, 'checked'), undefined);

  const { items } = await p.client.call(listExecutions, { query: { pipeline: 'checked', branch: 'worse' } });
  assert.deepEqual(
    items.map(({ trigger, state, ci }) => [trigger, state, ci?.base]),
    [['ci', 'rejected', 'main']],
  );
  const { items: entries } = await listEntries(server.ctx, { limit: 500 });
  assert.deepEqual(
    entries.filter(({ action }) => /alias|revision|endpoint|loop/.test(action)),
    [],
    'nothing was put to use',
  );

  assert.deepEqual((await p.client.call(listLoops, { query: {} })).items, [], 'a branch brings no loop');

  // What was merged runs as ever: the verdict of the check is heard again, and now it counts.
  git(p, 'checkout', '--quiet', 'main');
  const url = `http://127.0.0.1:${portOf()}`;
  const connection = { kind: 'github' as const, url, repository: 'team/checked', token: 'a-token' };
  await p.client.call(setGitHost, { params: { host: 'checked' }, body: connection });
  const revision = { commit: git(p, 'rev-parse', 'HEAD').trim(), branch: 'main', dirty: false };
  const merged = await p.run({ git: { ...revision, remote: `${url}/team/checked.git` } });
  assert.deepEqual([merged.state, merged.gate?.reused?.number], ['succeeded', 1]);
  assert.equal(await championOf(p, 'checked'), 1);
  await until('the host hears of the deployment', () => told.at(-1)?.[1]['state'] === 'success');
  // It is told how it stands when somebody looks: it may have begun and ended by then.
  const [made, ...statuses] = told;
  assert.deepEqual(
    [made?.[0], made?.[1]['ref'], made?.[1]['environment']],
    ['/api/v3/repos/team/checked/deployments', revision.commit, 'checked'],
  );
  assert.deepEqual(
    new Set(statuses.map(([to]) => to)),
    new Set(['/api/v3/repos/team/checked/deployments/5/statuses']),
  );
  assert.deepEqual(server.errors, []);
});

test('what is no commit is refused, and a trial says so; a step that fails is the fault of the commit', async () => {
  using p = repository('dirty');
  const report = path.join(p.folder, '..', `report-${path.basename(p.folder)}`);
  p.write('prep.sh', 'echo no >&2; exit 3\n');
  const refused = await check(p, '--report', report);
  assert.equal(refused.code, 2);
  assert.match(
    refused.err,
    /prep\.sh differs from the commit, and --ci runs a commit\n {2}→ commit the changes, or .*--allow-dirty/,
  );
  const unjudged = (): string => {
    assert.equal(reportOf(report).exit_code, 2);
    assert.match(readFileSync(path.join(report, 'junit.xml'), 'utf8'), /errors="1"/);
    return readFileSync(path.join(report, 'report.md'), 'utf8');
  };
  assert.match(
    unjudged(),
    /^## \? undecided: the commit could not be checked\n\n- prep\.sh differs .*\n- commit /,
  );

  const tried = await check(p, '--report', report, '--allow-dirty');
  assert.equal(tried.code, 1, tried.err);
  assert.match(tried.err, /this run says nothing about the commit/);
  const said = reportOf(report);
  assert.deepEqual([said.dirty, said.summary], [true, 'step prep failed']);
  assert.match(readFileSync(path.join(report, 'report.md'), 'utf8'), /with changes that no commit has/);
  assert.match(readFileSync(path.join(report, 'junit.xml'), 'utf8'), /name="prep".*<failure .*type="exit"/);
  assert.equal(
    (await p.client.call(listExecutions, { query: { pipeline: 'dirty', branch: 'main' } })).items.length,
    0,
    'what differs from a commit belongs to no branch',
  );

  using plain = gated(server.url, 'plain');
  const none = await check(plain, '--report', report);
  assert.equal(none.code, 2);
  assert.match(none.err, /is in no Git checkout, and --ci runs a commit\n {2}→ run it in a clone/);
  assert.match(unjudged(), /is in no Git checkout/, 'nothing of the run before stays');
  git(p, 'checkout', '--quiet', '.');
  const before = (await p.client.call(listExecutions, { query: { pipeline: 'dirty' } })).items.length;
  for (const bad of [path.join(p.folder, 'prep.sh'), path.join(p.folder, 'prep.sh', 'x'), '/proc/x']) {
    const { code, err } = await check(p, '--report', bad);
    assert.equal(code, 2, err);
    assert.match(err, /the reports cannot be written to .*\n {2}→ name a folder/);
  }
  assert.equal(
    (await p.client.call(listExecutions, { query: { pipeline: 'dirty' } })).items.length,
    before,
    'looked at before the run',
  );
  const url = process.env['TREADLE_TOKEN'];
  process.env['TREADLE_TOKEN'] = 'bad';
  const token = await check(p, '--report', report);
  if (url === undefined) delete process.env['TREADLE_TOKEN'];
  else process.env['TREADLE_TOKEN'] = url;
  assert.equal(token.code, 2);
  assert.match(unjudged(), /could not be checked\n\n- .*token/);
  p.write('treadle.yaml', 'name: dirty\nsteps: [\n');
  commit(p, 'no YAML');
  assert.equal((await check(p, '--report', report)).code, 2);
  assert.match(unjudged(), /could not be checked\n\n- treadle\.yaml/);
  writeFileSync(path.join(plain.folder, 'x'), '');
  assert.equal(readdirSync(plain.folder).includes('treadle-ci'), false);
});

test('the report says what was left out of the project', async () => {
  using p = repository('links');
  symlinkSync('/etc/hostname', path.join(p.folder, 'out'));
  symlinkSync('nowhere', path.join(p.folder, 'dangling'));
  symlinkSync('prep.sh', path.join(p.folder, 'inside'));
  git(p, 'update-index', '--add', '--cacheinfo', `160000,${git(p, 'rev-parse', 'HEAD').trim()},part`);
  mkdirSync(path.join(p.folder, 'part'));
  git(p, 'add', 'out', 'dangling', 'inside');
  git(p, 'commit', '--quiet', '-m', 'links');
  const report = path.join(p.folder, 'treadle-ci');
  const { code, err } = await check(p, '--report', report);
  assert.equal(code, 0, err);
  const { warnings } = reportOf(report);
  for (const name of ['out', 'dangling', 'part']) {
    assert.match(warnings.join('\n'), new RegExp(`^${name} is a .*left out`, 'm'));
    assert.match(err, new RegExp(`^warning: ${name} is a .*left out`, 'm'));
  }
  assert.equal(warnings.length, 3, 'a link to a file of the project is that file');
  assert.match(readFileSync(path.join(report, 'report.md'), 'utf8'), /part is a submodule; it was left out/);
});

/** Reads a dataset, and splits it by day. */
const SAMPLED = FILE.replace('params: { rows: 2000, leak: 0 }', 'data: { rows: NAME-rows@main }')
  .replace('sh prep.sh {train} {holdout} {rows} {leak}', 'sh split.sh {rows} {train} {holdout}')
  .replace('code: [prep.sh]', 'code: [split.sh]');
const SPLIT = `set -e
for to in "$2" "$3"; do head -1 "$1/rows.csv" > "$to"; done
tail -n +2 "$1/rows.csv" | awk -F, -v train="$2" -v holdout="$3" '{ print >> ($2 < "2001-02" ? train : holdout) }'
`;

test('a check on a sample takes the same rows each time, is no base, and its model is put to no use', async () => {
  using p = gated(server.url, 'sampled', SAMPLED).write('split.sh', SPLIT);
  const rows = Array.from({ length: 40_000 }, (_, i) => {
    const [a, b] = [((i * 7919) % 1000) / 1000, ((i * 104_729) % 1000) / 1000];
    const day = `2001-${i < 20_000 ? '01' : '02'}-${String((i % 28) + 1).padStart(2, '0')}`;
    return `${i},${day},${a},${b},${a + (b - 0.5) * 0.5 > 0.5 ? 1 : 0}\n`;
  });
  const { hash, size } = await server.ctx.blobs.put(Buffer.from(`id,day,a,b,late\n${rows.join('')}`));
  await commitVersion(server.ctx, { dataset: 'sampled-rows', files: [{ path: 'rows.csv', hash, size }] });
  git(p, 'init', '--quiet', '--initial-branch=main');
  git(p, 'config', 'user.name', 'test');
  git(p, 'config', 'user.email', 'test@localhost');
  commit(p, 'the project');
  const folder = path.join(p.folder, 'treadle-ci');
  const report = async (...flags: string[]): Promise<CiReport> => {
    const { code, err, out } = await check(p, '--report', folder, ...flags);
    assert.equal(code, 0, err + out);
    return reportOf(folder);
  };
  const whole = await report();
  assert.equal(whole.sample, undefined);
  const part = await report('--sample', '5%', '--base', 'main');
  assert.deepEqual([part.sample, part.verdict, part.proof?.verdict], ['5%', 'pass', 'pass']);
  const [data] = part.data;
  assert.deepEqual([data?.dataset, data?.version, data?.text], ['sampled-rows', 'v1', 'the same']);
  assert.ok(
    data?.sample && data.sample.total === 40_000 && data.sample.kept > 1600 && data.sample.kept < 2400,
  );
  assert.ok(part.rows! < whole.rows! / 10, `${part.rows} of ${whole.rows} rows`);
  assert.deepEqual([part.base?.number, part.base?.same_rows], [whole.number, false]);
  assert.notEqual(part.model?.version, whole.model?.version, 'another key, another model');
  const markdown = readFileSync(path.join(folder, 'report.md'), 'utf8');
  assert.match(markdown, /\*\*On a sample of 5% of the data\*\*/);
  assert.match(markdown, /\d,\d{3} of 40,000 rows were read; the same/);

  // The second time everything comes from the cache; a sample is never the base of another.
  const again = await report('--sample', '0.05', '--base', 'main');
  assert.deepEqual(
    again.steps.map(({ state }) => state),
    ['cached', 'cached'],
  );
  assert.deepEqual([again.base?.number, again.model], [whole.number, part.model]);
  // What is trained on a part of the data is put to no use, whoever asks.
  const version = part.model!.version;
  for (const args of [
    ['deploy', `sampled@v${version}`, '--to', 'sampled'],
    ['models', 'alias', 'sampled', 'champion', version],
  ]) {
    const { code, err } = await runHere(server.url, ...args);
    assert.notEqual(code, 0);
    assert.match(err, /was trained on a sample of 5%\n {2}→ run the pipeline on all of its data/);
  }
  assert.equal(await championOf(p, 'sampled'), undefined);
  const refused = await check(p, '--sample', '100%');
  assert.match(refused.err, /Write it as 5% or 0\.05/);
  assert.deepEqual(server.errors, []);
});

/** The same project, that says which changes it checks. */
const WATCHING = `${SAMPLED}when: { dataset_proposed: rows, version_registered: NAME }
`;

const commitRows = async (
  dataset: string,
  branch: string,
  rows: string[],
  message: string,
): Promise<string> => {
  const { hash, size } = await server.ctx.blobs.put(Buffer.from(`id,day,a,b,late\n${rows.join('')}`));
  const { version } = await commitVersion(server.ctx, {
    dataset,
    branch,
    message,
    files: [{ path: 'rows.csv', hash, size }],
  });
  return version.name;
};

/** `wrong`: the share of the labels of the later days that are turned round. */
const rowsOf = (count: number, wrong = 0): string[] =>
  Array.from({ length: count }, (_, i) => {
    const [a, b] = [((i * 7919) % 1000) / 1000, ((i * 104_729) % 1000) / 1000];
    const later = i >= count / 2;
    const late = a + (b - 0.5) * 0.5 > 0.5 !== (later && (i % 100) / 100 < wrong);
    return `${i},2001-${later ? '02' : '01'}-${String((i % 28) + 1).padStart(2, '0')},${a},${b},${late ? 1 : 0}\n`;
  });

test('a dataset branch that is proposed is checked on the proposed data, a moved branch voids it, and a protected branch takes nothing else', async () => {
  using p = gated(server.url, 'watching', WATCHING).write('split.sh', SPLIT);
  const cli = (...args: string[]) => runHere(server.url, ...args);
  const dataset = 'watching-rows';
  await commitRows(dataset, 'main', rowsOf(4000), 'the first');
  const first = await p.run();
  assert.equal(first.state, 'succeeded', first.reason ?? '');
  const show = (number: number) => p.client.call(getProposal, { params: { dataset, number } });
  const checked = (number: number, head: string) =>
    until(`the check of ${head}`, async () => {
      const one = await show(number);
      return (
        one.head === head &&
        one.checks.length > 0 &&
        one.checks.every(({ ended_at: at }) => at !== undefined) &&
        one
      );
    });

  await commitRows(dataset, 'fix', rowsOf(4000, 0.9), 'labels are turned round');
  assert.equal((await cli('data', 'protect', `${dataset}@main`)).code, 0);
  const proposed = await cli('data', 'propose', `${dataset}@fix`, '-m', 'mended');
  assert.equal(proposed.code, 0, proposed.err);
  assert.match(proposed.out, /watching-rows#1 is open: fix \(v2\) into main \(v1\), which is protected/);
  assert.match(
    (await cli('data', 'propose', `${dataset}@fix`)).err,
    /is proposed for main already: watching-rows#1/,
  );
  const bad = await checked(1, 'v2');
  assert.deepEqual(
    bad.checks.map(({ pipeline, verdict }) => [pipeline, verdict]),
    [['watching', 'fail']],
    JSON.stringify(bad),
  );
  assert.match(bad.blocked.join(), /the check of watching did not pass: the gate refuses the model/);
  const shown = await cli('data', 'proposal', `${dataset}#1`, '--report');
  assert.equal(shown.code, 1);
  assert.match(shown.out, /proposal 1 for watching-rows: version v2 of `fix`, to be merged into `main`/);
  assert.match(shown.out, /Compared with `last run`: \[execution 1\]/);
  assert.match(shown.out, /files: 1 modified|0 added, 0 removed, 1 modified, 0 renamed/);
  for (const [args, why] of [
    [['data', 'merge', `${dataset}#1`], /did not pass: the gate refuses the model/],
    [
      ['data', 'branch', dataset, 'main', '--at', 'fix', '-m', 'by hand'],
      /protected: it changes by merged proposals alone/,
    ],
    [['data', 'rm', dataset, '--whole'], /branch 'main' of dataset 'watching-rows' is protected/],
  ] as const) {
    const { code, err } = await cli(...args);
    assert.notEqual(code, 0);
    assert.match(err, why);
  }
  await assert.rejects(commitRows(dataset, 'main', rowsOf(10), 'past it'), /protected/);

  // A commit to the branch voids what was said of the version before, and is checked by itself.
  await commitRows(dataset, 'fix', rowsOf(6000), 'more rows');
  const good = await checked(1, 'v3');
  assert.deepEqual(
    [good.checks.map(({ verdict }) => verdict), good.void_checks.map(({ verdict }) => verdict), good.blocked],
    [['pass'], ['fail'], []],
  );
  const { data, proof, change } = (
    await p.client.call(getCiReport, { params: { execution: good.checks[0]?.execution ?? '' }, query: {} })
  ).report;
  assert.deepEqual([data[0]?.before, data[0]?.version, proof?.verdict], ['v1', 'v3', 'pass']);
  assert.equal(change?.kind, 'dataset_proposed');
  assert.match(
    (await cli('data', 'merge', `${dataset}#1`, '--head', 'v2')).err,
    /it is at v3, and you looked at v2/,
  );
  const merged = await cli('data', 'merge', `${dataset}#1`);
  assert.deepEqual([merged.code, merged.out.trim()], [0, `${dataset}@main is at v3`], merged.err);
  assert.match((await cli('data', 'close', `${dataset}#1`)).err, /watching-rows#1 is merged already/);

  // What main has and the branch does not know would be lost.
  await p.client.call(moveBranch, { params: { dataset, branch: 'old' }, body: { to: 'v1' } });
  await commitRows(dataset, 'old', rowsOf(4100), 'of before');
  const { blocked } = await p.client.call(proposeBranch, { params: { dataset }, body: { branch: 'old' } });
  assert.match(blocked.join(), /has moved on to v3, which old was not made from/);
  assert.equal((await cli('data', 'close', `${dataset}#2`, '-m', 'late')).code, 0);

  // Each is an event that fired once, whatever hears of it again.
  const { items } = await p.client.call(listExecutions, { query: { pipeline: 'watching' } });
  const versions = items.flatMap(({ ci }) =>
    ci?.change?.kind === 'dataset_proposed' ? ci.change.version : [],
  );
  assert.deepEqual(versions.filter((version) => version !== 'v4').toSorted(), ['v2', 'v3']);
  assert.equal(await championOf(p, 'watching'), 1, 'a check moves no alias');
  assert.deepEqual(server.errors, []);
});

test('a version that is registered is judged by the gate of who asks for it, once, and not by who made it', async () => {
  using p = gated(server.url, 'asking', FILE + 'when: { version_registered: [asking, other] }\n');
  const first = await p.run();
  assert.equal(first.state, 'succeeded', first.reason ?? '');
  const checksOf = async (model: string, version: number) =>
    (await p.client.call(listVersionChecks, { params: { model, version: String(version) } })).items;
  const made = await createVersion(server.ctx, {
    model: 'other',
    source: 'models:/asking/1',
    makeModel: true,
  });
  const [check] = await until('the version is judged', async () => {
    const found = await checksOf('other', made.version);
    return found[0]?.ended_at !== undefined && found;
  });
  assert.deepEqual([check?.pipeline, check?.verdict], ['asking', 'pass'], JSON.stringify(check));
  const run = await p.get(check?.execution ?? '');
  assert.deepEqual(states(run), { prep: 'cached' }, 'nothing is trained for it');
  assert.deepEqual([run.model_version, run.trigger], [{ name: 'other', version: '1' }, 'ci']);
  assert.equal(
    (await p.client.call(getVersion, { params: { model: 'other', version: '1' } })).version.tags[
      'treadle.gate'
    ],
    'pass',
  );
  assert.deepEqual(await checksOf('asking', 1), [], 'its own gate has judged it');
  assert.equal(await championOf(p, 'other'), undefined);
  assert.deepEqual(server.errors, []);
});
