import { parseRef } from '../data/contract.ts';
import { invalid } from '../platform/errors/index.ts';
import {
  cronOf,
  doubtsOf,
  nextTimes,
  PLAIN,
  readTimetable,
  type Plain,
  type Timetable,
} from '../platform/schedule/index.ts';
import { DEFAULTS, type ShownTrigger, type Trigger, type TriggerKind } from './contract.ts';

/** What triggers say, checked. Pure. */

type Field = Exclude<keyof Trigger, 'kind'>;

const SCHEDULE: readonly Field[] = ['at', 'time_zone', 'catch_up'];
/** Fields that each kind knows. */
const FIELDS: Readonly<Record<TriggerKind, readonly Field[]>> = {
  daily: SCHEDULE,
  weekly: SCHEDULE,
  monthly: SCHEDULE,
  cron: SCHEDULE,
  data: ['data', 'rows', 'percent', 'debounce_ms'],
  performance: [],
  drift: [],
  push: ['branch'],
};

/** Times that are shown before anything is saved. */
const SHOWN = 5;

export const isScheduled = (kind: string): boolean => kind in PLAIN || kind === 'cron';

/** Refuses what cannot be meant, naming the field; returns the name that turns know it by. */
export function readTrigger(trigger: Trigger, field: string): string {
  const { kind } = trigger;
  for (const [key, value] of Object.entries(trigger))
    if (key !== 'kind' && value !== undefined && !FIELDS[kind].includes(key as Field))
      throw invalid(`a trigger of kind '${kind}' has no '${key}'`, {
        field: `${field}.${key}`,
        hint: FIELDS[kind].length === 0 ? 'it says nothing further' : `it may say ${FIELDS[kind].join(', ')}`,
      });
  if (isScheduled(kind)) {
    const { timeZone } = timetableOf(trigger, field);
    return `${kind} ${trigger.at} ${timeZone}`;
  }
  if (kind === 'data') {
    const ref = trigger.data === undefined ? undefined : parseRef(trigger.data);
    if (!ref || ref.path !== undefined || /^v\d+$/.test(ref.selector))
      throw invalid(
        trigger.data === undefined
          ? 'a trigger on data names the dataset'
          : `'${trigger.data}' is no branch of a dataset`,
        { field: `${field}.data`, hint: 'write it as flights@main' },
      );
    return `data ${ref.dataset}@${ref.selector}`;
  }
  return kind === 'push' ? `push ${trigger.branch ?? DEFAULTS.branch}` : kind;
}

export function timetableOf({ kind, at, time_zone }: Trigger, field: string): Timetable {
  if (at === undefined)
    throw invalid(`a trigger of kind '${kind}' says when`, {
      field: `${field}.at`,
      hint: kind === 'cron' ? "such as '0 3 * * 1-5'" : `such as '${PLAIN[kind as Plain]}'`,
    });
  const cron = kind === 'cron' ? at : cronOf(kind as Plain, at, `${field}.at`);
  return readTimetable(cron, time_zone ?? DEFAULTS.time_zone, {
    cron: `${field}.at`,
    timeZone: `${field}.time_zone`,
  });
}

/** All of a loop, by name; two of one name say nothing that one does not. */
export function readTriggers(triggers: readonly Trigger[]): Map<string, Trigger> {
  const named = new Map<string, Trigger>();
  for (const [i, trigger] of triggers.entries()) {
    const name = readTrigger(trigger, `triggers[${i}]`);
    if (named.has(name))
      throw invalid(`'${name}' is there twice`, { field: `triggers[${i}]`, hint: 'leave one of them out' });
    named.set(name, trigger);
  }
  return named;
}

export function showTrigger(name: string, trigger: Trigger, now: number, field: string): ShownTrigger {
  if (!isScheduled(trigger.kind)) return { name, trigger, next: [], doubts: doubtsOfEvent(trigger) };
  const table = timetableOf(trigger, field);
  return { name, trigger, next: nextTimes(table, now, SHOWN), doubts: doubtsOf(table, now) };
}

const doubtsOfEvent = ({ kind }: Trigger): string[] =>
  kind === 'drift'
    ? [
        'drift is no harm by itself: a model whose columns have moved may answer as well as before; performance says whether it does',
      ]
    : [];
