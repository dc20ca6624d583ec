import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { numberText } from '../../platform/json/index.ts';
import type { ReadPrediction, Serving } from '../../serving/index.ts';
import type { NewOutcome, OutcomesAdded } from '../contract.ts';
import { moment } from '../../platform/words/index.ts';
import { findMonitorOf } from '../store-monitors.ts';
import { insertOutcomes, oldestOfMany, selectOfSubjects, type OutcomeRow } from '../store.ts';
import { AHEAD, observedEarly } from './doubts.ts';
import { FOLD, FOLDED_AT_ONCE } from './fold.ts';
import { requireEndpoint } from './open-outcomes.ts';
import { keyDoubts, sampledOut } from './unrecorded.ts';

type Refusal = OutcomesAdded['refused'][number];
/** An outcome on its way; whether its time of observation was said. */
type Told = Omit<OutcomeRow, 'id'> & { said: boolean };

/** Takes what can be taken, and says of the rest why not; an error when nothing can. */
export async function addOutcomes(
  ctx: Ctx,
  serving: Pick<Serving, 'find' | 'readPredictions' | 'rules'>,
  name: string,
  outcomes: readonly NewOutcome[],
): Promise<OutcomesAdded> {
  const endpoint = await requireEndpoint(ctx, serving, name);
  const read = await serving.readPredictions(
    ctx,
    outcomes.flatMap(({ prediction }) => prediction ?? []),
  );
  const delay = (await findMonitorOf(ctx, endpoint))?.label_delay_ms;
  const refused: Refusal[] = [];
  const told: Told[] = [];
  outcomes.forEach((outcome, index) => {
    const one = inTime(judge(ctx, endpoint, outcome, read), delay);
    if ('code' in one) refused.push({ index, ...one });
    else told.push(one);
  });
  if (told.length === 0) {
    const { index, code, message } = refused[0]!;
    throw invalid(message, { field: `outcomes[${index}]`, hint: HINTS[code]!, code });
  }
  const accepted = await ctx.write((tx) => keep(tx, endpoint, told));
  const unrecorded = new Set(
    told.flatMap(({ prediction }) =>
      prediction !== null && read.get(prediction)?.recorded === false ? [prediction] : [],
    ),
  );
  const times = told.flatMap(({ key, time }) => (key === null ? [] : [time]));
  const warnings = [
    ...sampledOut(unrecorded.size),
    ...observedEarly(told.filter(({ said }) => said)),
    ...(times.length === 0
      ? []
      : keyDoubts(
          await serving.rules(ctx, name, {
            from: times.reduce((a, b) => Math.min(a, b)),
            to: times.reduce((a, b) => Math.max(a, b)) + 1,
          }),
        )),
  ];
  return {
    accepted,
    known: told.length - accepted,
    refused,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

const HINTS: Readonly<Record<string, string>> = {
  unreadable: 'it comes with each answer, in the header X-Treadle-Prediction',
  foreign: 'name the endpoint that answered',
  shadow: 'give the id that the caller got: the shadow’s answer is joined by it',
  incomplete: 'say prediction; or key and time',
  future: 'times are milliseconds since 1970',
  not_finite: 'leave out what is not known',
  late: 'the monitor of the endpoint says how long they are waited for: treadle monitor set NAME --label-delay 7d',
};

/** A window is scored once its outcomes were waited for: what comes later would change a figure that was told. */
function inTime(
  one: Told | Omit<Refusal, 'index'>,
  delay: number | undefined,
): Told | Omit<Refusal, 'index'> {
  if ('code' in one || delay === undefined || one.received_at <= one.time + delay) return one;
  return {
    code: 'late',
    message: `the prediction is of ${moment(one.time)}, and outcomes are taken for ${delay / 3_600_000} h`,
  };
}

function judge(
  ctx: Ctx,
  endpoint: string,
  outcome: NewOutcome,
  read: ReadonlyMap<string, ReadPrediction>,
): Told | Omit<Refusal, 'index'> {
  const { prediction, row = 0, key, time, value, observed_at } = outcome;
  const now = ctx.clock.now();
  const refuse = (code: string, message: string): Omit<Refusal, 'index'> => ({ code, message });
  if (observed_at !== undefined && observed_at > now + AHEAD)
    return refuse('future', 'observed_at lies in the future');
  if (typeof value === 'string' && NO_NUMBER.test(value))
    return refuse('not_finite', `value is '${value}', and an outcome is a finite number or a label`);
  const of = {
    workspace: ctx.workspace,
    endpoint_id: endpoint,
    row_number: row,
    ...labelOf(value),
    observed_at: observed_at ?? now,
    received_at: now,
    said: observed_at !== undefined,
  };
  if (prediction !== undefined) {
    if (key !== undefined || time !== undefined)
      return refuse(
        'incomplete',
        'it names a prediction, and a key or time besides: only one of them can be meant',
      );
    const found = read.get(prediction);
    if (!found) return refuse('unreadable', `'${prediction}' is no prediction id of this server`);
    if (found.endpoint !== endpoint)
      return refuse('foreign', `prediction ${prediction} was answered by another endpoint`);
    if (found.role === 'shadow')
      return refuse('shadow', `prediction ${prediction} is the answer of a shadow, which nobody got`);
    return { ...of, subject: `${prediction}#${row}`, prediction, key: null, time: found.at };
  }
  if (key === undefined || time === undefined)
    return refuse('incomplete', 'it names neither a prediction nor a key and a time');
  if (time > now + AHEAD) return refuse('future', 'time lies in the future');
  return { ...of, subject: `${key}@${time}#${row}`, prediction: null, key, time };
}

const NO_NUMBER = /^[+-]?(?:nan|inf(?:inity)?)$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** As the tables of outcomes have it. */
function labelOf(value: NewOutcome['value']): { label: string; number: number | null } {
  if (Array.isArray(value)) return { label: JSON.stringify(value), number: null };
  if (typeof value === 'boolean') return { label: String(value), number: value ? 1 : 0 };
  if (typeof value === 'number') return { label: numberText(value), number: value };
  const number = NUMBER.test(value) ? Number(value) : Number.NaN;
  return { label: value, number: Number.isFinite(number) ? number : null };
}

/** Writes what is new; how many. Rows are folded into a file once there are many. */
async function keep(tx: Tx, endpoint: string, told: readonly Told[]): Promise<number> {
  const subjects = [...new Set(told.map(({ subject }) => subject))];
  const there = new Map<string, Array<Pick<OutcomeRow, 'label' | 'observed_at'>>>();
  for (const row of await selectOfSubjects(tx, endpoint, subjects))
    there.set(row.subject, [...(there.get(row.subject) ?? []), row]);
  const fresh: OutcomeRow[] = [];
  for (const { said, ...one } of told) {
    const before = there.get(one.subject) ?? [];
    if (isKnown(one, said, before)) continue;
    there.set(one.subject, [...before, one]);
    fresh.push({ id: newId(tx.clock.now()), ...one });
  }
  if (fresh.length === 0) return 0;
  await insertOutcomes(tx, fresh);
  const oldest = await oldestOfMany(tx, endpoint, FOLDED_AT_ONCE);
  // One job for as long as the same row is the oldest.
  if (oldest !== undefined) await tx.enqueue(FOLD, { endpoint }, { uniqueKey: `${endpoint}/${oldest}` });
  await tx.emit({
    type: 'outcomes.added',
    subject: `endpoint:${endpoint}`,
    data: { accepted: fresh.length },
  });
  return fresh.length;
}

/** The same again: with its time of observation, or without one and no other value since. */
function isKnown(
  { label, observed_at }: Pick<OutcomeRow, 'label' | 'observed_at'>,
  said: boolean,
  before: ReadonlyArray<Pick<OutcomeRow, 'label' | 'observed_at'>>,
): boolean {
  if (said) return before.some((one) => one.label === label && one.observed_at === observed_at);
  return before.toSorted((a, b) => a.observed_at - b.observed_at).at(-1)?.label === label;
}
