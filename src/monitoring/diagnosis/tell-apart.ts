// In the table reader's process: whether texts or vectors of now are told from those of before, and by which words.
import { binaryMetrics } from '../../validation/inside.ts';
import { learntFrom } from '../kinds/derive.ts';
import { wordsOf } from '../kinds/text.ts';
import type { Apart } from './questions.ts';

/** Features of a value: their places, and what each is. */
interface Features {
  at: ArrayLike<number>;
  of: ArrayLike<number>;
}

/** Words and pairs of words that are looked at, and those that are named. */
const TERMS = 5000;
const NAMED = 8;
/** Values of each side that are judged at least. */
const FEW = 30;
const ROUNDS = 10;
const RATE = 0.2;
/** Pulls weights to nothing: what a few rows have says little. */
const RIDGE = 1e-3;

/** A classifier of words and pairs of them: learnt from half of the texts, and judged on the other. */
export function textsApart(
  before: readonly string[],
  now: readonly string[],
): Omit<Apart, 'column'> | undefined {
  const counts = new Map<string, number>();
  for (const side of [before, now])
    for (const [place, text] of side.entries())
      if (learntFrom(place)) for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  const terms = [...counts]
    .filter(([, rows]) => rows > 1)
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, TERMS)
    .map(([term]) => term);
  const places = new Map(terms.map((term, place) => [term, place]));
  const features = (text: string): Features => {
    const at = [...termsOf(text)].flatMap((term) => places.get(term) ?? []);
    return { at, of: at.map(() => 1 / Math.sqrt(at.length)) };
  };
  const found = apart(before.map(features), now.map(features), terms.length);
  if (!found) return undefined;
  // A word that is rare says little, however sure it is.
  const said = terms
    .map((term, place) => ({ term, weight: found.weights[place]! * Math.sqrt(counts.get(term)!) }))
    .filter(({ term }) => !term.includes(' '))
    .toSorted((a, b) => b.weight - a.weight);
  const named = (of: typeof said): string[] => of.slice(0, NAMED).map(({ term }) => term);
  return {
    ...found.told,
    words: {
      now: named(said.filter(({ weight }) => weight > 0)),
      before: named(said.filter(({ weight }) => weight < 0).toReversed()),
    },
  };
}

/** The same of vectors, each of their numbers brought to mean 0 and deviation 1 of before. */
export function vectorsApart(
  before: readonly Float64Array[],
  now: readonly Float64Array[],
): Omit<Apart, 'column'> | undefined {
  const width = before[0]?.length ?? 0;
  const mean = new Float64Array(width);
  for (const row of before) for (let at = 0; at < width; at++) mean[at]! += row[at]! / before.length;
  const spread = new Float64Array(width);
  for (const row of before)
    for (let at = 0; at < width; at++) spread[at]! += (row[at]! - mean[at]!) ** 2 / before.length;
  const at = Uint32Array.from({ length: width }, (_one, place) => place);
  const features = (row: Float64Array): Features => ({
    at,
    of: row.map((value, place) => {
      const one = (value - mean[place]!) / Math.sqrt(spread[place]! * width || 1);
      return Math.max(-1, Math.min(1, one));
    }),
  });
  return apart(before.map(features), now.map(features), width)?.told;
}

function termsOf(text: string): Set<string> {
  const words = wordsOf(text);
  return new Set(words.flatMap((word, at) => (at === 0 ? [word] : [word, `${words[at - 1]!} ${word}`])));
}

function apart(
  before: readonly Features[],
  now: readonly Features[],
  many: number,
): { told: Omit<Apart, 'column'>; weights: Float64Array } | undefined {
  const half = (rows: readonly Features[], learn: boolean): Features[] =>
    rows.filter((_row, place) => learntFrom(place) === learn);
  const judged = { before: half(before, false), now: half(now, false) };
  if (Math.min(judged.before.length, judged.now.length) < FEW) return undefined;
  const { weights, score } = learn(half(before, true), half(now, true), many);
  const scores = Float64Array.from([...judged.before, ...judged.now], score);
  const label = Uint8Array.from(scores, (_one, at) => Number(at >= judged.before.length));
  const auc = binaryMetrics(label, { score: scores, probable: false }).metrics.get('auc');
  if (typeof auc !== 'object') return undefined;
  const { value, low = value, high = value } = auc;
  return { told: { auc: value, low, high, rows: scores.length }, weights };
}

/** Logistic regression by steps that shrink with what was learnt of a feature, rows of both sides in turn; nothing is random. */
function learn(before: readonly Features[], now: readonly Features[], many: number) {
  const weights = new Float64Array(many);
  const learnt = new Float64Array(many).fill(1e-6);
  let bias = 0;
  const score = ({ at, of }: Features): number => {
    let sum = bias;
    for (let k = 0; k < at.length; k++) sum += weights[at[k]!]! * of[k]!;
    return sum;
  };
  const step = (row: Features, is: number): void => {
    const wrong = 1 / (1 + Math.exp(-score(row))) - is;
    bias -= 0.01 * wrong;
    for (let k = 0; k < row.at.length; k++) {
      const place = row.at[k]!;
      const slope = wrong * row.of[k]! + RIDGE * weights[place]!;
      learnt[place]! += slope ** 2;
      weights[place]! -= (RATE * slope) / Math.sqrt(learnt[place]!);
    }
  };
  // As many of each side, however many rows it has.
  const rows = Math.max(before.length, now.length);
  for (let round = 0; round < ROUNDS; round++)
    for (let row = 0; row < rows; row++) {
      step(before[row % before.length]!, 0);
      step(now[row % now.length]!, 1);
    }
  return { weights, score };
}
