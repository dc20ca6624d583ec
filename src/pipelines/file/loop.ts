import { TreadleError } from '../../platform/errors/index.ts';
import { cronOf, PLAIN, readTimetable, whenOf, type Plain } from '../../platform/schedule/index.ts';
import type { Loop, LoopTrigger } from './definition.ts';
import type { LoopOfFile, PipelineFile } from './schema.ts';
import type { Say } from './source.ts';
import { milliseconds } from './units.ts';

type TriggerOfFile = LoopOfFile['triggers'][number];
type Written = Exclude<TriggerOfFile, string>;

const KINDS = [
  'daily',
  'weekly',
  'monthly',
  'cron',
  'data',
  'push',
] as const satisfies readonly (keyof Written)[];
/** New versions come to a branch; a version stays as it is. */
const BRANCH = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@(?!v\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Keys that say more of a kind. */
const MORE: Readonly<Record<(typeof KINDS)[number], readonly (keyof Written)[]>> = {
  daily: ['catch_up'],
  weekly: ['catch_up'],
  monthly: ['catch_up'],
  cron: ['catch_up'],
  data: ['rows', 'percent', 'debounce'],
  push: [],
};

/** `loop:` of a file: what runs the pipeline again by itself. */
export function resolveLoop({ loop, params, data }: PipelineFile, say: Say): Loop | undefined {
  if (!loop) return undefined;
  for (const name of Object.keys(loop.params ?? {}))
    if (!Object.hasOwn(params ?? {}, name))
      say('error', `loop.params.${name}`, 'key', `'${name}' is not a parameter of this file`);
  const triggers = loop.triggers.flatMap((trigger, i) => {
    const at = `loop.triggers[${i}]`;
    // It can always be run by hand; that somebody says so is welcome.
    if (trigger === 'manual') return [];
    return typeof trigger === 'string' ? [{ kind: trigger }] : readTrigger(trigger, at, data ?? {}, say);
  });
  const seen = new Set<string>();
  for (const { kind, at = '', time_zone = 'UTC', data: ref = '', branch = 'main' } of triggers) {
    const name = [kind, at, at === '' ? '' : time_zone, ref, kind === 'push' ? branch : ''].join(' ').trim();
    if (seen.has(name))
      say('error', `loop.triggers`, 'value', `'${name}' is there twice`, 'leave one of them out');
    seen.add(name);
  }
  const [runs, per] = loop.budget?.split('/') ?? [];
  return {
    triggers,
    ...(loop.params ? { params: loop.params } : {}),
    ...(loop.cooldown === undefined ? {} : { cooldown_ms: milliseconds(loop.cooldown) }),
    ...(runs === undefined || per === undefined
      ? {}
      : { budget: { runs: Number(runs), per: per as NonNullable<Loop['budget']>['per'] } }),
    ...(loop.back_off === undefined ? {} : { back_off_ms: milliseconds(loop.back_off) }),
    ...(loop.rejections === undefined ? {} : { rejections: loop.rejections }),
  };
}

function readTrigger(
  written: Written,
  at: string,
  data: Readonly<Record<string, string>>,
  say: Say,
): LoopTrigger[] {
  const kinds = KINDS.filter((kind) => written[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    say(
      'error',
      at,
      'value',
      kind === undefined
        ? 'this trigger does not say what turns the loop'
        : `this trigger says ${kinds.join(' and ')}`,
      `write one of ${KINDS.join(', ')} in each`,
    );
    return [];
  }
  for (const key of Object.keys(written) as (keyof Written)[])
    if (key !== kind && !MORE[kind].includes(key))
      say('error', `${at}.${key}`, 'key', `'${key}' says nothing of a trigger by ${kind}`);
  const { catch_up, rows, percent, debounce, push } = written;
  if (kind === 'push') return [{ kind, branch: push! }];
  if (kind === 'data') {
    const named = data[written.data!] ?? written.data!;
    const ref = named.includes('@') ? named : `${named}@main`;
    if (!BRANCH.test(ref))
      say('error', `${at}.data`, 'value', `'${ref}' is no branch of a dataset`, 'write it as flights@main');
    return [
      {
        kind,
        data: ref,
        ...(rows === undefined ? {} : { rows }),
        ...(percent === undefined ? {} : { percent }),
        ...(debounce === undefined ? {} : { debounce_ms: milliseconds(debounce) }),
      },
    ];
  }
  const when = whenOf(written[kind]!);
  try {
    const cron = kind in PLAIN ? cronOf(kind as Plain, when.at, kind) : when.at;
    readTimetable(cron, when.time_zone ?? 'UTC');
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    say('error', `${at}.${kind}`, 'value', error.message, error.hint);
  }
  return [{ kind, ...when, ...(catch_up === undefined ? {} : { catch_up }) }];
}
