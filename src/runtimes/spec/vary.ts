import type { Cell, Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { allocateNumbers, asHalf, sliceRows } from './element.ts';

/** How a row of a trial differs from the example's. */
export type Variation = 'example' | 'near' | 'far' | 'missing';

/** One row of a trial: one tensor an input, each of one row. */
export interface Varied {
  kind: Variation;
  inputs: Tensor[];
}

/** Rows of the example that are asked as they are. */
const EXAMPLES = 4;
/** Inputs are varied one by one up to this many, wider tables by as many groups of neighbouring inputs. */
const GROUPS = 4;

/**
 * Rows that differ from the example's in one group of inputs each, and in all: a little, by far, by a missing value. A model may
 * refuse some; whoever asks leaves those out.
 */
export function variedRows(
  sample: readonly Tensor[],
  specs: readonly TensorSpec[],
  { nulls, groups = GROUPS }: { nulls: boolean; groups?: number },
): Varied[] {
  const rows = sample[0]?.shape[0] ?? 0;
  const row = (at: number): Tensor[] => sample.map((tensor) => sliceRows(tensor, at, at + 1));
  const base = row(0);
  const varied: Varied[] = [];
  for (let at = 0; at < Math.min(rows, EXAMPLES); at++) varied.push({ kind: 'example', inputs: row(at) });
  const count = Math.min(groups, base.length);
  const groupOf = (index: number): number => Math.floor((index * count) / base.length);
  for (const kind of ['near', 'far', 'missing'] as const) {
    const other = base.map((tensor, index) => vary(tensor, kind, specs[index], nulls));
    const changed = (wanted: (index: number) => boolean): void => {
      if (!other.some((tensor, index) => tensor !== undefined && wanted(index))) return;
      varied.push({ kind, inputs: base.map((tensor, i) => (wanted(i) ? (other[i] ?? tensor) : tensor)) });
    };
    for (let group = 0; group < count; group++) changed((index) => groupOf(index) === group);
    if (count > 1 && kind !== 'missing') changed(() => true);
  }
  return varied;
}

/** The tensor otherwise, or undefined where its type has no such value. */
function vary(
  tensor: Tensor,
  kind: Variation,
  spec: TensorSpec | undefined,
  nulls: boolean,
): Tensor | undefined {
  const { datatype, data } = tensor;
  if (datatype === 'BYTES') {
    // A graph has no missing text: there the empty one stands for it.
    if (kind === 'missing' && nulls)
      return { ...tensor, data: Array.from({ length: data.length }, () => null) };
    const change = spec?.column === 'datetime' ? moment : spec?.column === 'binary' ? bytes : text;
    const values = Array.from(data as ArrayLike<Cell>, (one) => change(one, kind));
    return { ...tensor, data: values };
  }
  if (kind === 'missing' && !FLOATS.has(datatype)) return undefined;
  return { ...tensor, data: numbers(datatype, data, kind) };
}

const FLOATS: ReadonlySet<Datatype> = new Set(['FP16', 'FP32', 'FP64']);
/** Largest that far values of whole numbers come to; some models index by them. */
const FAR_WHOLE: Readonly<Partial<Record<Datatype, number>>> = {
  INT8: 100,
  UINT8: 200,
  INT16: 30_000,
  UINT16: 60_000,
};

function numbers(
  datatype: Exclude<Datatype, 'BYTES'>,
  data: Tensor['data'],
  kind: Variation,
): Tensor['data'] {
  const made = allocateNumbers(datatype, data.length);
  const from = datatype === 'FP16' ? asHalf(data as Uint16Array) : data;
  const to = made instanceof Uint16Array && datatype === 'FP16' ? asHalf(made) : made;
  for (let i = 0; i < to.length; i++) {
    const value = Number(from[i]);
    const own = Number.isFinite(value) ? value : 0;
    // Not all by one step: a model may look at differences of its inputs only.
    const step = 1 + (i % 3) / 2;
    let other: number;
    if (datatype === 'BOOL') other = 1 - own;
    else if (FLOATS.has(datatype)) {
      const far = datatype === 'FP16' ? 2e4 : 1e6;
      other =
        kind === 'missing'
          ? NaN
          : kind === 'near'
            ? own + step * Math.max(Math.abs(own) / 2, 1)
            : step * far - own;
    } else if (kind === 'near') other = own > 0 ? own - 1 : own + 1;
    else other = FAR_WHOLE[datatype] ?? 1_000_003 + i;
    if (to instanceof BigInt64Array || to instanceof BigUint64Array) to[i] = BigInt(Math.trunc(other));
    else to[i] = other;
  }
  return made;
}

function text(value: Cell, kind: Variation): string {
  if (kind === 'missing') return '';
  const own = typeof value === 'string' ? value : '';
  return kind === 'near' ? `${own}a` : 'Żółw 日本, a word that no example had';
}

const bytes = (value: Cell, kind: Variation): Uint8Array =>
  kind === 'missing'
    ? new Uint8Array()
    : Buffer.concat([value instanceof Uint8Array ? value : Buffer.of(), Buffer.from(kind)]);

/** Another day; another zone, finer than a millisecond; none. */
const moment = (_value: Cell, kind: Variation): string =>
  kind === 'missing' ? 'NaT' : kind === 'near' ? '2011-11-12T13:14:15' : '1971-02-03T23:04:05.123456+05:30';
