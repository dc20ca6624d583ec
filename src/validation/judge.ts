import { createHash } from 'node:crypto';
import { getVersion, type ModelVersion } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { messageOf, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace, Runtimes } from '../runtimes/index.ts';
import { readRules } from './check-rules.ts';
import { conclude } from './conclude.ts';
import type { Evaluation, Proof } from './contract.ts';
import { resolveGateData, type GateData } from './data/gate-data.ts';
import type { TableSource } from './data/table-source.ts';
import type { Tables } from './data/tables.ts';
import { trainingSources } from './data/training-sources.ts';
import { proveDisjoint } from './disjoint/prove.ts';
import { askHost } from './scoring/ask-host.ts';
import type { Assessment, Contender } from './scoring/protocol.ts';
import { getEvaluation } from './views.ts';
import {
  insertEvaluation,
  questionOf,
  requireEvaluation,
  selectOfExecution,
  updateEvaluation,
  type EvaluationRow,
  type Question,
} from './store.ts';

/** What the room works with. */
export interface Bench {
  processes: Processes;
  tables: Tables;
  runtimes: Pick<Runtimes, 'prepare'>;
}

/** Rows of one call when a whole table is scored; what serves takes fewer at once. */
const BATCH = 4096;

/** Writes down what is asked for. Nothing is scored yet; rules that cannot be read are refused here. */
export async function openEvaluation(
  ctx: Ctx,
  asked: {
    model: string;
    version: string;
    execution?: string;
    question: Question;
    state: 'queued' | 'running';
  },
  then: (tx: Tx, id: string) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const { question, execution } = asked;
  readRules(question.spec.rules ?? []);
  const version = await getVersion(ctx, asked.model, asked.version);
  const id = newId(ctx.clock.now());
  await ctx.write(async (tx) => {
    await insertEvaluation(tx, {
      id,
      workspace: tx.workspace,
      state: asked.state,
      stage: null,
      problem: null,
      model: version.model,
      model_ref: modelRef(version),
      version: version.version,
      version_ref: version.ref,
      execution: execution ?? null,
      data: shown(question.data),
      data_ref: null,
      question: JSON.stringify(question),
      verdict: null,
      summary: null,
      document: null,
      created_at: tx.clock.now(),
      created_by: tx.actor.name,
      ended_at: null,
    });
    await tx.record({
      action: 'evaluation.created',
      resource: `evaluation:${id}`,
      after: { version: version.ref, data: shown(question.data), rules: question.spec.rules ?? [] },
    });
    await then(tx, id);
  });
  return id;
}

/** Judges within the caller's own work. What a crash of the same execution cut short is taken up again, and what had ended is its answer. */
export async function judge(
  ctx: Ctx,
  bench: Bench,
  asked: {
    model: string;
    version: number;
    execution?: string;
    data: GateData;
    spec: Evaluation['spec'];
    champion?: string;
    signal?: AbortSignal;
  },
  say: (stage: string) => void,
): Promise<Evaluation> {
  const { model, version, execution, data, spec, champion, signal } = asked;
  const question: Question = { data, spec, ...(champion === undefined ? {} : { champion }) };
  const { ref } = await getVersion(ctx, model, String(version));
  const before = execution === undefined ? undefined : await selectOfExecution(ctx, execution, ref);
  const same = before && before.question === JSON.stringify(question);
  const id = same
    ? before.id
    : await openEvaluation(ctx, {
        model,
        version: String(version),
        ...(execution === undefined ? {} : { execution }),
        question,
        state: 'running',
      });
  await runEvaluation(ctx, bench, id, say, signal);
  return getEvaluation(ctx, id);
}

/**
 * Does the work of an evaluation to its end: done with a verdict, or failed with the reason. Throws only where somebody else
 * goes on with it: a stop of the server, a lost lease.
 */
export async function runEvaluation(
  ctx: Ctx,
  bench: Bench,
  id: string,
  say: (stage: string) => void,
  signal: AbortSignal | undefined,
  finish: (tx: Tx) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const row = await requireEvaluation(ctx, id);
  if (row.state === 'done' || row.state === 'failed') return;
  const stages = keepStages(ctx, id, say);
  try {
    const found = await work(ctx, bench, row, stages.say, signal);
    await stages.settled();
    await ctx.write(async (tx) => {
      await writeResult(tx, row, found);
      await finish(tx);
    });
  } catch (error) {
    await stages.settled();
    // A reason in our own words is a cancel: nobody goes on with it, so it ends here.
    if (!(signal?.reason instanceof TreadleError)) signal?.throwIfAborted();
    if (!(error instanceof TreadleError) || error.kind === 'unavailable')
      ctx.log.error('an evaluation failed', {
        evaluation: id,
        error,
        cause: error instanceof Error ? error.cause : undefined,
      });
    await ctx.write(async (tx) => {
      await writeFailure(tx, row, error);
      await finish(tx);
    });
  }
}

interface Found {
  gate: TableSource;
  proof: Proof;
  assessment: Assessment;
  champion: ModelVersion | undefined;
}

async function work(
  ctx: Ctx,
  bench: Bench,
  row: EvaluationRow,
  say: (stage: string) => void,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const { data, spec, champion: against } = questionOf(row);
  say('finding the data');
  const gate = await resolveGateData(ctx, data);
  const version = await getVersion(ctx, row.model, String(row.version));
  const champion = await championOf(ctx, row.model, against);
  say('finding what training read');
  const training = await trainingSources(ctx, row.version_ref);
  const candidate = await contender(ctx, bench, version, say);
  const same = champion?.ref === version.ref;
  const other = champion && !same ? await contenderOr(ctx, bench, champion, say) : undefined;
  // Whichever fails first ends the other.
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const fail = (error: unknown): never => {
    stop.abort(error);
    throw error;
  };
  const scoring = askHost(
    ctx,
    bench.processes,
    gate.files,
    { spec, candidate, ...(other === undefined ? {} : { champion: other }), ...(same ? { same } : {}) },
    say,
    either,
  ).catch(fail);
  const proving = proveDisjoint(
    ctx,
    bench.tables,
    {
      gate,
      against: training.sources,
      unread: training.unread,
      key: spec.key,
      time: spec.time,
      signal: either,
    },
    () => undefined,
  ).catch(fail);
  const [scored, proved] = await Promise.allSettled([scoring, proving]);
  if (scored.status === 'fulfilled' && proved.status === 'fulfilled')
    return { gate, proof: proved.value, assessment: scored.value, champion };
  signal?.throwIfAborted();
  throw stop.signal.reason;
}

/** The version to compare with: the alias unless another is named, none where there is none. */
async function championOf(ctx: Ctx, model: string, which = '@champion'): Promise<ModelVersion | undefined> {
  if (which === 'none') return undefined;
  try {
    return await getVersion(ctx, model, which.replace(/^v(?=\d)/, ''));
  } catch (error) {
    if (which === '@champion' && error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

async function contender(
  ctx: Ctx,
  { runtimes }: Bench,
  version: ModelVersion,
  say: (stage: string) => void,
): Promise<Contender> {
  const { model, version: number } = version;
  const place: ModelPlace = await runtimes.prepare(
    ctx,
    { model, version: number },
    { limits: { batch: BATCH } },
    say,
  );
  return { who: `${model} version ${number}`, place, size: version.facts?.size ?? 0 };
}

async function contenderOr(
  ctx: Ctx,
  bench: Bench,
  version: ModelVersion,
  say: (stage: string) => void,
): Promise<Contender | string> {
  try {
    return await contender(ctx, bench, version, say);
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    return `the champion, ${version.model} version ${version.version}, cannot be loaded: ${error.message}`;
  }
}

async function writeResult(
  tx: Tx,
  row: EvaluationRow,
  { gate, proof, assessment, champion }: Found,
): Promise<void> {
  const { task, rows, metrics, rules, slices, runtime, baseline, calibration } = assessment;
  const { verdict, reasons } = conclude(assessment, proof);
  await updateEvaluation(tx, row.id, {
    state: 'done',
    stage: null,
    verdict,
    data: gate.label,
    data_ref: gate.ref,
    summary: JSON.stringify({ reasons, task, rows, metrics }),
    document: JSON.stringify({
      ...(champion
        ? {
            champion: {
              version: champion.version,
              version_ref: champion.ref,
              metrics: assessment.champion?.metrics ?? [],
            },
          }
        : {}),
      baseline,
      rules,
      slices,
      calibration,
      proof,
      runtime,
    }),
    ended_at: tx.clock.now(),
  });
  const resource = `evaluation:${row.id}`;
  await tx.record({
    action: 'evaluation.done',
    resource,
    after: {
      verdict,
      reasons,
      version: row.version_ref,
      rows,
      metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
      // The digests of both sides stand in the ledger: a proof cannot be exchanged later.
      proof: {
        id: proof.id,
        verdict: proof.verdict,
        gate: { ref: proof.gate.ref, digest: proof.gate.digest, rows: proof.gate.rows },
        against: proof.against.map(({ ref, digest }) => ({ ref, digest })),
        overlapping_rows: proof.overlapping_rows,
        sha256: createHash('sha256').update(JSON.stringify(proof)).digest('hex'),
      },
    },
    edges: [
      { from: resource, to: row.version_ref, relation: 'judged' },
      { from: resource, to: gate.ref, relation: 'read' },
      { from: `proof:${proof.id}`, to: resource, relation: 'proves' },
      ...(champion && champion.ref !== row.version_ref
        ? [{ from: resource, to: champion.ref, relation: 'compared-with' }]
        : []),
    ],
  });
  await tx.emit({
    type: 'evaluation.done',
    subject: resource,
    data: { verdict, model: row.model, version: row.version, reasons: reasons.slice(0, 5) },
  });
}

async function writeFailure(tx: Tx, row: EvaluationRow, error: unknown): Promise<void> {
  const hint = error instanceof TreadleError ? error.hint : undefined;
  const problem = `${messageOf(error)}${hint === undefined ? '' : `; ${hint}`}`.slice(0, 4000);
  await updateEvaluation(tx, row.id, { state: 'failed', stage: null, problem, ended_at: tx.clock.now() });
  const resource = `evaluation:${row.id}`;
  await tx.record({
    action: 'evaluation.failed',
    resource,
    reason: problem,
    after: { version: row.version_ref },
  });
  await tx.emit({
    type: 'evaluation.failed',
    subject: resource,
    data: { model: row.model, version: row.version },
  });
}

/** Writes the stages as they come, one at a time and never more than what is newest; the work does not wait for it. */
function keepStages(ctx: Ctx, id: string, say: (stage: string) => void) {
  let writing: Promise<void> | undefined;
  let next: string | undefined = 'starting';
  const write = async (): Promise<void> => {
    while (next !== undefined) {
      const stage = next;
      next = undefined;
      await ctx.write((tx) => updateEvaluation(tx, id, { state: 'running', stage }));
    }
    writing = undefined;
  };
  const start = (): void => {
    writing ??= write().catch((error: unknown) => {
      writing = undefined;
      ctx.log.warn('the stage of an evaluation was not kept', { evaluation: id, error });
    });
  };
  start();
  return {
    say(stage: string): void {
      say(stage);
      next = stage;
      start();
    },
    async settled(): Promise<void> {
      while (writing) await writing;
    },
  };
}

/** `model_version:flights/3` → `model:flights`; both stay when the model is renamed. */
const modelRef = ({ ref }: ModelVersion): string =>
  `model:${ref.slice('model_version:'.length, ref.lastIndexOf('/'))}`;

/** For people, until the data was found and says its own name. */
const shown = (data: GateData): string =>
  data.kind === 'dataset' ? data.ref : `${data.step}.${data.output} of execution ${data.execution}`;
