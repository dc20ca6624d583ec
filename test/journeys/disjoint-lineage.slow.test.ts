import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { commitVersion } from '../../src/data/index.ts';
import { getVersion } from '../../src/models/index.ts';
import { createProcesses, type Processes } from '../../src/platform/processes/index.ts';
import { resolveGateData } from '../../src/validation/data/gate-data.ts';
import { openTables, type Tables } from '../../src/tables/index.ts';
import { trainingSources } from '../../src/validation/data/training-sources.ts';
import { proveDisjoint } from '../../src/validation/disjoint/prove.ts';
import { openTest, type TestServer } from '../harness.ts';
import { Project } from './pipelines/project.ts';

let server: TestServer;
let processes: Processes;
let tables: Tables;
before(async () => {
  server = await openTest();
  processes = createProcesses();
  tables = openTables(processes);
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
});

const HEAD = 'day,origin,delay\n';
const line = (i: number): string =>
  `2001-01-${String((i % 28) + 1).padStart(2, '0')} 0${i % 10}:00:00,A${i},${i % 60}.5\n`;
const csv = (from: number, to: number): string =>
  HEAD + Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

async function commit(dataset: string, text: string): Promise<void> {
  const blob = await server.ctx.blobs.put(Buffer.from(text));
  await commitVersion(server.ctx, { dataset, files: [{ path: 'rows.csv', ...blob }] });
}

/** prep splits; base is trained on what `old` says; train goes on from base with prep's rows. */
const FILE = `name: NAME
params: { first: ROWS }
data: { rows: rows-NAME@v2, old: rows-NAME@v1 }
steps:
  prep:
    run: head -n {first} {rows}/rows.csv > {train} && (head -n 1 {rows}/rows.csv; tail -n 100 {rows}/rows.csv) > {holdout}
    code: []
    out: { train: train.csv, holdout: holdout.csv }
  base:
    run: mkdir -p {base} && cp {old}/rows.csv {base}/weights.bin && touch {base}/MLmodel
    code: []
    out: { base: base/ }
  train:
    run: mkdir -p {model} && cat {train} {base}/weights.bin | wc -l > {model}/weights.txt
    code: []
    out: { model: model/ }
model: { name: NAME, from: train.model }
`;

/** The first rows of the file are the training set, its head included. */
const split = (lines: number): string => FILE.replace('first: ROWS', `first: ${lines}`);

async function prove(name: string, execution?: string) {
  const { ctx } = server;
  const { ref } = await getVersion(ctx, name, 'latest');
  const { sources, unread } = await trainingSources(ctx, ref);
  const gate = await resolveGateData(
    ctx,
    execution === undefined
      ? { kind: 'dataset', ref: `rows-${name}@v3` }
      : { kind: 'output', execution, step: 'prep', output: 'holdout' },
  );
  const proof = await proveDisjoint(ctx, tables, { gate, against: sources, unread });
  return { sources, proof };
}

async function run(name: string, text: string): Promise<string> {
  const project = new Project(server.url);
  try {
    project.write('treadle.yaml', text.replaceAll('NAME', name));
    const { id, state, steps } = await project.run();
    assert.equal(state, 'succeeded', JSON.stringify(steps.map(({ name: step, outcome }) => [step, outcome])));
    return id;
  } finally {
    project[Symbol.dispose]();
  }
}

test('what training read: the split’s own output, and the older version that an ancestor read; not what the split read', async () => {
  await commit('rows-apart', csv(5000, 5500));
  await commit('rows-apart', csv(0, 1000));
  const execution = await run('apart', split(901));
  const { sources, proof } = await prove('apart', execution);
  assert.deepEqual(sources.map(({ label }) => label).toSorted(), [
    'execution 1, prep.train',
    'rows-apart@v1',
  ]);
  assert.match(sources.find(({ label }) => label === 'rows-apart@v1')!.read_by!, /^run:/);
  assert.equal(proof.verdict, 'pass', proof.summary);
  assert.equal(proof.gate.label, 'execution 1, prep.holdout');
  assert.deepEqual(
    [proof.gate.rows, proof.against.map(({ rows }) => rows).toSorted((a, b) => a - b)],
    [100, [500, 900]],
  );
  // The same steps from the cache: the same answer.
  const again = await prove('apart', await run('apart', split(901)));
  assert.equal(again.proof.verdict, 'pass');
  assert.equal(again.proof.gate.digest, proof.gate.digest);
});

test('a split that overlaps is found in the very file that training read', async () => {
  await commit('rows-leaky', csv(6000, 6500));
  await commit('rows-leaky', csv(0, 1000));
  const { proof } = await prove('leaky', await run('leaky', split(951)));
  assert.equal(proof.verdict, 'fail');
  assert.equal(proof.overlapping_rows, 50);
  assert.match(proof.summary, /50 in execution 1, prep\.train/);
});

test('rows of an older version that an ancestor model read are found', async () => {
  await commit('rows-older', csv(7000, 7500));
  await commit('rows-older', csv(0, 1000));
  await commit('rows-older', HEAD + csv(9000, 9100).slice(HEAD.length) + csv(7100, 7200).slice(HEAD.length));
  await run('older', split(901));
  const { proof } = await prove('older');
  assert.equal(proof.verdict, 'fail');
  assert.equal(proof.overlapping_rows, 100);
  assert.match(proof.summary, /100 in rows-older@v1/);
  assert.deepEqual(proof.overlaps[0]!.values, { day: '2001-01-17 00:00:00', origin: 'A7100', delay: '20.5' });
});

const OPAQUE = `name: NAME
data: { rows: rows-NAME@v2, old: rows-NAME@v1 }
steps:
  prep:
    run: head -n 901 {rows}/rows.csv | gzip > {arrays} && (head -n 1 {rows}/rows.csv; tail -n 100 {rows}/rows.csv) > {holdout}
    code: []
    out: { arrays: arrays.npz, holdout: holdout.csv }
  scale:
    run: wc -l < {old}/rows.csv > {scaler}
    code: []
    out: { scaler: scaler.pkl }
  train:
    run: mkdir -p {model} && cat INPUTS | wc -c > {model}/weights.txt
    code: []
    out: { model: model/ }
model: { name: NAME, from: train.model }
`;

test('what is no table holds nothing that the step which wrote it had not read', async () => {
  for (const [name, from, inputs, verdict, says] of [
    ['scaled', 0, '{scaler}', 'pass', /^None of 100 rows/],
    [
      'arrayed',
      20_000,
      '{arrays}',
      'inconclusive',
      /^100 rows are in rows-arrayed@v2, from which execution 1, prep\.arrays was made; that .* is no table/,
    ],
  ] as const) {
    await commit(`rows-${name}`, csv(8000, 8500));
    await commit(`rows-${name}`, csv(from, from + 1000));
    const execution = await run(name, OPAQUE.replace('INPUTS', inputs));
    const { sources, proof } = await prove(name, execution);
    assert.deepEqual(
      sources.flatMap(({ files, within }) => (files.length > 0 ? [within] : [])),
      [`execution 1, ${inputs === '{scaler}' ? 'scale.scaler' : 'prep.arrays'}`],
    );
    assert.equal(proof.verdict, verdict, proof.summary);
    assert.match(proof.summary, says);
    assert.deepEqual(proof.unread, []);
    assert.deepEqual(proof.coverage!.map(({ by }) => by).toSorted(), ['origin', 'rows']);
  }
});
