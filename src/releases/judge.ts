import { createHash } from 'node:crypto';
import { getModel, setVersionTag } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Wish } from '../pipelines/index.ts';
import { canonical } from '../platform/json/index.ts';
import type { GateResult } from '../pipelines/contract.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { CHAMPION_ITSELF, NO_CHAMPION, resolveGateData } from '../validation/index.ts';
import type { Engine } from './engine.ts';
import { move, stages, tell, type Outcome } from './move.ts';
import type { Asked } from './asked.ts';
import type { ReleaseRow } from './store.ts';

type Gate = NonNullable<Wish['gate']>;

/** How many earlier verdicts are looked at for one that still holds. */
const LOOK_BACK = 20;

/** The version that the alias `champion` names. */
export const championOf = async (ctx: Ctx, model: string): Promise<number | undefined> =>
  (await getModel(ctx, model)).aliases.find(({ alias }) => alias === 'champion')?.version;

/**
 * Opens an evaluation, or takes an earlier verdict: the same version is not judged twice on the same data by the same rules,
 * unless the rules compare with a champion that is another one now. The evaluation is opened in the transaction that says so, so
 * that a crash leaves one and never a second.
 */
export async function beginJudging(ctx: Ctx, engine: Engine, row: ReleaseRow, asked: Asked): Promise<void> {
  const gate = await resolved(ctx, asked.gate!);
  const champion = await championOf(ctx, row.model);
  const earlier =
    asked.force === true || row.execution === null
      ? undefined
      : await judgedBefore(ctx, engine, row, gate, champion);
  const at = ctx.clock.now();
  await ctx.write(async (tx) => {
    if (earlier) {
      const result = { ...retold(earlier, champion === row.version), started_at: at, ended_at: at };
      await move(tx, engine, row, 'judged', {
        ...judgedAs(
          result,
          keyOf(row, gate),
          `${result.verdict}, as execution ${result.reused?.number} heard it`,
        ),
        edges: [{ from: '', to: `evaluation:${result.evaluation}`, relation: 'judged-by' }],
      });
      return;
    }
    const evaluation = await engine.validation.open(tx, {
      model: row.model,
      version: String(row.version),
      ...(row.execution === null ? {} : { execution: row.execution }),
      question: { data: gate.data, spec: gate.spec },
    });
    const result: GateResult = {
      state: 'judging',
      data: gate.written,
      evaluation,
      reasons: [],
      rules: [],
      ...(champion === row.version
        ? { is_champion: true }
        : champion === undefined
          ? {}
          : { compared_with: champion }),
      started_at: at,
    };
    await move(tx, engine, row, 'judging', {
      evaluation,
      gate: result,
      edges: [{ from: '', to: `evaluation:${evaluation}`, relation: 'judged-by' }],
      note: `judged on ${gate.written}`,
    });
  });
}

/** A dataset is resolved to a version once: that is judged on and named, wherever its branch moves meanwhile. */
async function resolved(ctx: Ctx, gate: Gate): Promise<Gate> {
  if (gate.data.kind !== 'dataset') return gate;
  try {
    const { label } = await resolveGateData(ctx, gate.data);
    return { ...gate, data: { kind: 'dataset', ref: label }, written: label };
  } catch (error) {
    if (error instanceof TreadleError) return gate; // the evaluation ends with it, in the record of both
    throw error;
  }
}

/** Does the work of the evaluation, and hears the verdict; what a crash cut short begins again as the same evaluation. */
export async function judge(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  const began = JSON.parse(row.gate!) as GateResult; // written by this room
  const said = stages((stage) => ctx.write((tx) => tell(tx, engine, row, { gate: { ...began, stage } })));
  let evaluation: Awaited<ReturnType<Engine['validation']['run']>>;
  try {
    evaluation = await engine.validation.run(ctx, row.evaluation!, said.say, signal);
  } finally {
    await said.done();
  }
  signal.throwIfAborted();
  const { verdict, reasons, rules, proof, problem } = evaluation;
  const { stage: _stage, ...before } = began;
  const result: GateResult = {
    ...before,
    state: verdict === undefined ? 'failed' : 'judged',
    ...(verdict === undefined ? {} : { verdict }),
    reasons,
    rules: rules.map(({ rule, verdict: one, reason, always }) => ({
      rule,
      verdict: one,
      reason,
      ...(always ? { always } : {}),
    })),
    ...(proof
      ? { proof: { verdict: proof.verdict, summary: proof.summary, warnings: proof.warnings ?? [] } }
      : {}),
    ...(problem === undefined ? {} : { problem }),
    ended_at: ctx.clock.now(),
  };
  await ctx.write(async (tx) => {
    if (verdict === undefined) {
      const why = `the gate could not judge ${nameOf(row)}: ${problem ?? 'no reason was given'}`;
      await move(tx, engine, row, 'failed', { gate: result }, why);
      return;
    }
    for (const [key, value] of [
      ['treadle.gate', verdict],
      ['treadle.evaluation', evaluation.id],
    ] as const)
      await setVersionTag(tx, row.model, row.version, key, value);
    await move(
      tx,
      engine,
      row,
      'judged',
      judgedAs(result, keyOf(row, asked.gate!), `the verdict is ${verdict}`),
    );
  });
}

export const nameOf = ({ model, version }: Pick<ReleaseRow, 'model' | 'version'>): string =>
  `${model} version ${version}`;

const judgedAs = (gate: GateResult, gate_key: string, note: string): Outcome => ({
  gate,
  gate_key,
  ...(gate.evaluation === undefined ? {} : { evaluation: gate.evaluation }),
  note,
});

/** Equal keys: the same version, data and question. */
const keyOf = ({ model, version }: ReleaseRow, { digest, spec }: Gate): string =>
  createHash('sha256')
    .update(canonical({ model: { name: model, version }, data: digest, spec }))
    .digest('hex');

async function judgedBefore(
  ctx: Ctx,
  { executions }: Engine,
  row: ReleaseRow,
  gate: Gate,
  champion: number | undefined,
): Promise<GateResult | undefined> {
  // A gate without rules asks not to be worse than the champion.
  const compares = gate.spec.rules?.some((rule) => /\bchampion\b/.test(rule)) !== false;
  for (const { id, number, gate: before } of await executions.judged(ctx, keyOf(row, gate), LOOK_BACK)) {
    if (before.state !== 'judged') continue;
    if (compares && champion !== row.version && champion !== before.compared_with) continue;
    return { ...before, reused: before.reused ?? { execution: id, number } };
  }
  return undefined;
}

/** A verdict of before in words of now: whoever had no champion to compare with may be the champion by now. */
function retold(gate: GateResult, isChampion: boolean): GateResult {
  const words = (text: string): string =>
    isChampion
      ? text.replaceAll(NO_CHAMPION, CHAMPION_ITSELF)
      : text.replaceAll(CHAMPION_ITSELF, NO_CHAMPION);
  const { is_champion: _then, in_use: _inUse, ...rest } = gate;
  return {
    ...rest,
    ...(isChampion ? { is_champion: true } : {}),
    reasons: gate.reasons.map(words),
    rules: gate.rules.map((rule) => ({ ...rule, reason: words(rule.reason) })),
  };
}
