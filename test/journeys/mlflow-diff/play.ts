import { labelOf, type Step } from './step.ts';

/** What a server has told so far: the values that words such as `$run` stand for. */
export type Told = Map<string, string>;

export interface Heard {
  status: number;
  /** With what differs from server to server named instead: ids, times, addresses. */
  body: unknown;
  type: string;
}

const filled = (text: string, told: Told): string =>
  text.replaceAll(/\$([a-z]\w*)/gi, (all, name: string) => told.get(name) ?? all);

function filledBody(value: unknown, told: Told): unknown {
  if (typeof value === 'string') return filled(value, told);
  if (Array.isArray(value)) return value.map((one) => filledBody(one, told));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filledBody(one, told)]));
}

/** Sends one step and hears the answer in words that both servers share. */
export async function ask(url: string, step: Step, told: Told): Promise<Heard> {
  const { method, path, body, headers = {}, keep = {} } = step;
  const raw = typeof body === 'string';
  const sent =
    body === undefined ? undefined : raw ? filled(body, told) : JSON.stringify(filledBody(body, told));
  const answer = await fetch(url + filled(path, told), {
    method,
    redirect: 'manual',
    headers: { ...(sent === undefined || raw ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await answer.text();
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!;
  let parsed: unknown = text;
  if (type === 'application/json') {
    // MLflow writes the greatest doubles as numbers and NaN bare, which JSON has no word for.
    try {
      parsed = JSON.parse(text.replaceAll(/(?<=[:,[]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g, '"$1"'));
    } catch {
      parsed = text;
    }
  }
  for (const [name, where] of Object.entries(keep)) {
    const found = where
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], parsed);
    if (typeof found === 'string' || typeof found === 'number') told.set(name, String(found));
  }
  return { status: answer.status, body: named(parsed, told, url), type };
}

const TIMES =
  /^(creation_time|last_update_time|creation_timestamp|last_updated_timestamp|creation_timestamp_ms|last_updated_timestamp_ms|creation_time_ms|last_update_time_ms|created_time|last_updated_time)$/;
/** Lists that are sets: neither server promises an order. */
const SETS = /^(tags|params|metrics|aliases|dataset_summaries)$/;

/** Where numbers of experiments stand: the two servers count differently after a refusal. */
const NUMBERED = /^(experiment_id|artifact_location)$/;
function numbered(value: string, told: Told): string {
  const nameOf = (number: string): string => {
    const found = [...told].find(([, known]) => known === number);
    return found === undefined ? number : `<${found[0]}>`;
  };
  return value.replace(/^\d+$/, nameOf).replace(/(?<=^mlflow-artifacts:\/)\d+/, nameOf);
}

function named(value: unknown, told: Told, url: string, key = ''): unknown {
  if (typeof value === 'string') {
    if (TIMES.test(key) && /^\d+$/.test(value)) return '<time>';
    if (key === 'next_page_token') return '<token>';
    if (NUMBERED.test(key)) return numbered(value, told);
    let text = value.replaceAll(url, '<server>');
    text = text.replace(/(?<=^mlflow-artifacts:\/)\d+/, (number) => numbered(number, told));
    for (const [name, known] of told) if (known.length >= 8) text = text.replaceAll(known, `<${name}>`);
    return text;
  }
  if (typeof value === 'number') return TIMES.test(key) ? '<time>' : value;
  if (Array.isArray(value)) {
    const list = value.map((one) => named(one, told, url));
    return SETS.test(key) ? list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]): [string, unknown] => [name, named(one, told, url, name)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export interface Difference {
  step: string;
  /** Where in the answer: `status`, `body.run.info.end_time`. */
  field: string;
  theirs: unknown;
  ours: unknown;
}

/** Every field in which two answers differ. Of a refusal, its code counts, not its sentence: ours says more. */
export function compare(step: Step, theirs: Heard, ours: Heard): Difference[] {
  const found: Difference[] = [];
  const label = labelOf(step);
  const note = (field: string, a: unknown, b: unknown) =>
    void found.push({ step: label, field, theirs: a, ours: b });
  if (theirs.status !== ours.status) {
    note('status', [theirs.status, codeOf(theirs)], [ours.status, codeOf(ours)]);
    return found;
  }
  if (theirs.type !== ours.type) note('type', theirs.type, ours.type);
  if (theirs.status >= 400) {
    if (codeOf(theirs) !== codeOf(ours)) note('error_code', codeOf(theirs), codeOf(ours));
    return found;
  }
  const walk = (a: unknown, b: unknown, field: string): void => {
    if (Object.is(a, b)) return;
    const both = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
    if (!both || Array.isArray(a) !== Array.isArray(b)) return note(field, a, b);
    if (Array.isArray(a) && a.length !== (b as unknown[]).length) return note(field, a, b);
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      walk(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
        `${field}.${Array.isArray(a) ? '*' : key}`,
      );
  };
  walk(theirs.body, ours.body, 'body');
  return found;
}

function codeOf({ status, body }: Heard): unknown {
  if (status < 400) return undefined;
  const { error_code: code } = (typeof body === 'object' && body !== null ? body : {}) as {
    error_code?: unknown;
  };
  return code ?? '(no code)';
}
