import { createHash } from 'node:crypto';
import { createTurns } from '../platform/aside/index.ts';
import type { Ctx, LineageEdge } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { checkLength } from './limits.ts';
import { requireActiveRun } from './log-batch.ts';
import type { DatasetRead, FoundVersion, ModelOutput } from './reads.ts';
import {
  insertRunModels,
  linkInputs,
  upsertDatasets,
  upsertInputTags,
  type InputLink,
} from './store/inputs.ts';
import { selectRunRow, type RunTableRow } from './store/runs.ts';
import { CONTEXT_TAG } from './well-known.ts';

/** Finds the dataset version that a text such as `flights@v3` or `flights@<hash>` names. Handed in: data is another room. */
export type FindVersion = (ctx: Ctx, ref: string) => Promise<FoundVersion | undefined>;

export interface Inputs {
  datasets?: readonly DatasetRead[];
  models?: readonly string[];
}

const MOST = 1000;
/** Tags of all datasets of one call; MLflow's client sends one of each. */
const MOST_TAGS = 5000;
/** Characters of descriptions that are written in one transaction: everybody else's change waits for it. */
const PORTION = 2 * 1024 * 1024;

/**
 * Notes what a run read: datasets as the client describes them, linked to our own versions where they are ours. `host` is how the
 * client addresses this server: a source under that address is ours.
 */
export async function logInputs(
  ctx: Ctx,
  runId: string,
  inputs: Inputs,
  findVersion: FindVersion,
  host?: string,
): Promise<void> {
  const { datasets = [], models = [] } = inputs;
  if (datasets.length > MOST)
    throw invalid(`at most ${MOST} datasets may be logged at once, not ${datasets.length}`, {
      field: 'datasets',
    });
  checkCount(models);
  checkDatasets(datasets);
  const reader = await selectRunRow(ctx, runId);
  const links: InputLink[] = [];
  const turns = createTurns();
  for (const dataset of datasets) {
    const version = await firstVersion(ctx, dataset, findVersion, host);
    links.push({ id: descriptionId(reader, dataset), dataset, version });
    const due = turns();
    if (due) await due;
  }
  const portions = inPortionsOfText(links);
  // Descriptions are the experiment's, and nobody sees one before a run names it.
  if (portions.length > 1)
    for (const portion of portions)
      await ctx.write(async (tx) => {
        requireActiveRun(tx, await selectRunRow(tx, runId));
        await upsertDatasets(tx, reader, portion);
      });
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, runId);
    requireActiveRun(tx, run);
    if (portions.length === 1) await upsertDatasets(tx, run, links);
    const read = await linkInputs(tx, run, links);
    // Whoever logs it once more does not change as what it was read first.
    await upsertInputTags(tx, run, read);
    const edges: LineageEdge[] = read.map(({ dataset, version }) => ({
      from: `run:${run.id}`,
      to: version ? `dataset_version:${version.id}` : `dataset_input:${dataset.digest}`,
      relation: 'read',
    }));
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

const descriptionId = (run: RunTableRow, { name, digest }: DatasetRead): string =>
  createHash('sha256')
    .update(JSON.stringify([run.workspace, run.experiment_id, name, digest]))
    .digest('hex')
    .slice(0, 32);

/** One description alone may be larger than a portion. */
function inPortionsOfText(links: readonly InputLink[]): InputLink[][] {
  const portions: InputLink[][] = [];
  let left = 0;
  for (const link of links) {
    const { source, schema = '', profile = '' } = link.dataset;
    const size = source.length + schema.length + profile.length;
    if (portions.length === 0 || size > left) {
      portions.push([]);
      left = PORTION;
    }
    portions.at(-1)!.push(link);
    left -= size;
  }
  return portions;
}

/** Each is a row of its own, and every other writer waits meanwhile. */
function checkCount(models: readonly unknown[]): void {
  if (models.length > MOST)
    throw invalid(`at most ${MOST} models may be logged at once, not ${models.length}`, {
      field: 'models',
      hint: 'split them into several requests',
    });
}

function checkDatasets(datasets: readonly DatasetRead[]): void {
  datasets.forEach(checkDataset);
  const tags = datasets.reduce((sum, dataset) => sum + (dataset.tags ?? []).length, 0);
  if (tags > MOST_TAGS)
    throw invalid(`at most ${MOST_TAGS} tags of datasets may be logged at once, not ${tags}`, {
      field: 'datasets',
      hint: 'split the datasets into several requests',
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

const ADDRESS = /treadle:\/\/([^\s"'\\/?#@]{1,200}@[^\s"'\\/?#@]{1,200})/;
const PAGE =
  /https?:\/\/([^\s"'\\/?#@]{1,300})\/api\/v1\/datasets\/([^\s"'\\/?#@]{1,200})\/versions\/([^\s"'\\/?#@]{1,200})\//;

/**
 * A `treadle://name@ref/…` or the address of a file of ours in its source, a name like `flights@v3`, or a digest that is the
 * version's own.
 */
async function firstVersion(
  ctx: Ctx,
  { source, name, digest }: DatasetRead,
  findVersion: FindVersion,
  host: string | undefined,
): Promise<FoundVersion | undefined> {
  const [, at, dataset, version] = PAGE.exec(source) ?? [];
  const refs = [
    ADDRESS.exec(source)?.[1],
    // Another server may have a dataset of the same name.
    at !== undefined && at === host ? `${dataset}@${version}` : undefined,
    name.includes('@') ? name : undefined,
    `${name}@${digest}`,
  ];
  for (const ref of refs) {
    const found = ref === undefined ? undefined : await findVersion(ctx, ref);
    if (found) return found;
  }
  return undefined;
}
