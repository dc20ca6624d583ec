// The gate and the deployment of treadle.yaml, against the whole server with a real model: pass, refuse, resume.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { listEntries } from '../../src/ledger/index.ts';
import { getModel, getVersion } from '../../src/models/contract.ts';
import { cancelExecution, reproduceRun, type ExecutionDetail } from '../../src/pipelines/contract.ts';
import { TreadleError } from '../../src/platform/errors/index.ts';
import { getEndpoint, listEndpoints, listRevisions, rollback } from '../../src/serving/contract.ts';
import { getEvaluation, listEvaluations } from '../../src/validation/contract.ts';
import { openTest, type TestServer } from '../harness.ts';
import { linearOnnx } from '../onnx-model.ts';
import { ServerProcess } from './kill/server-process.ts';
import { FILE, gated as project, MLMODEL, model, PREP } from './pipelines/gated.ts';
import { states, stepOf, type Project } from './pipelines/project.ts';

let server: TestServer;
before(async () => {
  server = await openTest();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

/** A command line in the folder of a project. The server runs in this process, which must go on meanwhile. */
async function command(
  p: Project,
  args: string[],
): Promise<Record<'stdout' | 'stderr', string> & { status: number }> {
  try {
    const env = { ...process.env, TREADLE_URL: p.client.url };
    const said = await promisify(execFile)(treadle, args, { cwd: p.folder, env });
    return { ...said, status: 0 };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

const evaluationsOf = async (p: Project, name: string) =>
  (await p.client.call(listEvaluations, { query: { model: name } })).items;
const revisionsOf = async (p: Project, endpoint: string) =>
  (await p.client.call(listRevisions, { params: { endpoint }, query: {} })).items;
const championOf = async (p: Project, name: string): Promise<number | undefined> =>
  (await p.client.call(getModel, { params: { model: name } })).aliases.find(
    ({ alias }) => alias === 'champion',
  )?.version;

async function predict(p: Project, name: string, row: [number, number]): Promise<[number, string | null]> {
  const { endpoint } = await p.client.call(getEndpoint, { params: { endpoint: name } });
  const answer = await fetch(`${endpoint.address}/v2/models/${name}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: row }] }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { outputs } = (await answer.json()) as { outputs: Array<{ data: number[] }> };
  return [outputs[0]!.data[0]!, answer.headers.get('x-treadle-model-version')];
}

const judging = ({ gate, state }: ExecutionDetail): boolean => {
  assert.ok(state === 'queued' || state === 'running', 'it ended before anybody saw it judge');
  return gate?.stage !== undefined;
};

async function assertRejected(p: Project, name: string, execution: ExecutionDetail, reason: RegExp) {
  assert.equal(execution.state, 'rejected', JSON.stringify(execution.reason));
  assert.match(execution.reason ?? '', reason);
  assert.match(execution.reason ?? '', /nothing was deployed/);
  assert.equal(execution.deployment, undefined);
  const { version } = await p.client.call(getVersion, { params: { model: name, version: '1' } });
  assert.equal(version.tags['treadle.gate'], execution.gate?.verdict, 'registered, with the verdict');
  assert.equal(await championOf(p, name), undefined);
  const { items } = await p.client.call(listEndpoints, { query: { name } });
  assert.deepEqual(items, []);
}

test('what passes becomes champion and answers; the second time nothing is judged or deployed again', async () => {
  using p = project(server.url, 'passes');
  const first = await p.run();
  assert.equal(first.state, 'succeeded', JSON.stringify([first.reason, first.gate]));
  assert.deepEqual(first.warnings, []);
  assert.equal(first.gate?.verdict, 'pass');
  assert.equal(first.gate.proof?.verdict, 'pass');
  assert.ok(first.gate.rules.some(({ rule, verdict }) => rule === 'auc >= 0.6' && verdict === 'pass'));
  assert.equal(await championOf(p, 'passes'), 1);
  assert.deepEqual(
    [first.deployment?.state, first.deployment?.endpoint, first.deployment?.revision],
    ['live', 'passes', 1],
  );
  assert.deepEqual(await predict(p, 'passes', [0.25, 9]), [0.25, '1']);

  const evaluation = await p.client.call(getEvaluation, { params: { evaluation: first.gate.evaluation! } });
  assert.equal(evaluation.execution, first.id);
  assert.equal(evaluation.rows, 2000);
  const [revision] = await revisionsOf(p, 'passes');
  assert.equal(revision!.note, 'execution 1 of passes');
  const { items: entries } = await listEntries(server.ctx, { resource: `execution:${first.id}`, limit: 100 });
  const ended = entries.find(({ action }) => action === 'execution.succeeded');
  assert.deepEqual(
    ended?.edges?.map(({ from, to, relation }) => [from, relation, to]),
    [
      [`execution:${first.id}`, 'judged-by', `evaluation:${evaluation.id}`],
      [`execution:${first.id}`, 'deployed', revision!.ref],
    ],
  );

  const second = await p.run();
  assert.deepEqual(states(second), { prep: 'cached', train: 'cached' });
  assert.deepEqual(second.gate?.reused, { execution: first.id, number: 1 });
  assert.equal(second.gate?.evaluation, evaluation.id);
  assert.equal(second.deployment?.reused, true);
  assert.equal((await evaluationsOf(p, 'passes')).length, 1);
  assert.equal((await revisionsOf(p, 'passes')).length, 1);

  const forced = await p.run({ force: true });
  assert.equal(forced.gate?.reused, undefined, 'force judges again');
  assert.equal((await evaluationsOf(p, 'passes')).length, 2);

  // A repetition proves the steps; it must not touch what is in use.
  const repeated = await p.client.call(reproduceRun, {
    params: { run: stepOf(first, 'train').run_id! },
    body: {},
  });
  const again = await p.ended(repeated.id);
  assert.deepEqual([again.state, again.gate, again.deployment], ['succeeded', undefined, undefined]);
  assert.deepEqual(server.errors, []);
});

test('a rule that is not met rejects: registered, tagged, not deployed; the command says each rule and ends with 1', async () => {
  using p = project(server.url, 'weak');
  p.write('model.onnx', model(-1, 0));
  const execution = await p.run();
  assert.equal(execution.gate?.verdict, 'fail');
  await assertRejected(p, 'weak', execution, /the gate refused weak version 1: .*auc >= 0\.6/);

  const { status, stdout, stderr } = await command(p, ['run']);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /✖ gate {3,}fail for weak version 1 on prep\.holdout, judged in execution 1/);
  assert.match(stdout, /✖ auc >= 0\.6: /);
  assert.match(stdout, /✔ p95_latency_ms < 60000: /);
  assert.match(stdout, /✔ None of 2,000 rows/, 'the proof in one sentence');
  assert.match(stderr, /weak #2 was rejected by its gate/);
  assert.match(stderr, /was neither made champion nor deployed/);

  // A person may deploy it all the same, and is told.
  const deployed = await command(p, ['deploy', 'weak@v1']);
  assert.equal(deployed.status, 0, deployed.stderr);
  assert.match(
    deployed.stderr,
    /warning: weak v1 was refused by its newest gate \(fail, evaluation [0-9a-f]{32}\): auc/,
  );
  const [revision] = await revisionsOf(p, 'weak');
  const { items } = await listEntries(server.ctx, { resource: revision!.ref, limit: 10 });
  const asked = items.find(({ action }) => action === 'revision.requested');
  assert.deepEqual((asked!.after as { warnings?: string[] }).warnings, revision!.warnings);
});

test('what a person took away stays away: an unchanged pipeline does not undo a rollback', async () => {
  using p = project(server.url, 'taken');
  await p.run();
  p.write('model.onnx', model(1, 0.1));
  const second = await p.run();
  assert.equal(second.deployment?.revision, 2, String(second.reason));
  await p.client.call(rollback, { params: { endpoint: 'taken' }, body: { note: 'too slow', wait_s: 300 } });
  assert.equal((await predict(p, 'taken', [0.5, 0.5]))[1], '1');

  const again = await p.run();
  assert.deepEqual([again.state, again.deployment?.state], ['succeeded', 'held'], String(again.reason));
  assert.match(
    again.deployment?.problem ?? '',
    /^revision 3 took taken v2 away from taken \(a rollback by local owner: “too slow”\), .* treadle deploy taken@v2 --to taken$/,
  );
  assert.equal(again.gate?.is_champion, true, 'the rollback moved traffic, not the alias');
  assert.equal((await revisionsOf(p, 'taken')).length, 3);
  const told = await command(p, ['run']);
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, /not deployed: revision 3 took taken v2 away/);

  // On purpose it comes back, and from then on the pipeline finds it there.
  const meant = await command(p, ['deploy', 'taken@v2']);
  assert.equal(meant.status, 0, meant.stderr);
  const after = await p.run();
  assert.deepEqual([after.deployment?.state, after.deployment?.reused], ['live', true]);
  // By hand another version: that, too, is a person's word.
  await command(p, ['deploy', 'taken@v1']);
  assert.equal((await p.run()).deployment?.state, 'held');
  // A new version is a new question.
  p.write('model.onnx', model(1, 0.2));
  const third = await p.run();
  assert.deepEqual([third.deployment?.state, third.deployment?.revision], ['live', 6], String(third.reason));
});

test('who is the champion is said as it is: none yet, itself, or another; what is in use from before is said to be', async () => {
  const versus = FILE.replace('rules: [auc >= 0.6,', 'rules: [auc > champion.auc, auc >= 0.6,');
  using p = project(server.url, 'titles', versus);
  const ruleOf = ({ gate }: ExecutionDetail) => gate?.rules.find(({ rule }) => rule === 'auc > champion.auc');
  const first = await p.run();
  assert.equal(first.state, 'succeeded', String(first.reason));
  assert.match(ruleOf(first)!.reason, /^no champion yet/);
  assert.deepEqual([first.gate?.is_champion, first.gate?.compared_with], [undefined, undefined]);
  // From the cache, and judged again because another rule changed.
  for (const limit of [60000, 60001]) {
    p.write('treadle.yaml', versus.replace('< 60000', `< ${limit}`).replaceAll('NAME', 'titles'));
    const again = await p.run();
    assert.equal(again.state, 'succeeded', String(again.reason));
    assert.equal(again.gate?.reused === undefined, limit === 60001);
    assert.match(ruleOf(again)!.reason, /^it is the champion itself/);
    assert.deepEqual([again.gate?.is_champion, again.gate?.compared_with], [true, undefined]);
  }
  // Stricter rules refuse what is in use: it stays so, and that is said.
  p.write('treadle.yaml', versus.replace('auc >= 0.6', 'auc >= 0.9999').replaceAll('NAME', 'titles'));
  const refused = await p.run();
  assert.equal(refused.state, 'rejected');
  assert.match(
    refused.reason ?? '',
    /it is the champion and answers at endpoint titles from before, and stays so \(to end that: treadle rollback titles\)$/,
  );
  assert.match(refused.gate?.in_use ?? '', /^it is the champion/);
  const { stderr } = await command(p, ['run']);
  assert.doesNotMatch(stderr, /nothing uses it|neither made champion/);
});

test('an endpoint of another model with other inputs is not taken over unless the file says so', async () => {
  using first = project(server.url, 'owns');
  await first.run();
  const wide = FILE.replace('deploy: { endpoint: NAME }', 'deploy: { endpoint: owns }');
  using p = project(server.url, 'takes', wide);
  p.write('model.onnx', linearOnnx([1, 0, 0], 0))
    .write('MLmodel', MLMODEL.replace('"x"', '"rows"').replace('[-1, 2]', '[-1, 3]'))
    .write('input_example.json', JSON.stringify({ inputs: [[0.1, 0.2, 0.3]] }))
    .write(
      'prep.sh',
      PREP.replaceAll('day,a,b,late', 'day,a,b,c,late').replace('%s,%s,%d\\n', '%s,%s,0.5,%d\\n'),
    );
  const refused = await p.run();
  assert.deepEqual([refused.state, refused.deployment?.state], ['failed', 'failed'], String(refused.reason));
  assert.match(
    refused.reason ?? '',
    /endpoint 'owns' serves another model, owns v1, and takes v1 takes other inputs: /,
  );
  assert.match(refused.reason ?? '', /--replace owns/);
  assert.equal((await revisionsOf(p, 'owns')).length, 1);
  p.write(
    'treadle.yaml',
    wide.replace('endpoint: owns', 'endpoint: owns, replace: owns').replaceAll('NAME', 'takes'),
  );
  const meant = await p.run();
  assert.equal(meant.deployment?.state, 'live', String(meant.reason));
  assert.match(meant.deployment?.warnings?.[0] ?? '', /^takes v1 takes other inputs than owns v1/);
});

test('training rows planted among those of the gate are found, and the model is refused', async () => {
  using p = project(server.url, 'leaks');
  const execution = await p.run({ params: { leak: 100 } });
  assert.equal(execution.gate?.verdict, 'fail');
  assert.equal(execution.gate.proof?.verdict, 'fail');
  await assertRejected(p, 'leaks', execution, /\b100\b/);
  const { proof } = await p.client.call(getEvaluation, {
    params: { evaluation: execution.gate.evaluation! },
  });
  assert.equal(proof?.overlapping_rows, 100);
  assert.equal(proof.overlaps[0]?.values['id'], '0', 'the rows are named');

  // Without them it passes: the same model in another version of the data.
  const clean = await p.run({ params: { leak: 0 } });
  assert.equal(clean.state, 'succeeded', String(clean.reason));
});

test('a gate that cannot judge fails the execution with what is wrong, and nothing is deployed', async () => {
  using p = project(server.url, 'unlabelled', FILE.replace('label: late', 'label: lateness'));
  const execution = await p.run();
  assert.equal(execution.state, 'failed');
  assert.equal(execution.gate?.state, 'failed');
  assert.match(execution.reason ?? '', /the gate could not judge unlabelled version 1: .*'lateness'/);
  assert.equal(execution.deployment, undefined);
  assert.equal(await championOf(p, 'unlabelled'), undefined);
});

test('a verdict against another champion is asked for again', async () => {
  using p = project(
    server.url,
    'rivals',
    FILE.replace('rules: [auc >= 0.6,', 'rules: [auc >= champion.auc - 0.001,'),
  );
  p.write('model.onnx', model(1, -0.5));
  const first = await p.run();
  assert.equal(first.state, 'succeeded', String(first.reason));
  assert.equal(first.gate?.compared_with, undefined);

  p.write('model.onnx', model(1, 0.5));
  const better = await p.run();
  assert.equal(better.state, 'succeeded', String(better.reason));
  assert.equal(better.gate?.compared_with, 1);
  assert.equal(await championOf(p, 'rivals'), 2);
  assert.deepEqual(await predict(p, 'rivals', [0.5, 0.5]), [0.75, '2']);

  p.write('model.onnx', model(1, -0.5));
  const back = await p.run();
  assert.equal(back.gate?.reused, undefined, 'when it passed there was no champion');
  assert.equal(back.state, 'rejected', String(back.reason));
  assert.equal(await championOf(p, 'rivals'), 2);
  assert.equal((await revisionsOf(p, 'rivals')).length, 2, 'and the better one goes on answering');
});

test('an execution of some steps that makes no rows for the gate registers, and neither judges nor deploys', async () => {
  const file = FILE.replace('out: { train: train.csv, holdout: holdout.csv }', 'out: { train: train.csv }')
    .replace('sh prep.sh {train} {holdout}', 'sh prep.sh {train} other.csv')
    .replace(
      '  train:\n',
      '  hold:\n    run: sh prep.sh other.csv {holdout} {rows} {leak}\n    code: [prep.sh]\n    out: { holdout: holdout.csv }\n  train:\n',
    )
    .replace('data: prep.holdout', 'data: hold.holdout');
  using p = project(server.url, 'partly', file);
  const part = await p.run({ steps: ['train'] });
  assert.equal(part.state, 'succeeded', String(part.reason));
  assert.deepEqual(part.model_version, { name: 'partly', version: '1' });
  assert.equal(part.gate?.state, 'skipped');
  assert.equal(part.deployment, undefined);
  const whole = await p.run();
  assert.equal(whole.gate?.verdict, 'pass', String(whole.reason));
  assert.equal(whole.deployment?.state, 'live');
});

test('a rule that cannot be read is refused before anything runs, with its place', async () => {
  using p = project(server.url, 'illegible', FILE.replace('auc >= 0.6,', 'auc => 0.6,'));
  await assert.rejects(
    p.run(),
    (error) =>
      error instanceof TreadleError &&
      error.kind === 'invalid' &&
      /treadle\.yaml:18:\d+: /.test(error.message) &&
      error.field === 'gate.rules[0]',
  );
});

test('cancelled while it judges: nothing goes on, and nothing is used', async () => {
  using p = project(server.url, 'cancelled');
  const { id } = await p.start({ params: { rows: 20_000 } });
  await p.until(id, judging);
  await p.client.call(cancelExecution, { params: { execution: id } });
  const ended = await p.ended(id);
  assert.equal(ended.state, 'cancelled');
  assert.deepEqual([ended.gate?.state, ended.deployment], ['skipped', undefined]);
  assert.equal(await championOf(p, 'cancelled'), undefined);
  const [evaluation] = await evaluationsOf(p, 'cancelled');
  assert.equal(evaluation?.state, 'failed');
  assert.match(evaluation.problem ?? '', /cancelled/);
  assert.deepEqual(server.errors, []);
});

test('killed while it judges: one evaluation, one revision, and the endpoint answers after each start', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-gate-'));
  const process = await ServerProcess.on(path.join(folder, 'data'));
  try {
    await process.start();
    using p = project(process.url, 'resumed');
    const { id } = await p.start({ params: { rows: 20_000 } });
    await p.until(id, judging);
    await process.kill();
    await process.start();
    const after = await p.ended(id);
    assert.equal(after.state, 'succeeded', String(after.reason));
    assert.deepEqual(
      after.steps.map(({ attempt }) => attempt),
      [1, 1],
      'the steps had ended and stay',
    );
    assert.equal(after.gate?.verdict, 'pass');
    assert.equal((await evaluationsOf(p, 'resumed')).length, 1);
    assert.equal((await revisionsOf(p, 'resumed')).length, 1);
    assert.deepEqual(await predict(p, 'resumed', [0.5, 1]), [0.5, '1']);
    await process.kill();
    await process.start();
    const second = await p.run({ params: { rows: 20_000 } });
    assert.equal(second.deployment?.reused, true);
    assert.deepEqual(await predict(p, 'resumed', [0.5, 1]), [0.5, '1'], 'it came back with the server');
  } finally {
    await process.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
