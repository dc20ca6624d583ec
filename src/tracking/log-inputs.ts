import { createHash } from 'node:crypto';
import { createTurns } from '../platform/aside/index.ts';
import type { Ctx, LineageEdge, Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { checkLength } from './limits.ts';
import { requireActiveRun } from './log-batch.ts';
import { insertRunModels, linkInput, upsertDataset, upsertInputTags } from './store/inputs.ts';
import { selectRunRow, type Pair, type RunTableRow } from './store/runs.ts';
import { CONTEXT_TAG } from './well-known.ts';

/** Finds the dataset version that a text such as `flights@v3` or `flights@<hash>` names. Handed in: data is another room. */
export type FindVersion = (ctx: Ctx, ref: string) => Promise<FoundVersion | undefined>;
export interface FoundVersion {
  id: string;
  /** As people write it: `flights@v3`. */
  ref: string;
}

export interface DatasetRead {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema?: string | undefined;
  profile?: string | undefined;
  tags?: readonly Pair[];
}

export interface Inputs {
  datasets?: readonly DatasetRead[];
  models?: readonly string[];
}

const MOST = 1000;

/** Notes what a run read: datasets as the client describes them, linked to our own versions where they are ours. */
export async function logInputs(
  ctx: Ctx,
  runId: string,
  inputs: Inputs,
  findVersion: FindVersion,
): Promise<void> {
  const { datasets = [], models = [] } = inputs;
  if (datasets.length > MOST)
    throw invalid(`at most ${MOST} datasets may be logged at once, not ${datasets.length}`, {
      field: 'datasets',
    });
  checkCount(models);
  datasets.forEach(checkDataset);
  const versions: Array<FoundVersion | undefined> = [];
  const turns = createTurns();
  for (const dataset of datasets) {
    versions.push(await firstVersion(ctx, dataset, findVersion));
    const due = turns();
    if (due) await due;
  }
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, runId);
    requireActiveRun(tx, run);
    const edges: LineageEdge[] = [];
    for (const [i, dataset] of datasets.entries())
      edges.push(...(await writeInput(tx, run, dataset, versions[i])));
    const fresh = await insertRunModels(
      tx,
      run,
      'input',
      models.map((model) => ({ model, step: 0 })),
    );
    edges.push(
      ...fresh.map((model) => ({ from: `run:${run.id}`, to: `logged_model:${model}`, relation: 'read' })),
    );
    if (edges.length > 0) await tx.record({ action: 'run.inputs_logged', resource: `run:${run.id}`, edges });
    await tx.emit({ type: 'run.updated', subject: `run:${run.id}` });
  });
}

/** For those who know the version itself, such as the pipeline executor. */
export function logVersionRead(
  ctx: Ctx,
  runId: string,
  read: { name: string; version: FoundVersion; digest: string; context?: string },
): Promise<void> {
  const dataset: DatasetRead = {
    name: read.name,
    digest: read.digest.slice(0, 36),
    sourceType: 'treadle',
    source: JSON.stringify({ uri: `treadle://${read.version.ref}` }),
    ...(read.context === undefined ? {} : { tags: [[CONTEXT_TAG, read.context]] }),
  };
  return logInputs(ctx, runId, { datasets: [dataset] }, () => Promise.resolve(read.version));
}

export interface ModelOutput {
  model: string;
  step: number;
}

/** Notes which logged models a run made. */
export async function logOutputs(ctx: Ctx, runId: string, outputs: readonly ModelOutput[]): Promise<void> {
  checkCount(outputs);
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, runId);
    requireActiveRun(tx, run);
    const fresh = await insertRunModels(tx, run, 'output', outputs);
    if (fresh.length > 0) {
      const edges = fresh.map((model) => ({
        from: `logged_model:${model}`,
        to: `run:${run.id}`,
        relation: 'trained-by',
      }));
      await tx.record({ action: 'run.outputs_logged', resource: `run:${run.id}`, edges });
    }
    await tx.emit({ type: 'run.updated', subject: `run:${run.id}` });
  });
}

async function writeInput(
  tx: Tx,
  run: RunTableRow,
  dataset: DatasetRead,
  version: FoundVersion | undefined,
): Promise<LineageEdge[]> {
  const id = createHash('sha256')
    .update(JSON.stringify([run.workspace, run.experiment_id, dataset.name, dataset.digest]))
    .digest('hex')
    .slice(0, 32);
  await upsertDataset(tx, run, id, dataset);
  const context = new Map(dataset.tags).get(CONTEXT_TAG);
  const fresh = await linkInput(tx, run, id, context, version);
  await upsertInputTags(tx, run, id, dataset.tags ?? []);
  if (!fresh) return [];
  return [
    {
      from: `run:${run.id}`,
      to: version ? `dataset_version:${version.id}` : `dataset_input:${dataset.digest}`,
      relation: 'read',
    },
  ];
}

/** Each is a row of its own, and every other writer waits meanwhile. */
function checkCount(models: readonly unknown[]): void {
  if (models.length > MOST)
    throw invalid(`at most ${MOST} models may be logged at once, not ${models.length}`, {
      field: 'models',
      hint: 'split them into several requests',
    });
}

function checkDataset(dataset: DatasetRead, i: number): void {
  const at = `datasets[${i}].dataset`;
  if (dataset.name === '') throw invalid(`'${at}.name' may not be empty`, { field: `${at}.name` });
  checkLength(dataset.name, 500, `${at}.name`);
  if (dataset.digest === '') throw invalid(`'${at}.digest' may not be empty`, { field: `${at}.digest` });
  checkLength(dataset.digest, 36, `${at}.digest`);
  checkLength(dataset.sourceType, 36, `${at}.source_type`);
  checkLength(dataset.source, 65_535, `${at}.source`);
  checkLength(dataset.schema ?? '', 1_048_575, `${at}.schema`);
  checkLength(dataset.profile ?? '', 16_777_215, `${at}.profile`);
  for (const [j, [key, value]] of (dataset.tags ?? []).entries()) {
    checkLength(key, 255, `datasets[${i}].tags[${j}].key`);
    checkLength(value, 500, `datasets[${i}].tags[${j}].value`);
  }
}

/** A `treadle://name@ref/…` in its source, a name like `flights@v3`, or a digest that is the version's own. */
async function firstVersion(
  ctx: Ctx,
  dataset: DatasetRead,
  findVersion: FindVersion,
): Promise<FoundVersion | undefined> {
  const address = /treadle:\/\/([^\s"'\\/?#@]{1,200}@[^\s"'\\/?#@]{1,200})/.exec(dataset.source)?.[1];
  const refs = [
    address,
    dataset.name.includes('@') ? dataset.name : undefined,
    `${dataset.name}@${dataset.digest}`,
  ];
  for (const ref of refs) {
    const found = ref === undefined ? undefined : await findVersion(ctx, ref);
    if (found) return found;
  }
  return undefined;
}
