import { createHash } from 'node:crypto';
import path from 'node:path';
import { random, type Random } from '../../../../test/random.ts';
import { evidently, EVIDENTLY_METHODS, type EvidentlyDrift, type EvidentlyRaises } from './evidently.ts';
import { nannyml, type NannyDrift, type NannyMethod, type NannyRaises } from './nannyml.ts';
import type { PeerColumn } from './column.ts';

/** Two columns as a data frame holds them; null is missing. */
export interface PeerCase {
  kind: 'float' | 'integer' | 'text' | 'boolean';
  reference: (number | string | boolean | null)[];
  current: (number | string | boolean | null)[];
}

/** What a peer said of a case; a text is what it raised. */
export interface PeerAnswers {
  /** By its own choice: the public report. */
  report: { name: string; value: number | null; threshold: number; drifted: boolean } | string;
  /** By each method that it has for the type of column. */
  methods: Record<string, { value: number | null; drifted: boolean } | string>;
  nannyml: Record<
    string,
    { upper: number | null; chunks: { value: number | null; alert: boolean }[] } | string
  >;
}

/** Versions, the digest of the cases, and the answers in their order. */
export interface PeerFixture {
  command: string;
  versions: Record<string, string>;
  cases: string;
  answers: PeerAnswers[];
}

export const NANNY_METHODS = {
  continuous: ['jensen_shannon', 'hellinger', 'kolmogorov_smirnov', 'wasserstein'],
  categorical: ['jensen_shannon', 'hellinger', 'chi2', 'l_infinity'],
} as const satisfies Record<string, readonly NannyMethod[]>;

/** What the peers said of so many cases, and the odd ones. */
export const FIXTURE_CASES = 200;
export const FIXTURE = path.join(import.meta.dirname, 'peers.json');

const SIZES = [10, 11, 25, 60, 300, 999, 1000, 1001, 2500];

/** Shapes, shifts, ties, missing values, infinities, constants, categories that come and go, sizes around every switch of method. */
export function peerCases(count: number): PeerCase[] {
  const r = random(20261129);
  const cases = Array.from({ length: count }, (_one, i) => {
    const large = i % 40 === 7;
    const [n, m] = [large ? 12_000 : r.pick(SIZES), large ? 3000 : r.pick(SIZES)];
    return [floats, floats, integers, categories][i % 4]!(r, n, m);
  });
  return [...ODD, ...cases];
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;
const fill = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

function floats(r: Random, n: number, m: number): PeerCase {
  const shape = r.pick(['normal', 'lognormal', 'uniform', 'few', 'half']);
  const [shift, width] = [r.pick<number>([0, 0, 0.1, 0.5, 2]), r.pick<number>([1, 1, 1.3])];
  const missing = r.pick<number>([0, 0, 0.1]);
  const draw = (by: number, times: number) => (): number | null => {
    if (r.uniform() < missing) return null;
    const z = r.normal() * times + by;
    if (shape === 'lognormal') return round(Math.exp(z));
    if (shape === 'uniform') return round(r.uniform() * times + by);
    if (shape === 'few') return Math.round(z * 2);
    return shape === 'half' && r.uniform() < 0.5 ? 0 : round(z);
  };
  return { kind: 'float', reference: fill(n, draw(0, 1)), current: fill(m, draw(shift, width)) };
}

function integers(r: Random, n: number, m: number): PeerCase {
  const range = r.pick([1, 2, 4, 9, 15, 40, 5000]);
  const shift = r.pick<number>([0, 0, 1, 3]);
  const draw = (by: number) => (): number => Math.floor(r.uniform() ** 1.5 * range) + by;
  return { kind: 'integer', reference: fill(n, draw(0)), current: fill(m, draw(shift)) };
}

function categories(r: Random, n: number, m: number): PeerCase {
  if (r.uniform() < 0.25) {
    const [p, q] = [r.pick<number>([0.5, 0.1, 0, 1]), r.pick<number>([0.5, 0.2, 1])];
    return {
      kind: 'boolean',
      reference: fill(n, () => r.uniform() < p),
      current: fill(m, () => r.uniform() < q),
    };
  }
  const names = r.pick([2, 3, 5, 30]);
  const missing = r.pick<number>([0, 0, 0.1]);
  const draw = (power: number, unseen: number) => (): string | null =>
    r.uniform() < missing
      ? null
      : r.uniform() < unseen
        ? 'new'
        : `c${Math.floor(r.uniform() ** power * names)}`;
  return {
    kind: 'text',
    reference: fill(n, draw(1.5, 0)),
    current: fill(m, draw(r.pick<number>([1.5, 1.5, 1]), r.pick<number>([0, 0.02]))),
  };
}

const range = (n: number): number[] => Array.from({ length: n }, (_one, i) => i);
const ODD: PeerCase[] = [
  { kind: 'float', reference: range(1024), current: range(1024) },
  { kind: 'float', reference: range(40).map(() => 3), current: range(40).map(() => 3) },
  { kind: 'float', reference: range(40).map(() => 3), current: range(40).map(() => 4) },
  { kind: 'float', reference: range(2000).map((i) => i / 7), current: range(500).map((i) => i / 7 + 1000) },
  { kind: 'integer', reference: range(1200), current: range(1200).map((i) => i + 1) },
  { kind: 'integer', reference: range(300).map((i) => i % 25), current: range(5000).map((i) => i % 26) },
  { kind: 'text', reference: range(60).map((i) => `a${i % 2}`), current: range(60).map((i) => `a${i % 3}`) },
  {
    kind: 'boolean',
    reference: range(50).map((i) => i % 2 === 0),
    current: range(50).map((i) => i % 2 === 0),
  },
  { kind: 'text', reference: range(50).map(() => 'x'), current: range(50).map(() => 'y') },
];

export const digestOf = (cases: readonly PeerCase[]): string =>
  createHash('sha256').update(JSON.stringify(cases)).digest('hex');

const columnOf = (kind: PeerCase['kind'], values: PeerCase['reference']): PeerColumn => {
  if (kind === 'float') return Float64Array.from(values, (value) => (value === null ? NaN : Number(value)));
  return kind === 'integer' ? Int32Array.from(values, Number) : values;
};

export interface OurAnswers {
  report: EvidentlyDrift | EvidentlyRaises;
  methods: Record<string, EvidentlyDrift | EvidentlyRaises>;
  nannyml: Record<string, NannyDrift | NannyRaises>;
}

export function ourAnswers({ kind, reference, current }: PeerCase): OurAnswers {
  const [x, y] = [columnOf(kind, reference), columnOf(kind, current)];
  const type = kind === 'float' || kind === 'integer' ? 'continuous' : 'categorical';
  const forced = type === 'continuous' ? 'numerical' : 'categorical';
  return {
    report: evidently(x, y),
    methods: Object.fromEntries(
      EVIDENTLY_METHODS.map((method) => [method, evidently(x, y, { method, type: forced })]),
    ),
    nannyml: Object.fromEntries(NANNY_METHODS[type].map((method) => [method, nannyml(x, y, { method })])),
  };
}
