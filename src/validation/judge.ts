import { getVersion, type ModelVersion } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace, Runtimes } from '../runtimes/index.ts';
import type { Tables } from '../tables/index.ts';
import { resolveGateData } from './data/gate-data.ts';
import { trainingSources } from './data/training-sources.ts';
import { proveDisjoint } from './disjoint/prove.ts';
import { keepStages } from './keep-stages.ts';
import { recordFailure, recordResult, type Found } from './record-result.ts';
import { askHost } from './scoring/ask-host.ts';
import type { Assessment, Contender } from './scoring/protocol.ts';
import { questionOf, requireEvaluation, type EvaluationRow } from './store.ts';

/** What the room works with. */
export interface Bench {
  processes: Processes;
  tables: Tables;
  runtimes: Pick<Runtimes, 'prepare'>;
}

/** Rows of one call when a whole table is scored; what serves takes fewer at once. */
const BATCH = 4096;

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
      await recordResult(tx, row, found);
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
      await recordFailure(tx, row, error);
      await finish(tx);
    });
  }
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
    bench,
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
      label: spec.label,
      excuse: spec.excuse,
      near: spec.near,
      signal: either,
    },
    () => undefined,
  ).catch(fail);
  const [scored, proved] = await Promise.allSettled([scoring, proving]);
  if (scored.status === 'fulfilled' && proved.status === 'fulfilled') {
    const versus = same ? undefined : champion;
    const warnings = [...(proved.value.warnings ?? []), ...unaskedChampion(spec.rules, versus, scored.value)];
    return { gate, proof: { ...proved.value, warnings }, assessment: scored.value, champion: versus };
  }
  signal?.throwIfAborted();
  throw stop.signal.reason;
}

/** Rules that were written when there was no champion yet let a worse version take its place. */
function unaskedChampion(
  rules: readonly string[] = [],
  champion: ModelVersion | undefined,
  { metrics, champion: its }: Assessment,
): string[] {
  if (champion === undefined || rules.length === 0 || rules.some((rule) => /\bchampion\b/.test(rule)))
    return [];
  const mine = metrics.find(({ name }) => rules.some((rule) => new RegExp(`\\b${name}\\b`).test(rule)));
  const other = its?.metrics.find(({ name }) => name === mine?.name);
  const both =
    mine && other
      ? `; its ${mine.name} is ${digits(other.value)} on these rows, this one’s ${digits(mine.value)}`
      : '';
  return [
    `No rule names the champion, which is version ${champion.version}${both}: a worse version would take its place; let one compare with champion.${mine?.name ?? 'auc'}`,
  ];
}

const digits = (value: number): number => Number(value.toPrecision(4));

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
