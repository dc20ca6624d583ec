import { elements, joinRows, sliceRows } from '../spec/element.ts';
import type { Tensor, TensorSpec } from '../tensor.ts';
import { rowsAround } from './around.ts';

/** What kind of row a model is asked before its ONNX form is believed. */
export type Kind =
  | 'example'
  | 'around'
  | 'threshold'
  | 'training'
  | 'missing'
  | 'infinite'
  | 'extreme'
  | 'large'
  | 'category'
  | 'unseen text'
  | 'empty text'
  | 'other text'
  | 'left out';

/** One row, and the place in it that makes it of its kind. */
export interface Probe {
  inputs: ReadonlyArray<Tensor | undefined>;
  place?: Place;
}

/** One number or text of a row: a column, or an element of the one tensor. */
export interface Place {
  input: number;
  element: number;
}

/** Where the fitted model is likely to change its answer, by place: what `convert.py` read out of it. */
export interface Facts {
  values: ReadonlyArray<readonly number[]>;
  words: ReadonlyArray<readonly string[]>;
  rows: ReadonlyArray<readonly number[]>;
}

/** Random rows around the example. */
const AROUND = 256;
/** Places that are varied one by one; of a wider table so many, evenly. */
const PLACES = 128;
/** Places that are asked with several rows each. */
const DEEP = 24;
/** Thresholds that are asked, each with its neighbours. */
const THRESHOLDS = 96;

/** The places of a row, in the order of the model's features. */
export function placesOf(specs: readonly TensorSpec[]): Place[] {
  const [only] = specs;
  if (specs.length === 1 && only && only.column === undefined)
    return Array.from({ length: elements(only.shape.slice(1)) }, (_, element) => ({ input: 0, element }));
  return specs.map((_spec, input) => ({ input, element: 0 }));
}

/** Rows of each kind that the inputs can express; empty where they have no such value. */
export function probesFor(
  sample: readonly Tensor[],
  specs: readonly TensorSpec[],
  facts: Facts,
): Map<Kind, Probe[]> {
  const probes = new Map<Kind, Probe[]>();
  const add = (kind: Kind, inputs: ReadonlyArray<Tensor | undefined>, place?: Place): void => {
    const list = probes.get(kind) ?? [];
    if (list.length === 0) probes.set(kind, list);
    list.push({ inputs, ...(place ? { place } : {}) });
  };
  const rows = sample[0]?.shape[0] ?? 0;
  const around = rowsAround(sample, AROUND);
  const cut = (tensors: readonly Tensor[], at: number): Tensor[] =>
    tensors.map((tensor) => sliceRows(tensor, at, at + 1));
  for (let at = 0; at < rows; at++) add('example', cut(sample, at));
  for (let at = 0; at < AROUND; at++) add('around', cut(around, at));

  // Rows that others are made of: what is asked of one may hide behind another value of the row.
  const bases = [
    ...Array.from({ length: rows }, (_, at) => cut(sample, at)),
    ...Array.from({ length: 16 }, (_, at) => cut(around, at * 16)),
  ];
  let turn = 0;
  const base = (): Tensor[] => bases[turn++ % bases.length]!;
  const places = placesOf(specs);
  const isFloat = ({ input }: Place): boolean => /^FP(?:32|64)$/.test(specs[input]!.datatype);
  const isText = ({ input }: Place): boolean => {
    const { datatype, column } = specs[input]!;
    return datatype === 'BYTES' && (column === undefined || column === 'string');
  };

  const floats = spread(places.filter(isFloat), PLACES);
  for (const [i, place] of floats.entries()) {
    const each = i < DEEP ? 8 : 1;
    for (let n = 0; n < each; n++) add('missing', put(base(), place, NaN), place);
    for (let n = 0; n < Math.min(each, 2); n++)
      for (const value of [Infinity, -Infinity]) add('infinite', put(base(), place, value), place);
    for (const value of [0, -0, 1e-30, 1e30, -1e30]) add('extreme', put(base(), place, value), place);
    if (specs[place.input]!.datatype === 'FP64')
      for (const value of [1e300, -1e300]) add('large', put(base(), place, value), place);
  }
  for (const place of spread(
    places.filter((one) => /^INT(?:32|64)$/.test(specs[one.input]!.datatype)),
    PLACES,
  ))
    for (const value of [0, 1, -1, 16_777_217, 2_000_000_011])
      add('extreme', put(base(), place, value), place);

  const numbers = places.flatMap((place, i) =>
    specs[place.input]!.datatype === 'BYTES'
      ? []
      : (facts.values[i] ?? []).map((value) => ({ place, value })),
  );
  for (const { place, value } of spread(numbers, THRESHOLDS))
    for (const near of neighbours(value, specs[place.input]!.datatype))
      add('threshold', put(base(), place, near), place);
  for (const row of facts.rows)
    add(
      'training',
      places.reduce((made, place, i) => put(made, place, row[i] ?? 0), base()),
    );

  const texts = places.filter(isText);
  const words = places.map((_place, i) => facts.words[i] ?? []);
  for (const place of texts) {
    const own = words[places.indexOf(place)]!;
    const others = words.flatMap((list, i) => (places[i] === place ? [] : list.slice(0, 8)));
    for (const word of [...own, ...others]) add('category', put(base(), place, word), place);
    for (const text of ['a word that no training row had', ...own.slice(0, 4).map((word) => `${word}x`)])
      add('unseen text', put(base(), place, text), place);
    for (const text of ['', ' ', '   ']) add('empty text', put(base(), place, text), place);
    for (const text of [...OTHER_TEXTS, ...sentences(own)])
      add('other text', put(base(), place, text), place);
  }

  for (const [input, { optional }] of specs.entries())
    if (optional === true)
      for (let n = 0; n < 4; n++)
        add(
          'left out',
          base().map((tensor, i) => (i === input ? undefined : tensor)),
          { input, element: 0 },
        );
  return probes;
}

/** Accents, other scripts, signs between words, words of one letter, case, digits, composed and decomposed letters. */
const OTHER_TEXTS = [
  'Żółw naïve café',
  'cafe\u0301 déjà-vu',
  '日本語 テスト',
  'ЁЛКА ёлка',
  'straße STRASSE',
  "don't can't it's",
  'a b c d',
  'I a I a',
  'x_y-z.w/v',
  'tab\tnew\nline',
  'UPPER lower MiXeD',
  '123 4.5 6e7',
  'same same same same other',
  '🙂 ok 🙂',
  '\u00a0wide\u2003space',
  'İstanbul ıI',
];

/** Words that the model knows, as they come in texts: together, again and again, in other case, with signs between. */
function sentences(words: readonly string[]): string[] {
  if (words.length === 0) return [];
  const word = (i: number): string => words[i % words.length]!;
  return Array.from({ length: 12 }, (_, i) => {
    const some = Array.from({ length: 2 + (i % 5) }, (_one, j) => word(i * 7 + j * 3));
    if (i % 4 === 1) return [...some, ...some, some[0]!].join(' ');
    if (i % 4 === 2) return some.map((one) => one.toUpperCase()).join(', ');
    if (i % 4 === 3) return some.map((one) => `${one} a é`).join(' ');
    return some.join(' ');
  });
}

/** The value itself and what lies just beside it, as far as the type tells them apart. */
function neighbours(value: number, datatype: Tensor['datatype']): number[] {
  const single = Math.fround(value);
  if (datatype === 'FP64')
    return [
      ...new Set([
        value,
        beside(value, 1),
        beside(value, -1),
        single,
        beside32(single, 1),
        beside32(single, -1),
      ]),
    ];
  if (datatype === 'FP32') return [single, beside32(single, 1), beside32(single, -1)];
  return [...new Set([Math.floor(value), Math.ceil(value)])];
}

/** The next double towards plus (1) or minus (-1) infinity. */
export function beside(value: number, way: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(8));
  if (value === 0) return way * Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(value > 0 === way > 0 ? 1 : -1));
  return view.getFloat64(0);
}

function beside32(value: number, way: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(4));
  if (value === 0) return way * 1.401298464324817e-45;
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 === way > 0 ? 1 : -1));
  return view.getFloat32(0);
}

/** The row with another value at one place. */
function put(row: readonly Tensor[], { input, element }: Place, value: number | string): Tensor[] {
  return row.map((tensor, i) => {
    if (i !== input) return tensor;
    if (typeof value === 'string')
      return {
        ...tensor,
        data: Array.from(tensor.data as ArrayLike<string>, (one, at) => (at === element ? value : one)),
      };
    const { data } = tensor;
    if (data instanceof BigInt64Array)
      return { ...tensor, data: data.with(element, BigInt(Math.trunc(value))) };
    // Numbers of 32 and 64 bits: their arrays differ in nothing that is used here.
    return { ...tensor, data: (data as Float64Array).with(element, value) };
  });
}

/** Several rows as one question; all have the same inputs. */
export const joined = (probes: readonly Probe[]): Array<Tensor | undefined> =>
  probes[0]!.inputs.map((first, input) =>
    first === undefined ? undefined : joinRows(probes.map(({ inputs }) => inputs[input]!)),
  );

function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);
}
