import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Evaluation } from '../../src/validation/contract.ts';
import { runHere } from '../cli.ts';
import { openTest, type TestServer } from '../harness.ts';
import { copyKept } from '../kept.ts';
import { python } from './mlflow-servers.ts';

/**
 * Models trained in runs that read a dataset, logged by the real MLflow client, judged over the API and the command line on unseen
 * rows, and on the same with rows of the training planted among them.
 */
const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const treadle = path.join(import.meta.dirname, '../../bin/treadle');
const script = path.join(import.meta.dirname, 'validation', 'make.py');
const folder = mkdtempSync(path.join(tmpdir(), 'treadle-validation-'));
let server: TestServer;
/** What scikit-learn says of each model on the unseen rows. */
let theirs: Record<string, Record<string, number>>;

const make = async (...args: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(python!, [script, ...args], {
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', GIT_PYTHON_REFRESH: 'quiet' },
    maxBuffer: 64 << 20,
    timeout: 600_000,
    cwd: folder,
  });
  return stdout;
};

interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}
const cli = async (...args: string[]): Promise<Said> => {
  const { code, out, err } = await runHere(server.url, ...args);
  return { code, stdout: out, stderr: err };
};
/** The same as a program of its own. */
const program = (...args: string[]): Promise<Said> =>
  new Promise((resolve) => {
    const child = spawn(treadle, args, { cwd: folder, env: { ...process.env, TREADLE_URL: server.url } });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.on('close', (code) => resolve({ code, ...said }));
  });

async function ask(version: number, data: string, more: object = {}): Promise<Evaluation> {
  const answer = await fetch(`${server.url}/api/v1/evaluations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'late',
      version: String(version),
      data: `gate@v1:${data}`,
      label: 'late',
      wait_s: 300,
      ...more,
    }),
  });
  const body = (await answer.json()) as Evaluation;
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

before(async () => {
  if (python === undefined) return;
  server = await openTest();
  await copyKept(script, ['v1', 'v2', 'gate'], folder, (fresh) => make('data', fresh));
  for (const [dataset, part] of [
    ['flights', 'v1'],
    ['flights', 'v2'],
    ['gate', 'gate'],
  ] as const) {
    const { code, stderr } = await cli(
      'data',
      'commit',
      dataset,
      path.join(folder, part),
      '--allow-empty',
      '-m',
      part,
    );
    assert.equal(code, 0, stderr);
  }
  const stdout = await make(
    'train',
    folder,
    server.url,
    'onnx',
    'child',
    'sklearn-chances',
    'sklearn',
    'minutes',
    'cause',
  );
  theirs = JSON.parse(/^REPORT(.*)$/m.exec(stdout)![1]!) as typeof theirs;
  assert.equal((await cli('models', 'alias', 'late', 'champion', '1')).code, 0);
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const RULES = ['auc >= 0.6', 'auc >= champion.auc - 0.05', 'p95_latency_ms < 60000'];
const flags = RULES.flatMap((rule) => ['--rule', rule]);

test(
  'on unseen rows the gate passes: exit status 0, and the proof says so',
  { skip, timeout: 600_000 },
  async () => {
    const { code, stdout, stderr } = await cli(
      'evaluate',
      'late@v1',
      '--data',
      'gate@v1:clean.parquet',
      '--label',
      'late',
      ...flags,
    );
    assert.equal(code, 0, stderr + stdout);
    assert.match(stdout, /^✔ pass: late@v1 on gate@v1:clean\.parquet, 6,000 rows/);
    assert.match(stdout, /✔ None of 6,000 rows .* among the 8,000 rows/);
    assert.match(stdout, /^auc +0\.7\d* +0\.\d+ – 0\.\d+ /m);
    const json = await cli(
      'evaluate',
      'late@champion',
      '--data',
      'gate@v1:clean.parquet',
      '--label',
      'late',
      '--key',
      'flight',
      '--time',
      'day',
      '--json',
    );
    assert.equal(json.code, 0, json.stderr);
    const found = JSON.parse(json.stdout) as Evaluation;
    assert.deepEqual(
      [found.verdict, found.proof?.identity.kind, found.proof?.order?.holds],
      ['pass', 'key', true],
    );
  },
);

test(
  '100 rows of the training among them: refused, and the rows are named',
  { skip, timeout: 600_000 },
  async () => {
    const { code, stdout, stderr } = await program(
      'evaluate',
      'late@v1',
      '--data',
      'gate@v1:leak.parquet',
      '--label',
      'late',
      ...flags,
    );
    assert.equal(code, 1);
    assert.match(stdout, /^✖ fail/);
    assert.match(stdout, /✖ 100 rows of 6,100 .* flights@v1/);
    assert.match(stdout, /… and 95 rows more/);
    assert.match(stderr, /late@v1 does not pass/);
    // Columns in another order, floats printed anew, another format.
    const csv = await ask(1, 'leak.csv', { rules: RULES });
    assert.deepEqual([csv.verdict, csv.proof?.overlapping_rows], ['fail', 100]);
    assert.ok(csv.proof);
    assert.equal(csv.proof.overlaps.length, 100);
    assert.ok(
      csv.proof.overlaps.every(({ gate_row, values }) => gate_row >= 6000 && Number(values['flight']) < 8000),
    );
    assert.ok(
      csv.rules.every(({ verdict }) => verdict === 'pass'),
      JSON.stringify(csv.rules),
    );
  },
);

test('rows that only an ancestor model read are found as well', { skip, timeout: 600_000 }, async () => {
  const clean = await ask(2, 'clean.parquet', { rules: RULES });
  assert.equal(clean.verdict, 'pass', JSON.stringify(clean.reasons));
  assert.deepEqual(clean.proof?.against.map(({ label }) => label.slice(0, 10)).toSorted(), [
    'flights@v1',
    'flights@v2',
  ]);
  const leak = await ask(2, 'leak.parquet', { rules: RULES });
  assert.deepEqual([leak.verdict, leak.proof?.overlapping_rows], ['fail', 100]);
  assert.ok(leak.proof);
  const v1 = leak.proof.against.find(({ label }) => label.startsWith('flights@v1'));
  assert.ok(v1 && leak.proof.overlaps.every(({ source }) => source === v1.ref));
});

test(
  'a Python model is scored in its own environment, to scikit-learn’s own figures',
  { skip, timeout: 600_000 },
  async () => {
    const chances = await ask(3, 'clean.parquet', { rules: ['auc >= 0.6'] });
    assert.equal(chances.state, 'done', chances.problem ?? '');
    assert.equal(chances.verdict, 'pass', JSON.stringify(chances.reasons));
    for (const [name, value] of Object.entries(theirs['sklearn-chances']!)) {
      const ours = chances.metrics.find((metric) => metric.name === name)!;
      assert.ok(Math.abs(ours.value - value) <= 1e-9, `${name}: ${ours.value}, scikit-learn says ${value}`);
    }
    const classes = await ask(4, 'clean.parquet', { rules: ['auc >= 0.6', 'accuracy > 0.5'] });
    assert.deepEqual(
      classes.rules.slice(0, 2).map(({ verdict }) => verdict),
      ['fail', 'pass'],
    );
    assert.match(
      classes.rules[0]!.reason,
      /auc is missing: the model answers with classes alone.*predict_proba/,
    );
    const f1 = classes.metrics.find(({ name }) => name === 'f1')!;
    assert.ok(Math.abs(f1.value - theirs['sklearn']!['f1']!) <= 1e-9);
  },
);

test('numbers and several classes are judged by their own figures', { skip, timeout: 600_000 }, async () => {
  const known = async (version: number, name: string, spec: object): Promise<Evaluation> => {
    const found = await ask(version, 'clean.parquet', { ...spec, champion: 'none' });
    assert.equal(found.verdict, 'pass', JSON.stringify([found.problem, found.reasons]));
    for (const [metric, value] of Object.entries(theirs[name]!)) {
      const ours = found.metrics.find((one) => one.name === metric)!;
      // ONNX computes in single precision.
      const near = 2e-4 * Math.max(1, Math.abs(value));
      assert.ok(Math.abs(ours.value - value) <= near, `${metric}: ${ours.value}, ${value}`);
    }
    return found;
  };
  const minutes = await known(5, 'minutes', {
    label: 'delay',
    rules: ['rmse < 20', 'r2 > 0.1'],
    slices: ['origin'],
  });
  assert.equal(minutes.task, 'regression');
  assert.equal(minutes.slices.length, 4);
  assert.equal(minutes.baseline?.kind, 'always the mean of the label');
  assert.ok(minutes.rules.some(({ rule }) => rule === 'rmse < baseline.rmse'));
  const cause = await known(6, 'cause', {
    label: 'cause',
    rules: ['macro_f1 > baseline.macro_f1', 'data.classes == 3'],
  });
  assert.equal(cause.task, 'multiclass');
});

test(
  'data that cannot decide says what is wrong with it: exit status 1',
  { skip, timeout: 600_000 },
  async () => {
    const cases: ReadonlyArray<[string, RegExp]> = [
      ['empty.parquet', /has no rows/],
      ['one-class.parquet', /column 'late' holds one class only/],
      ['gaps.parquet', /column 'late' has no value .* the first is row 17/],
      ['no-column.parquet', /no column 'distance'/],
      ['text.parquet', /column 'distance' holds VARCHAR/],
      ['words.parquet', /column 'late' holds 'late' and 'on time'/],
    ];
    for (const [file, problem] of cases) {
      const { code, stderr } = await cli(
        'evaluate',
        'late@v1',
        '--data',
        `gate@v1:${file}`,
        '--label',
        'late',
      );
      assert.equal(code, 1, file);
      assert.match(stderr, problem);
    }
    const words = await cli(
      'evaluate',
      'late@v1',
      '--data',
      'gate@v1:words.parquet',
      '--label',
      'late',
      '--positive',
      'late',
    );
    assert.equal(words.code, 0, words.stderr);
    const few = await cli(
      'evaluate',
      'late@v1',
      '--data',
      'gate@v1:few.parquet',
      '--label',
      'late',
      '--rule',
      'auc >= 0.6',
    );
    assert.equal(few.code, 1);
    assert.match(few.stdout, /\? auc >= 0\.6: .* on 40 rows decides neither way .* rows would decide it/);
    const wrong = await cli('evaluate', 'late@v1', '--data', 'gate@v1:few.parquet');
    assert.deepEqual([wrong.code, /--label/.test(wrong.stderr)], [2, true]);
    const list = await cli('evaluate', 'list', '--json');
    assert.ok((JSON.parse(list.stdout) as Evaluation[]).length >= cases.length);
    assert.deepEqual(server.errors, []);
  },
);
