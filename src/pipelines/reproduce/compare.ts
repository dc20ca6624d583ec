import type { Readable } from 'node:stream';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { getRun, logBatch } from '../../tracking/index.ts';
import type { Comparison, Outcome, StepOutput } from '../contract.ts';
import { outputFiles } from '../run/collect.ts';
import { selectSteps, type ExecutionRow, type StepRow } from '../store.ts';

export interface Reproduces {
  run_id: string;
  execution: string;
  number: number;
}

const TOLERANCE = 1e-6;

/** Compares a repeated execution with the one it repeats, step by step in the order of the plan, and says where they part. */
export async function compareExecutions(
  ctx: Ctx,
  row: ExecutionRow,
  after: readonly StepRow[],
): Promise<{ comparison: Comparison; store(tx: Tx): Promise<void> }> {
  const { run_id, execution } = JSON.parse(row.reproduces!) as Reproduces; // written by `reproduceRun`
  const before = new Map((await selectSteps(ctx, execution)).map((step) => [step.name, step]));
  const { tolerance = TOLERANCE } = JSON.parse(row.options) as { tolerance?: number };
  const comparison: Comparison = { verdict: 'bitwise', tolerance, text: '', metrics: [], environment: [] };
  let outputs = 0;
  let compared = 0;
  let failed: string | undefined;
  for (const step of after.toSorted((a, b) => a.position - b.position)) {
    const was = before.get(step.name);
    if (!was) continue;
    comparison.environment.push(...(await environmentDifference(ctx, was, step)));
    if (step.state !== 'succeeded') {
      const outcome = JSON.parse(step.outcome ?? '{}') as Partial<Outcome>;
      failed ??= `step '${step.name}' ${step.state === 'failed' ? `failed: ${outcome.message ?? 'unknown'}` : `was ${step.state}`}`;
      continue;
    }
    const metrics = await metricDifference(ctx, was, step);
    compared += metrics.compared;
    comparison.metrics.push(...metrics.differing);
    const then = new Map((JSON.parse(was.outputs) as StepOutput[]).map((output) => [output.name, output]));
    for (const output of JSON.parse(step.outputs) as StepOutput[]) {
      outputs++;
      const old = then.get(output.name);
      if (old?.digest === output.digest) continue;
      comparison.first ??= {
        step: step.name,
        output: output.name,
        ...(old ? await firstDifference(ctx, old, output) : { text: `output '${output.name}' is new` }),
      };
    }
  }
  judge(comparison, { failed, outputs, compared });
  const judged = await getRun(ctx, run_id).then(
    (run) => run.state === 'active',
    () => false,
  );
  return {
    comparison,
    async store(tx) {
      if (!judged) return; // the run was deleted meanwhile; the execution still holds the comparison
      await logBatch(tx, run_id, {
        tags: [
          ['treadle.reproduced', comparison.verdict],
          ['treadle.reproduced_text', comparison.text],
          ['treadle.reproduced_in', row.id],
        ],
      });
      await tx.record({
        action: 'run.reproduced',
        resource: `run:${run_id}`,
        after: { verdict: comparison.verdict, execution: row.id },
        reason: comparison.text,
        edges: [{ from: `execution:${row.id}`, to: `run:${run_id}`, relation: 'repeats' }],
      });
      await tx.emit({
        type: 'run.reproduced',
        subject: `run:${run_id}`,
        data: { verdict: comparison.verdict },
      });
    },
  };
}

function judge(
  comparison: Comparison,
  { failed, outputs, compared }: { failed: string | undefined; outputs: number; compared: number },
): void {
  const { tolerance, metrics, environment, first } = comparison;
  const worst = metrics.filter(({ before, after }) => relative(before, after) > tolerance);
  const names = [
    ...new Set(
      environment.map(({ name, before, after }) => `${name} ${before ?? 'absent'} → ${after ?? 'absent'}`),
    ),
  ];
  const differs =
    names.length === 0
      ? ''
      : `; what differs around it: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
  if (failed !== undefined)
    Object.assign(comparison, { verdict: 'failed', text: `it could not be repeated: ${failed}${differs}` });
  else if (!first && worst.length === 0)
    comparison.text = `bitwise equal: ${outputs} ${outputs === 1 ? 'output' : 'outputs'}${compared > 0 ? ` and ${compared} ${compared === 1 ? 'metric' : 'metrics'}` : ''} compared, none differs${differs}`;
  else if (first && compared > 0 && worst.length === 0)
    Object.assign(comparison, {
      verdict: 'numeric',
      text: `equal within ${tolerance}: all ${compared} metrics agree, but the bytes differ first in ${first.text} of step '${first.step}'${differs}`,
    });
  else {
    const where = first
      ? `first in ${first.text} of step '${first.step}'`
      : `in metric ${worst[0]!.name} of step '${worst[0]!.step}'`;
    const numbers = worst.slice(0, 3).map(({ name, before, after }) => `${name} ${before} → ${after}`);
    Object.assign(comparison, {
      verdict: 'different',
      text: `different, ${where}${numbers.length > 0 ? ` (${numbers.join(', ')})` : ''}${differs}`,
    });
  }
}

const relative = (a: number, b: number): number =>
  a === b || (Number.isNaN(a) && Number.isNaN(b))
    ? 0
    : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE);

/** The metrics of two runs of a step: how many both have, and those that are not the same number. */
async function metricDifference(
  ctx: Ctx,
  was: StepRow,
  is: StepRow,
): Promise<{ compared: number; differing: Comparison['metrics'] }> {
  const [before, after] = await Promise.all([metricsOf(ctx, was.run_id), metricsOf(ctx, is.run_id)]);
  const differing: Comparison['metrics'] = [];
  let compared = 0;
  for (const [name, value] of before) {
    const now = after.get(name);
    if (now === undefined) continue;
    compared++;
    if (now !== value) differing.push({ step: is.name, name, before: value, after: now });
  }
  return { compared, differing };
}

async function metricsOf(ctx: Ctx, run: string | null): Promise<Map<string, number>> {
  if (run === null) return new Map();
  const { metrics } = await getRun(ctx, run).catch(() => ({ metrics: [] }));
  return new Map(
    metrics.flatMap(({ key, last }) =>
      key.startsWith('system/') || typeof last !== 'number' ? [] : [[key, last]],
    ),
  );
}

/** Packages, interpreter, platform, machine and variables of two runs of a step: what is not the same. */
async function environmentDifference(
  ctx: Ctx,
  was: StepRow,
  is: StepRow,
): Promise<Comparison['environment']> {
  const [before, after] = await Promise.all([factsOf(ctx, was.run_id), factsOf(ctx, is.run_id)]);
  if (before.size === 0 || after.size === 0) return [];
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({
      step: is.name,
      name,
      ...(before.has(name) ? { before: before.get(name)! } : {}),
      ...(after.has(name) ? { after: after.get(name)! } : {}),
    }));
}

async function factsOf(ctx: Ctx, run: string | null): Promise<Map<string, string>> {
  const facts = new Map<string, string>();
  const environment =
    run === null
      ? undefined
      : await getRun(ctx, run).then(
          (found) => found.environment,
          () => undefined,
        );
  for (const [name, value] of Object.entries(environment ?? {})) {
    if (name === 'lock') continue; // the packages say what that means
    if (typeof value === 'string') facts.set(name, value);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, text] of Object.entries(value))
        facts.set(
          name === 'packages' ? inner : `${name}.${inner}`,
          typeof text === 'string' ? text : JSON.stringify(text),
        );
  }
  return facts;
}

async function firstDifference(
  ctx: Ctx,
  was: StepOutput,
  is: StepOutput,
): Promise<{ path?: string; at?: number; text: string }> {
  const [before, after] = await Promise.all([outputFiles(ctx.blobs, was), outputFiles(ctx.blobs, is)]);
  const now = new Map(after.map((file) => [file.path, file]));
  const label = (path: string): string => (is.kind === 'folder' ? `'${is.path}/${path}'` : `'${is.path}'`);
  for (const file of before) {
    const other = now.get(file.path);
    if (!other) return { path: file.path, text: `${label(file.path)}, which is gone` };
    if (other.hash === file.hash) continue;
    const at = await firstByte(await ctx.blobs.open(file.hash), await ctx.blobs.open(other.hash));
    return {
      path: file.path,
      at,
      text: `${label(file.path)} at byte ${at} (${file.size} → ${other.size} bytes)`,
    };
  }
  const added = after.find(({ path }) => !before.some((file) => file.path === path));
  return added
    ? { path: added.path, text: `${label(added.path)}, which is new` }
    : { text: `the modes of the files in ${label('')}` };
}

/** Offset of the first byte in which two streams differ; the length of the shorter when it is the beginning of the other. */
async function firstByte(a: Readable, b: Readable): Promise<number> {
  const [left, right] = [
    a[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    b[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
  ];
  let [x, y] = [Buffer.alloc(0), Buffer.alloc(0)];
  let offset = 0;
  try {
    for (;;) {
      if (x.length === 0) x = await chunk(left);
      if (y.length === 0) y = await chunk(right);
      const length = Math.min(x.length, y.length);
      if (length === 0) return offset;
      if (x.compare(y, 0, length, 0, length) !== 0) {
        for (let i = 0; i < length; i++) if (x[i] !== y[i]) return offset + i;
      }
      offset += length;
      x = x.subarray(length);
      y = y.subarray(length);
    }
  } finally {
    a.destroy();
    b.destroy();
  }
}

async function chunk(stream: AsyncIterator<Buffer>): Promise<Buffer<ArrayBuffer>> {
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return Buffer.alloc(0);
    if (next.value.length > 0) return Buffer.from(next.value);
  }
}
