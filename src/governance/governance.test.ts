import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import { executionRow, stepRow } from '../../test/pipeline-rows.ts';
import { constantOnnx, registerOnnx } from '../../test/onnx-model.ts';
import { commitVersion } from '../data/index.ts';
import { deleteVersion } from '../models/index.ts';
import { insertExecution, saveSteps, type StepRow } from '../pipelines/store.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { insertRevision, predictionKey, takeNumber } from '../serving/store.ts';
import { makeIds } from '../serving/prediction-id.ts';
import { createRun, logVersionRead } from '../tracking/index.ts';
import type { ValidationTables } from '../validation/schema.ts';
import { insertEvaluation } from '../validation/store.ts';
import type { PredictionLineage } from './contract.ts';

const PROOF = {
  id: 'p',
  verdict: 'pass',
  summary: 'no row of 3 was read',
  coverage: [{ label: 'notes', files: ['a.txt'], file_count: 2, by: 'excused', excuse: 'prose' }],
  gate: { rows: 3, digest: 'g' },
  against: [{ rows: 5, digest: 't' }],
  overlapping_rows: 0,
};

const evaluation = (id: string, version_ref: string): ValidationTables['evaluation'] => ({
  id,
  workspace: 'default',
  state: 'done',
  stage: null,
  problem: null,
  model: 'const',
  model_ref: 'model:const',
  version: 1,
  version_ref,
  execution: null,
  data: 'gate@v1',
  data_ref: 'dataset_version:gate',
  question: JSON.stringify({ spec: {} }),
  verdict: 'pass',
  summary: JSON.stringify({ reasons: [], metrics: [{ name: 'auc', value: 0.8, n: 3 }] }),
  document: JSON.stringify({ rules: [], slices: [], proof: PROOF }),
  created_at: 7,
  created_by: 'owner',
  ended_at: 8,
});

/** A revision as a deployment leaves it, without planes that answer. */
async function deployed(ctx: Ctx, version_ref: string, stood: string): Promise<string> {
  return ctx.write(async (tx) => {
    const { endpoint, serial } = await takeNumber(tx, 'const', true);
    const variant = {
      role: 'champion',
      model: 'const',
      version: 1,
      version_ref,
      percent: 100,
      runtime: 'onnx',
    };
    await insertRevision(tx, {
      id: 'r1',
      workspace: 'default',
      endpoint_id: endpoint.id,
      revision: 1,
      serial,
      cause: 'deploy',
      restores: null,
      variants: JSON.stringify([{ ...variant, evaluation: stood }]),
      places: null,
      wishes: '[]',
      sticky: 1,
      strict: 0,
      state: 'superseded',
      problem: null,
      note: null,
      asked_by: null,
      warnings: null,
      back: null,
      created_at: 5,
      created_by: 'owner',
      live_at: 6,
      ended_at: 9,
      load_ms: 1,
    });
    await tx.record({
      action: 'revision.started',
      resource: 'revision:r1',
      edges: [{ from: 'revision:r1', to: version_ref, relation: 'serves' }],
    });
    return makeIds(await predictionKey(tx, '')).next(serial, 'champion');
  });
}

async function ask(server: TestServer, id: string): Promise<PredictionLineage> {
  const answer = await fetch(`${server.url}/api/v1/predictions/${id}/lineage`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as PredictionLineage;
}

test('each room tells its part of a story, and what is gone leaves a gap', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const run = await createRun(ctx, { experiment: '0', name: 'train' });
  const { hash, size } = await ctx.blobs.put(Buffer.from('x\n1\n'));
  const { version: data } = await commitVersion(ctx, {
    dataset: 'rows',
    files: [{ path: 'rows.csv', hash, size }],
  });
  await logVersionRead(ctx, run, {
    name: 'rows',
    version: { id: data.id, ref: 'rows@v1' },
    digest: data.hash,
  });
  const version = await registerOnnx(ctx, 'const', constantOnnx(1), {}, run);
  await ctx.write(async (tx) => {
    await insertEvaluation(tx, evaluation('e1', version.ref));
    await insertEvaluation(tx, evaluation('e2', version.ref));
    await insertEvaluation(tx, { ...evaluation('e3', version.ref), state: 'failed', verdict: null });
    await tx.record({
      action: 'evaluation.ended',
      resource: 'evaluation:e1',
      edges: [
        { from: 'evaluation:e1', to: version.ref, relation: 'judged' },
        { from: 'evaluation:e1', to: 'dataset_version:gate', relation: 'read' },
        { from: 'evaluation:e1', to: 'model_version:other/1', relation: 'compared-with' },
        { from: 'evaluation:e2', to: version.ref, relation: 'judged' },
        { from: `run:${run}`, to: 'execution:x', relation: 'part-of' },
      ],
    });
  });
  const id = await deployed(ctx, version.ref, 'evaluation:e1');
  const story = await ask(server, id);
  assert.equal(story.model_version.digest, version.facts?.digest);
  assert.equal(story.run?.id, run);
  assert.deepEqual(
    story.datasets.map(({ name, version: number, read_by }) => [name, number, read_by]),
    [['rows', 'v1', `run:${run}`]],
    'what the judge read is not what the model was made of',
  );
  assert.deepEqual(
    [story.evaluation?.id, story.evaluation?.when, story.evaluation?.since?.id, story.evaluation?.metrics],
    ['e1', 'before deployment', 'e2', { auc: 0.8 }],
  );
  assert.deepEqual(story.proof?.excused, [{ label: 'notes: a.txt and 1 more', reason: 'prose' }]);
  assert.deepEqual([story.proof.gate_rows, story.proof.training_rows], [3, 5]);
  const arrows = story.edges.map(({ from, relation, to }) => `${from} ${relation} ${to}`);
  assert.ok(arrows.includes(`revision:r1 serves ${version.ref}`), arrows.join('\n'));
  assert.ok(arrows.includes(`evaluation:e1 judged ${version.ref}`), arrows.join('\n'));
  assert.ok(arrows.includes(`run:${run} part-of execution:x`), arrows.join('\n'));
  assert.ok(
    !arrows.some((arrow) => arrow.startsWith('evaluation:e2')),
    'the one that is not told proves nothing',
  );
  assert.deepEqual(story.gaps, ['code: neither a pipeline nor the client said which code ran']);

  // Made by a step of a pipeline, whose word counts before the client's.
  const code = { digest: 'd', files: 1, git: { commit: 'a'.repeat(40), dirty: true } };
  await ctx.write(async (tx) => {
    await insertExecution(tx, executionRow({ id: 'x', code: JSON.stringify(code) }));
    const step = (name: string, cached_from: string | null): StepRow =>
      stepRow({ execution_id: 'x', name, run_id: run, command: `python ${name}.py`, cached_from });
    await saveSteps(tx, [step('train', null), step('again', 'y')]);
  });
  const made = await ask(server, id);
  assert.deepEqual(made.code, {
    commit: 'a'.repeat(40),
    dirty: true,
    digest: 'd',
    execution: 'x',
    command: 'python train.py',
  });
  assert.deepEqual(made.gaps, ['code commit: files differed from the commit']);

  await deleteVersion(ctx, 'const', 1, {}, [], []);
  const after = await ask(server, id);
  assert.deepEqual([after.model_version.model, after.model_version.created_by], ['const', 'unknown']);
  assert.equal(after.run?.id, run, 'the ledger still says who trained it');
  assert.ok(after.gaps.includes('model version: const v1 was deleted from the registry since'));
  assert.deepEqual(server.errors, []);
});
