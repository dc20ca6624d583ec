import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { Guard, Refusal } from '../guard.ts';
import { ModelFault, type LoadedModel } from '../model.ts';
import { difference } from '../spec/agree.ts';
import { sliceRows } from '../spec/element.ts';
import type { Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { joined, placesOf, type Kind, type Probe } from './probes.ts';

/** What the model itself says to the rows of one kind: the measure of its ONNX form. */
interface Verdict {
  kind: Kind;
  answered: Probe[];
  /** Their answers, row by row in one. */
  answers: Tensor[];
  refused: Probe[];
  /** Of the first that it refused. */
  words: string;
}

/** How many rows of a kind were asked, and how many of them the model refuses. */
export type Asked = Readonly<Partial<Record<Kind, { rows: number; refused: number }>>>;

export interface Oracle {
  verdicts: Verdict[];
  asked: Asked;
  /** What is refused before the ONNX form is asked. */
  guard: Guard;
}

const GUARDED: Readonly<Partial<Record<Kind, Refusal>>> = {
  missing: 'missing',
  infinite: 'infinite',
  large: 'large',
  'left out': 'left out',
};

/** Asks the model itself, kind by kind; what it refuses is found row by row. */
export async function askOriginal(
  model: Pick<LoadedModel, 'run'>,
  probes: ReadonlyMap<Kind, Probe[]>,
  specs: readonly TensorSpec[],
  inTime: () => void,
): Promise<Oracle> {
  const verdicts: Verdict[] = [];
  const ask = async (rows: readonly Probe[]): Promise<Tensor[]> => {
    inTime();
    const outputs = await model.run(joined(rows));
    for (const { name, shape } of outputs)
      if (shape[0] !== rows.length)
        throw new ModelFault(`it gives ${shape[0] ?? 'no'} rows in '${name}' for ${rows.length}`);
    return outputs;
  };
  for (const [kind, rows] of probes) {
    try {
      verdicts.push({ kind, answered: rows, answers: await ask(rows), refused: [], words: '' });
      continue;
    } catch (error) {
      if (isLost(error)) throw error;
    }
    const answered: Probe[] = [];
    const refused: Probe[] = [];
    let words = '';
    for (const row of rows) {
      try {
        await ask([row]);
        answered.push(row);
      } catch (error) {
        if (isLost(error)) throw error;
        words ||= outwardMessageOf(error).split('\n')[0]!.slice(0, 300);
        refused.push(row);
      }
    }
    const answers = answered.length === 0 ? [] : await ask(answered);
    verdicts.push({ kind, answered, answers, refused, words });
  }
  const asked: Record<string, { rows: number; refused: number }> = {};
  for (const { kind, answered, refused } of verdicts)
    asked[kind] = { rows: answered.length + refused.length, refused: refused.length };
  return { verdicts, asked, guard: guardOf(verdicts, specs) };
}

/** Numbers that are refused wherever they stand, or at all rows of one place. */
function guardOf(verdicts: readonly Verdict[], specs: readonly TensorSpec[]): Guard {
  const everywhere = placesOf(specs).filter(({ input }) => specs[input]!.datatype.startsWith('FP'));
  const found = new Map<string, { input: number; element: number; refuses: Refusal[] }>();
  const guard: Guard = [];
  const all: Refusal[] = [];
  for (const { kind, answered, refused } of verdicts) {
    const refusal = GUARDED[kind];
    if (refusal === undefined || refused.length === 0) continue;
    if (answered.length === 0 && refusal !== 'left out') {
      all.push(refusal);
      continue;
    }
    const taken = new Set(answered.map(({ place }) => keyOf(place)));
    for (const { place } of refused) {
      if (!place || taken.has(keyOf(place))) continue;
      const one = found.get(keyOf(place)) ?? { ...place, refuses: [] };
      if (!one.refuses.includes(refusal)) one.refuses.push(refusal);
      found.set(keyOf(place), one);
    }
  }
  if (all.length > 0)
    for (const input of new Set(everywhere.map((place) => place.input))) guard.push({ input, refuses: all });
  for (const { input, element, refuses } of found.values())
    guard.push({ input, elements: [element], refuses });
  return guard;
}

const keyOf = (place: Probe['place']): string => (place ? `${place.input}/${place.element}` : '');

/** Nothing can be said while its process is not there. */
const isLost = (error: unknown): boolean => error instanceof ModelFault && error.retriable;

export type Reply = { outputs: Tensor[] } | { problem: string };

/** Questions to the ONNX form: each kind's answered rows at once, and each refused row by itself. */
export const questionsOf = ({ verdicts }: Oracle): Array<ReadonlyArray<Tensor | undefined>> =>
  verdicts.flatMap(({ answered, refused }) => [
    ...(answered.length === 0 ? [] : [joined(answered)]),
    ...refused.map(({ inputs }) => inputs),
  ]);

export type Judgement = { largest: number } | { reason: string; largest?: number };

/** Compares the ONNX form's replies with what the model says; the first kind that is answered otherwise is the reason. */
export function judge(oracle: Oracle, replies: readonly Reply[], tolerance: number): Judgement {
  let at = 0;
  let largest = 0;
  for (const { kind, answered, answers, refused, words } of oracle.verdicts) {
    if (answered.length > 0) {
      const reply = replies[at++]!;
      if ('problem' in reply)
        return { reason: `${WORDS[kind]}: it fails where the model answers: ${reply.problem.slice(0, 300)}` };
      const wrong = compare(answers, reply.outputs, tolerance);
      if ('problem' in wrong) return { reason: `${WORDS[kind]}: ${wrong.problem}` };
      largest = Math.max(largest, wrong.largest);
      if (wrong.rows > 0)
        return {
          reason: `${WORDS[kind]}: ${wrong.rows} of ${answered.length} rows are answered otherwise${wrong.largest === Infinity ? '' : `, by up to ${wrong.largest.toPrecision(3)}`}`,
          ...(wrong.largest === Infinity ? {} : { largest: wrong.largest }),
        };
    }
    for (const _row of refused)
      if ('outputs' in replies[at++]!)
        return { reason: `${WORDS[kind]}: it answers what the model refuses (${words})` };
  }
  return { largest };
}

function compare(
  answers: readonly Tensor[],
  others: readonly Tensor[],
  tolerance: number,
): { rows: number; largest: number } | { problem: string } {
  if (answers.length !== others.length)
    return { problem: `it gives ${others.length} outputs where the model gives ${answers.length}` };
  let largest = 0;
  const wrong = new Set<number>();
  for (const [i, one] of answers.entries()) {
    const other = others[i]!;
    if (family(one.datatype) !== family(other.datatype))
      return { problem: `it gives ${other.datatype} where the model gives ${one.datatype}` };
    if (one.shape.join() !== other.shape.join())
      return {
        problem: `it gives the shape [${other.shape.join(', ')}] where the model gives [${one.shape.join(', ')}]`,
      };
    for (let row = 0; row < (one.shape[0] ?? 0); row++) {
      const gap = difference(sliceRows(one, row, row + 1), sliceRows(other, row, row + 1));
      if (!(gap <= tolerance)) wrong.add(row);
      largest = Math.max(largest, gap);
    }
  }
  return { rows: wrong.size, largest };
}

const family = (datatype: Datatype): string =>
  datatype.startsWith('FP') ? 'float' : /INT/.test(datatype) ? 'whole' : datatype;

const WORDS: Readonly<Record<Kind, string>> = {
  example: 'its example',
  around: 'random rows around its example',
  threshold: 'values on and beside its thresholds',
  training: 'rows that it was trained on',
  missing: 'missing values',
  infinite: 'infinite values',
  extreme: 'zero, tiny and huge values',
  large: 'values beyond float32',
  category: 'known words in each column',
  'unseen text': 'words that it never saw',
  'empty text': 'empty text',
  'other text': 'other scripts, accents, signs and case',
  'left out': 'optional inputs that are left out',
};
