import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { difference } from './agree.ts';
import { joinRows, sliceRows } from './element.ts';
import { variedRows, type Varied } from './vary.ts';

/** Whether rows of different callers are joined into one batch, and what that rests on. */
export interface Batching {
  joined: boolean;
  /** A sentence for people. */
  why: string;
  /** Rows that were compared alone and joined, by how they differ from the example. */
  rows?: Readonly<Record<string, number>>;
  /** Largest difference of a number between a row alone and the same row in a batch, relative above 1. */
  difference?: number;
  /** Most rows that may be joined, where the time of the trial did not suffice for as many as the limits let into a batch. */
  most?: number;
}

interface Limits {
  /** Rows of the largest batch. */
  most: number;
  /** For all of the trial. */
  ms: number;
  /** Whether the model can be told that a text is missing. */
  nulls: boolean;
}

type Ask = (inputs: Tensor[]) => Tensor[] | Promise<Tensor[]>;

/**
 * How far a number may move when more rows are computed at once: kernels add in another order. What stands in the other rows may
 * move it by no more than a few last digits: between batches of one size the order is the same.
 */
const BY_SIZE: Readonly<Partial<Record<Datatype, number>>> = { FP32: 1e-4, FP64: 1e-9 };
const BY_NEIGHBOUR: Readonly<Partial<Record<Datatype, number>>> = { FP32: 1e-6, FP64: 1e-12 };
/** A far row adds huge numbers, of which little may be left: as a witness against others it counts, not by its own digits. */
const FAR = 1e-2;

class NotJoined extends Error {}

export const untried = (why: string): Batching => ({ joined: false, why });

/**
 * Joins rows that differ (one input far away, one missing, …) in both orders, and believes that rows may be joined only when each
 * is answered as it is alone. Stops with the first doubt, and before rows that the example does not have if answers change from one
 * call to the next: such a model keeps what it was asked.
 */
export async function tryBatches(
  run: Ask,
  sample: readonly Tensor[],
  specs: readonly TensorSpec[],
  limits: Limits,
): Promise<Batching> {
  const began = performance.now();
  const inTime = (): void => {
    if (performance.now() - began > limits.ms)
      throw new NotJoined(`the trial of joined rows did not end within ${limits.ms / 1000} s`);
  };
  try {
    return await compare(run, sample, specs, limits, inTime);
  } catch (error) {
    if (error instanceof NotJoined) return untried(error.message);
    throw error;
  }
}

async function compare(
  run: Ask,
  sample: readonly Tensor[],
  specs: readonly TensorSpec[],
  { most, ms, nulls }: Limits,
  inTime: () => void,
): Promise<Batching> {
  const began = performance.now();
  let answered = 0;
  const ask = async (rows: readonly Varied[]): Promise<Tensor[]> => {
    inTime();
    let outputs: Tensor[];
    try {
      outputs = await run(
        rows[0]!.inputs.map((_one, input) => joinRows(rows.map(({ inputs }) => inputs[input]!))),
      );
    } catch (error) {
      if (isLost(error)) throw error;
      if (rows.length === 1) throw error;
      throw new NotJoined(
        `it fails on rows that it answers one by one: ${outwardMessageOf(error).slice(0, 300)}`,
      );
    }
    answered += rows.length;
    for (const { name, shape } of outputs)
      if (shape[0] !== rows.length)
        throw new NotJoined(
          `it gives ${shape[0] ?? 'no'} rows in '${name}' for ${rows.length}: its answer is not one a row`,
        );
    return outputs;
  };

  let varied = variedRows(sample, specs, { nulls });
  const first = varied[0]!;
  const start = performance.now();
  let own: Tensor[];
  try {
    own = await ask([first]);
  } catch (error) {
    if (isLost(error) || error instanceof NotJoined) throw error;
    throw new NotJoined(
      `it does not take one row of its example by itself: ${outwardMessageOf(error).slice(0, 300)}`,
    );
  }
  const again = await ask([first]);
  // Calls a row: alone, beside itself, and beside another one in both orders.
  const calls = ms / Math.max(0.01, (performance.now() - start) / 2);
  if (calls < varied.length * 5) varied = variedRows(sample, specs, { nulls, groups: 1 });
  if (calls < varied.length * 5) throw new NotJoined('one call takes so long that joining was not tried');
  const other = varied.find(({ kind }, i) => i > 0 && kind === 'example');
  if (other) await ask([other]);
  for (const later of [again, await ask([first])])
    if (gap(own, later, BY_NEIGHBOUR) !== undefined)
      throw new NotJoined(
        'the same row was answered otherwise when it was asked again: it is random or keeps a state',
      );

  // What the model refuses alone is no row of the trial.
  const asked: Array<{ row: Varied; alone: Tensor[] }> = [];
  for (const row of varied) {
    try {
      asked.push({ row, alone: await ask([row]) });
    } catch (error) {
      if (isLost(error) || error instanceof NotJoined) throw error;
    }
  }
  for (const [input, { name }] of specs.entries()) {
    if (new Set(asked.map(({ row }) => valuesOf(row.inputs[input]!))).size > 1) continue;
    throw new NotJoined(
      `input '${name}' was answered with one value alone: log an example of several rows that differ`,
    );
  }

  let largest = 0;
  const bySize = (outputs: readonly Tensor[], rows: ReadonlyArray<(typeof asked)[number]>): void => {
    for (const [at, { row, alone }] of rows.entries()) {
      const found = gap(alone, cut(outputs, at), row.kind === 'far' ? { FP32: FAR, FP64: FAR } : BY_SIZE);
      if (found !== undefined)
        throw new NotJoined(
          `a row (${row.kind}) of ${rows.length} is answered otherwise than alone, in '${found}'`,
        );
      if (row.kind !== 'far')
        for (const [i, tensor] of alone.entries())
          largest = Math.max(largest, difference(tensor, cut(outputs, at)[i]!));
    }
  };
  const base = asked[0]!;
  const besideItself = async (one: (typeof asked)[number]): Promise<Tensor[]> => {
    const outputs = await ask([one.row, one.row]);
    bySize(outputs, [one, one]);
    return outputs;
  };
  const doubled = await besideItself(base);
  for (const one of asked.slice(1)) {
    const self = await besideItself(one);
    for (const [pair, wanted] of [
      [
        [base, one],
        [cut(doubled, 0), cut(self, 1)],
      ],
      [
        [one, base],
        [cut(self, 0), cut(doubled, 1)],
      ],
    ] as const) {
      const outputs = await ask(pair.map(({ row }) => row));
      for (const [at, expected] of wanted.entries()) {
        const found = gap(expected, cut(outputs, at), BY_NEIGHBOUR);
        if (found !== undefined)
          throw new NotJoined(
            `a row (${pair[at]!.row.kind}) is answered otherwise beside another one (${pair[1 - at]!.row.kind}), in '${found}'`,
          );
      }
      bySize(outputs, pair);
    }
  }
  // All at once, in both orders, and as many as a batch may have, or as there is time for: more than were tried are never joined.
  const spent = performance.now() - began;
  const inHalfTheRest = Math.floor(((ms - spent) / 2) * (answered / Math.max(1, spent)));
  const size = Math.min(most, Math.max(asked.length, inHalfTheRest));
  const all = asked.slice(0, size);
  const full = Array.from({ length: size }, (_, i) => asked[i % asked.length]!);
  for (const rows of [all, all.toReversed(), full])
    if (rows.length > 1) bySize(await ask(rows.map(({ row }) => row)), rows);
  if (gap(own, await ask([first]), BY_NEIGHBOUR) !== undefined)
    throw new NotJoined('the same row was answered otherwise after others were asked: it keeps a state');

  const rows: Record<string, number> = {};
  for (const { row } of asked) rows[row.kind] = (rows[row.kind] ?? 0) + 1;
  return {
    joined: true,
    why: `${asked.length} rows (${said(rows)}) were answered alike alone and beside others${
      size < most ? `; no more than ${size} rows are joined, for which there was time` : ''
    }`,
    rows,
    difference: largest,
    ...(size < most ? { most: size } : {}),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  example: 'of its example',
  near: 'near it',
  far: 'far from it',
  missing: 'with missing or empty values',
};
const said = (rows: Readonly<Record<string, number>>): string =>
  Object.entries(rows)
    .map(([kind, count]) => `${count} ${WORDS[kind] ?? kind}`)
    .join(', ');

const cut = (outputs: readonly Tensor[], at: number): Tensor[] =>
  outputs.map((tensor) => sliceRows(tensor, at, at + 1));

/** Nothing can be said while its process is not there. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && 'retriable' in error && error.retriable === true;

/** The name of the first output that differs by more than is allowed for its type: nothing for text, whole numbers and truth. */
function gap(
  wanted: readonly Tensor[],
  found: readonly Tensor[],
  allowed: Readonly<Partial<Record<Datatype, number>>>,
): string | undefined {
  if (wanted.length !== found.length) return found[0]?.name ?? 'its outputs';
  for (const [i, one] of wanted.entries()) {
    const other = found[i]!;
    if (one.name !== other.name || one.datatype !== other.datatype || one.shape.join() !== other.shape.join())
      return other.name;
    if (!(difference(one, other) <= (allowed[one.datatype] ?? 0))) return one.name;
  }
  return undefined;
}

const valuesOf = ({ data, shape }: Tensor): string =>
  JSON.stringify([
    shape,
    Array.from<unknown, unknown>(data, (one) => (one instanceof Uint8Array ? [...one] : String(one))),
  ]);
