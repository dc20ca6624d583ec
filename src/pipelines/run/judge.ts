import { createHash } from 'node:crypto';
import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { GateResult } from '../contract.ts';
import type { Gate } from '../file/definition.ts';
import { canonical } from '../plan/parts.ts';
import { selectJudged } from '../store.ts';
import { stages, type Candidate, type Save } from './candidate.ts';
import type { Engine, GateData, Gatekeeper } from './engine.ts';

/** How many earlier verdicts are looked at for one that still holds. */
const LOOK_BACK = 20;

/**
 * Has the gate judge a model version, once: not again after a crash, and not again for the same version on the same data by the
 * same rules, unless the rules compare with a champion that is another one now.
 */
export async function judge(
  ctx: Ctx,
  engine: Engine,
  candidate: Candidate,
  gate: Gate,
  save: Save,
): Promise<GateResult> {
  const { execution, model, signal } = candidate;
  const before = execution.gate === null ? undefined : (JSON.parse(execution.gate) as GateResult); // written by us
  if (before?.state === 'judged') return before;
  const result: GateResult = {
    state: 'judging',
    data: gate.written,
    reasons: [],
    rules: [],
    started_at: before?.started_at ?? ctx.clock.now(),
  };
  const keep = (): Promise<void> => save({ gate: JSON.stringify(result) });
  const found = dataOf(candidate, gate);
  if (!found) {
    Object.assign(result, {
      state: 'skipped',
      problem: `this execution did not make ${gate.written}, so nothing was judged`,
    });
    await keep();
    return result;
  }
  const champion = await engine.registrar?.champion(ctx, model.name);
  const key = createHash('sha256')
    .update(canonical({ model, data: found.digest, spec: gate.spec }))
    .digest('hex');
  const earlier = candidate.force ? undefined : await judgedBefore(ctx, key, gate, model.version, champion);
  if (earlier) {
    Object.assign(result, retold(earlier, engine.gatekeeper!.words, champion === model.version), {
      started_at: ctx.clock.now(),
      ended_at: ctx.clock.now(),
    });
    await keep();
    return result;
  }
  if (champion === model.version) result.is_champion = true;
  else if (champion !== undefined) result.compared_with = champion;
  await keep();
  const stage = stages(result, keep);
  try {
    const judgement = await engine.gatekeeper!.judge(
      ctx,
      {
        execution: execution.id,
        model: model.name,
        version: model.version,
        data: found.data,
        spec: gate.spec,
        signal,
      },
      stage.say,
    );
    await stage.done();
    signal.throwIfAborted();
    Object.assign(result, judgement, { state: judgement.verdict === undefined ? 'failed' : 'judged' });
  } catch (error) {
    await stage.done();
    signal.throwIfAborted();
    ctx.log.warn('a gate could not judge', { execution: execution.id, error });
    Object.assign(result, { state: 'failed', problem: outwardMessageOf(error) });
  }
  result.ended_at = ctx.clock.now();
  if (result.state === 'judged')
    await engine.registrar?.tag(ctx, {
      ...model,
      tags: { 'treadle.gate': result.verdict!, 'treadle.evaluation': result.evaluation! },
    });
  await save({ gate: JSON.stringify(result), ...(result.state === 'judged' ? { gate_key: key } : {}) });
  return result;
}

function dataOf(
  { execution, data, outputs }: Candidate,
  { data: input }: Gate,
): { data: GateData; digest: string } | undefined {
  if (input.kind === 'output') {
    const { step, output } = input;
    const made = outputs.get(`${step}.${output}`);
    return made && { data: { kind: 'output', execution: execution.id, step, output }, digest: made.digest };
  }
  const version = data.get(input.name);
  if (!version) return undefined;
  const path = input.path === undefined ? '' : `:${input.path}`;
  return {
    data: { kind: 'dataset', ref: `${version.dataset}@${version.version}${path}` },
    digest: `${version.hash}${path}`,
  };
}

async function judgedBefore(
  ctx: Ctx,
  key: string,
  { spec }: Gate,
  version: number,
  champion: number | undefined,
): Promise<GateResult | undefined> {
  const compares = spec.rules?.some((rule) => /\bchampion\b/.test(rule)) === true;
  for (const row of await selectJudged(ctx, key, LOOK_BACK)) {
    const gate = JSON.parse(row.gate ?? 'null') as GateResult | null; // written by us
    if (gate?.state !== 'judged') continue;
    if (compares && champion !== version && champion !== gate.compared_with) continue;
    return { ...gate, reused: gate.reused ?? { execution: row.id, number: row.number } };
  }
  return undefined;
}

/** A verdict of before in words of now: whoever had no champion to compare with may be the champion by now. */
function retold(gate: GateResult, { none, itself }: Gatekeeper['words'], isChampion: boolean): GateResult {
  const words = (text: string): string =>
    isChampion ? text.replaceAll(none, itself) : text.replaceAll(itself, none);
  const { is_champion: _then, in_use: _inUse, ...rest } = gate;
  return {
    ...rest,
    ...(isChampion ? { is_champion: true } : {}),
    reasons: gate.reasons.map(words),
    rules: gate.rules.map((rule) => ({ ...rule, reason: words(rule.reason) })),
  };
}
