import { InvalidArgumentError } from 'commander';
import type { LoopSettings, Trigger } from '../../../loops/contract.ts';
import { whenOf } from '../../../platform/schedule/index.ts';

/** The options of `treadle loop set` as what the server takes. */

export interface SetFlags {
  pipeline?: string;
  endpoint?: string;
  daily?: string[];
  weekly?: string[];
  monthly?: string[];
  cron?: string[];
  catchUp?: 'none' | 'last' | 'all';
  data?: string[];
  rows?: number;
  percent?: number;
  debounce?: number;
  performance?: boolean;
  drift?: boolean;
  push?: string | true;
  param?: string[];
  cooldown?: number;
  budget?: string;
  backOff?: number;
  rejections?: number;
}

export function setBody(name: string, flags: SetFlags): LoopSettings {
  const { pipeline = name, endpoint, param, cooldown, budget, backOff, rejections } = flags;
  return {
    pipeline,
    ...(endpoint === undefined ? {} : { endpoint }),
    triggers: triggersOf(flags),
    ...(param ? { params: Object.fromEntries(param.map(pairOf)) } : {}),
    ...(cooldown === undefined ? {} : { cooldown_ms: cooldown }),
    ...(budget === undefined ? {} : { budget: budgetOf(budget) }),
    ...(backOff === undefined ? {} : { back_off_ms: backOff }),
    ...(rejections === undefined ? {} : { rejections }),
  };
}

function triggersOf(flags: SetFlags): Trigger[] {
  const { catchUp, data = [], rows, percent, debounce, performance, drift, push } = flags;
  const scheduledAt = (['daily', 'weekly', 'monthly', 'cron'] as const).filter((kind) => flags[kind]?.length);
  for (const [flag, value, needs] of [
    ['--rows', rows, data.length > 0],
    ['--percent', percent, data.length > 0],
    ['--debounce', debounce, data.length > 0],
    ['--catch-up', catchUp, scheduledAt.length > 0],
  ] as const)
    if (value !== undefined && !needs)
      throw new InvalidArgumentError(
        flag === '--catch-up'
          ? `${flag} is of a schedule: say when, such as --daily 03:00.`
          : `${flag} is of new data: say of what, such as --data flights@main.`,
      );
  const scheduled = (['daily', 'weekly', 'monthly', 'cron'] as const).flatMap((kind) =>
    (flags[kind] ?? []).map((text): Trigger => ({
      kind,
      ...whenOf(text),
      ...(catchUp === undefined ? {} : { catch_up: catchUp }),
    })),
  );
  return [
    ...scheduled,
    ...data.map((ref): Trigger => ({
      kind: 'data',
      data: ref,
      ...(rows === undefined ? {} : { rows }),
      ...(percent === undefined ? {} : { percent }),
      ...(debounce === undefined ? {} : { debounce_ms: debounce }),
    })),
    ...(performance === true ? [{ kind: 'performance' as const }] : []),
    ...(drift === true ? [{ kind: 'drift' as const }] : []),
    ...(push === undefined ? [] : [{ kind: 'push' as const, ...(push === true ? {} : { branch: push }) }]),
  ];
}

function budgetOf(text: string): NonNullable<LoopSettings['budget']> {
  const [, runs, per] = /^(\d{1,4})\/(day|week|month)$/.exec(text) ?? [];
  if (runs === undefined || per === undefined)
    throw new InvalidArgumentError('Write the budget as 4/day, 10/week or 20/month.');
  return { runs: Number(runs), per: per as 'day' | 'week' | 'month' };
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write a parameter as depth=8.');
  return [text.slice(0, at), text.slice(at + 1)];
}
