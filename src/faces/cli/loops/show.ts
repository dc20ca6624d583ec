import type { Loop, LoopDetail, ShownTrigger, Turn, TurnDetail, Replay } from '../../../loops/contract.ts';
import { moment } from '../../../platform/words/index.ts';
import { ago, clip, listed, number, table } from '../output.ts';
import { seconds } from '../pipelines/units.ts';

export const shownLoops = (loops: readonly Loop[]): string =>
  listed(
    'there is no loop yet; loop: of treadle.yaml declares one, and so does treadle loop set',
    ['loop', 'state', 'model', 'next', 'last turn', 'when', 'why'],
    loops.map((one) => [
      one.name,
      one.state,
      one.model ?? '',
      one.next_at === undefined ? '' : moment(one.next_at),
      one.latest === undefined ? '' : `${one.latest.state} (${one.latest.trigger})`,
      one.latest === undefined ? '' : ago(one.latest.created_at),
      clip(one.reason ?? one.latest?.reason ?? ''),
    ]),
  );

export const shownTurns = (turns: readonly Turn[]): string =>
  listed(
    'no turn is like that',
    ['turn', 'loop', 'trigger', 'state', 'execution', 'when', 'why'],
    turns.map((one) => [
      one.id,
      one.loop,
      one.trigger,
      one.code === undefined ? one.state : `${one.state} (${one.code})`,
      one.execution === undefined ? '' : `#${one.execution.number}`,
      ago(one.created_at),
      clip(one.reason ?? one.cause),
    ]),
  );

export function shownTurn(one: TurnDetail): string {
  const began = one.transitions[0]?.at ?? one.created_at;
  return [
    `${one.loop}: ${one.state}${one.reason === undefined ? '' : `: ${one.reason}`}`,
    `  turned by ${one.trigger}: ${one.cause}`,
    ...(one.execution === undefined ? [] : [`  execution ${one.execution.number} (${one.execution.id})`]),
    ...(one.release === undefined ? [] : [`  release ${one.release}`]),
    ...one.transitions.map(({ state, at, note }) =>
      `  ${state.padEnd(12)} ${`+${seconds(at - began)}`.padStart(9)}  ${note ?? ''}`.trimEnd(),
    ),
  ].join('\n');
}

export function shownLoop(one: LoopDetail): string {
  const { settings } = one;
  const budget = settings.budget ?? { runs: 4, per: 'day' };
  return [
    `${one.name}: ${one.state}${one.reason === undefined ? '' : `: ${one.reason}`} (since ${moment(one.since)}, ${one.by})`,
    `  runs pipeline ${settings.pipeline}${one.model === undefined ? '' : `, for model ${one.model}`}${one.endpoint === undefined ? '' : `, hears endpoint ${one.endpoint}`}`,
    `  ${budget.runs} trainings a ${budget.per} at most; ${one.rejected} rejected and ${one.failed} failed in a row`,
    ...(one.blocked === undefined ? [] : [`  held: ${one.blocked}`]),
    shownPreview(one.triggers),
    ...(one.latest === undefined
      ? ['  it has not turned yet']
      : [
          `  last turn ${ago(one.latest.created_at)}: ${one.latest.state} (${one.latest.trigger})${one.latest.reason === undefined ? '' : `: ${one.latest.reason}`}`,
        ]),
  ].join('\n');
}

export const shownPreview = (triggers: readonly ShownTrigger[]): string =>
  triggers.length === 0
    ? '  it has no trigger: only a person turns it'
    : triggers
        .flatMap(({ name, next, doubts, standing }) => [
          `  ${name}${standing === undefined ? '' : `: ${standing}`}`,
          ...(next.length === 0 ? [] : [`    next: ${next.map(moment).join(', ')}`]),
          ...doubts.map((doubt) => `    mind: ${doubt}`),
        ])
        .join('\n');

export function shownReplay(one: Replay): string {
  const { ageing, metric = 'metric' } = one;
  return [
    `${one.windows.toLocaleString('en')} windows of ${one.endpoint} from ${moment(one.from)} to ${moment(one.to)}, ${one.scored.toLocaleString('en')} of them scored; one training takes ${seconds(one.training_ms)}`,
    ...(ageing
      ? [
          `${metric} moves by ${number(ageing.per_day, 3)} (± ${number(1.96 * ageing.error, 2)}) with each day of age: ${ageing.windows} windows of ${ageing.versions} versions`,
        ]
      : []),
    table(
      ['policy', 'trainings', 'compute', 'mean age', `${metric} against what happened`],
      one.policies.map(({ name, retrains, cost_ms, age_days, gain }) => [
        name,
        retrains,
        seconds(cost_ms),
        `${age_days.toFixed(1)} d`,
        gain
          ? `${gain.value >= 0 ? '+' : ''}${number(gain.value, 3)} (${number(gain.low, 3)} to ${number(gain.high, 3)})`
          : 'not known',
      ]),
    ),
    'It holds if:',
    ...one.assumptions.map((line) => `  - ${line}`),
  ].join('\n');
}
