import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { checkKey } from '../../tracking/index.ts';
import type { StepOutput } from '../contract.ts';

export interface MetricValue {
  key: string;
  value: number;
  step: number;
}

export interface MetricsRead {
  metrics: MetricValue[];
  /** What was left out although it looks like a metric, with file and line: told with the outcome and in the log. */
  faults: string[];
  /** What is no metric at all, such as text: told in the log alone. */
  remarks: string[];
}

/** One document is parsed in one go, so it is held shorter than lines are. */
const MOST_BYTES = { json: 1024 * 1024, jsonl: 8 * 1024 * 1024 };
const MOST_NUMBERS = 100_000;
const MOST_FAULTS = 5;
const MOST_NAMED = 10;
const DEEPEST = 8;
/** Lines that are read before others get their turn. */
const AT_ONCE = 500;

const kindOf = (path: string): 'json' | 'jsonl' | undefined =>
  /\.(jsonl|ndjson)$/.test(path) ? 'jsonl' : path.endsWith('.json') ? 'json' : undefined;

/** By its name: an output called metrics, or a file called so, that is JSON or JSONL. */
export const holdsMetrics = ({ path, name }: Pick<StepOutput, 'path' | 'name'>): boolean =>
  kindOf(path) !== undefined && /metrics/i.test(`${name} ${path.split('/').at(-1)}`);

/** Why a metrics file is not read at all, before its bytes are taken into memory. */
export function tooLargeForMetrics({ path, size }: Pick<StepOutput, 'path' | 'size'>): string | undefined {
  const most = MOST_BYTES[kindOf(path) ?? 'json'];
  if (size <= most) return undefined;
  return `${path} has ${(size / 1024 / 1024).toFixed(1)} MiB, and a metrics file may have ${most / 1024 / 1024} MiB (${MOST_BYTES.jsonl / 1024 / 1024} as JSONL): none of its numbers were logged`;
}

/**
 * The numbers of a metrics file, as Python writes them (NaN, Infinity): nested names are joined with a dot; a line of JSONL, or an
 * entry of a list, may say its `step`. What cannot be kept is said, with its line.
 */
export async function readMetrics(text: string, path: string): Promise<MetricsRead> {
  const read = new Reading(path);
  const lines = kindOf(path) === 'jsonl';
  const documents = lines ? text.replace(/^\ufeff/, '').split('\n') : [text.replace(/^\ufeff/, '')];
  let records = 0;
  for (const [i, document] of documents.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await turn();
    if (document.trim() === '') continue;
    const where = lines ? `line ${i + 1}` : undefined;
    let value: unknown;
    try {
      value = parse(document);
    } catch (error) {
      read.fault(where ?? lineIn(error), `is not JSON: ${reason(error)}`);
      records++;
      continue;
    }
    if (lines || !Array.isArray(value)) read.record(value, where, lines ? records++ : 0);
    else for (const [entry, one] of value.entries()) read.record(one, `entry ${entry + 1}`, entry);
  }
  return read.done();
}

class Reading {
  readonly #path: string;
  readonly #metrics: MetricValue[] = [];
  readonly #faults: string[] = [];
  readonly #others = new Map<string, string>();
  #moreFaults = 0;
  #beyond = 0;
  #firstBeyond: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  fault(where: string | undefined, what: string): void {
    if (this.#faults.length < MOST_FAULTS)
      this.#faults.push(`${this.#path}${where === undefined ? '' : `, ${where}`}: ${what}`);
    else this.#moreFaults++;
  }

  record(value: unknown, where: string | undefined, usual: number): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.fault(where, `is ${named(value)}, and not an object of names and numbers`);
    let step = usual;
    if ('step' in value) {
      if (!Number.isSafeInteger(value.step))
        return this.fault(
          where,
          `its step is ${JSON.stringify(value.step)}, and a step is a whole number: its numbers were not logged`,
        );
      step = Number(value.step);
    }
    for (const [name, inner] of Object.entries(value))
      if (name !== 'step') this.#add(inner, name, step, where, 1);
  }

  #add(value: unknown, key: string, step: number, where: string | undefined, depth: number): void {
    if (typeof value === 'number') {
      if (this.#metrics.length >= MOST_NUMBERS) {
        this.#beyond++;
        this.#firstBeyond ??= where;
        return;
      }
      try {
        checkKey(key, 'name');
        this.#metrics.push({ key, value, step });
      } catch (error) {
        this.fault(where, `${messageOf(error)}: the number was not logged`);
      }
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (depth >= DEEPEST)
        return this.fault(where, `'${key}' lies more than ${DEEPEST} names deep and was not read`);
      for (const [name, inner] of Object.entries(value))
        this.#add(inner, `${key}.${name}`, step, where, depth + 1);
    } else if (!this.#others.has(key) && this.#others.size <= MOST_NAMED) {
      this.#others.set(key, named(value));
    }
  }

  done(): MetricsRead {
    if (this.#moreFaults > 0) this.#faults.push(`${this.#path}: and ${this.#moreFaults} more such lines`);
    if (this.#beyond > 0)
      this.#faults.push(
        `${this.#path}: the first ${MOST_NUMBERS.toLocaleString('en')} numbers were logged, and ${this.#beyond.toLocaleString('en')} more${this.#firstBeyond === undefined ? '' : `, from ${this.#firstBeyond} on,`} were not`,
      );
    const others = [...this.#others].map(([key, what]) => `${key} (${what})`);
    return {
      metrics: this.#metrics,
      faults: this.#faults,
      remarks:
        others.length === 0
          ? []
          : [
              `${this.#path}: no numbers, and so no metrics: ${others.slice(0, MOST_NAMED).join(', ')}${others.length > MOST_NAMED ? ' and more' : ''}`,
            ],
    };
  }
}

/** JSON, and the three numbers that Python writes beside it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    // A word that no file can hold stands for each, so that text that says NaN stays text.
    const mark = newId();
    const marked = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : `"${mark}${token}"`,
    );
    return JSON.parse(marked, (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(mark.length)) : value,
    );
  }
}

const lineIn = (error: unknown): string | undefined => /\bline \d+/.exec(messageOf(error))?.[0];
const reason = (error: unknown): string =>
  messageOf(error)
    .replace(/[0-9a-f]{32}(NaN|-?Infinity)/g, '$1')
    .split('\n')[0]!
    .slice(0, 120);

const named = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list'
    : value === null
      ? 'null'
      : typeof value === 'string'
        ? 'text'
        : typeof value === 'boolean'
          ? 'true or false'
          : typeof value === 'number'
            ? 'a number'
            : 'an object';
