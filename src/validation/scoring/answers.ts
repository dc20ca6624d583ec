import { invalid } from '../../platform/errors/index.ts';
import type { Tensor, TensorSpec } from '../../runtimes/index.ts';
import type { Label } from './label.ts';

/** What a model said of every row, in the form of the task. */
export type Answers =
  | { task: 'binary'; score?: Float64Array; probable: boolean; said?: Uint8Array }
  | { task: 'multiclass'; probabilities?: Float64Array; said: Uint32Array }
  | { task: 'regression'; said: Float64Array };

/** Collects the answers of batch after batch. */
export interface Collector {
  add(outputs: readonly Tensor[], from: number, rows: number): void;
  answers(): Answers;
  /** Numbers of the scored output for these rows, to compare ways of asking. */
  numbers(outputs: readonly Tensor[], rows: number): Float64Array;
}

const NUMERIC = /^(FP|U?INT|BOOL)/;
const isFloat = (tensor: Pick<Tensor, 'datatype'>): boolean => tensor.datatype.startsWith('FP');
const widthOf = (shape: readonly number[]): number | undefined =>
  shape.length <= 1 ? 1 : shape.length === 2 ? shape[1] : undefined;

/** Whether the outputs look like a classifier’s: classes, or three and more probabilities a row. */
export const looksLikeClasses = (
  outputs: ReadonlyArray<Pick<TensorSpec, 'datatype' | 'shape' | 'name'>>,
): boolean => outputs.some((output) => !isFloat(output) || (widthOf(output.shape) ?? 1) !== 1);

/** Whether classes come as text. */
export const answersText = (outputs: ReadonlyArray<Pick<TensorSpec, 'datatype' | 'shape'>>): boolean =>
  outputs.some(({ datatype, shape }) => datatype === 'BYTES' && widthOf(shape) === 1);

interface Picked {
  score?: number;
  said?: number;
}

/** The outputs that are scored: the one named, else probabilities before scores before classes. */
function pick(outputs: readonly Tensor[], label: Label, prediction: string | undefined, who: string): Picked {
  const usable = outputs.map((output, index) => ({ output, index, width: widthOf(output.shape) }));
  const named =
    prediction === undefined ? undefined : usable.find(({ output }) => output.name === prediction);
  const names = outputs.map(({ name }) => name).join(', ');
  if (prediction !== undefined && !named)
    throw invalid(`${who} has no output '${prediction}'`, { field: 'prediction', hint: `it has ${names}` });
  const columns = (named ? [named] : usable).filter(({ width }) => width !== undefined);
  const floats = columns.filter(({ output }) => isFloat(output));
  const classes = columns.filter(({ output, width }) => !isFloat(output) && width === 1);
  if (label.task === 'regression') {
    const found =
      floats.find(({ width }) => width === 1) ?? classes.find(({ output }) => NUMERIC.test(output.datatype));
    if (!found) throw unusable(who, outputs, 'one number a row');
    return { score: found.index };
  }
  const k = label.classes.length;
  const best =
    floats.find(({ width, output }) => (width ?? 0) > 1 && /prob/i.test(output.name)) ??
    floats.find(({ width }) => (width ?? 0) > 1) ??
    (k === 2
      ? (floats.find(({ output }) => output.name === label.classes[1]) ??
        floats.find(({ output }) => /prob|score/i.test(output.name)) ??
        floats[0])
      : undefined);
  const said = classes[0] ?? (best ? undefined : floats.find(({ width }) => width === 1));
  if (!best && !said) throw unusable(who, outputs, 'a class or probabilities for each row');
  return { ...(best ? { score: best.index } : {}), ...(said ? { said: said.index } : {}) };
}

const unusable = (who: string, outputs: readonly Tensor[], wanted: string): Error =>
  invalid(
    `${who} answers ${outputs.map(({ name, datatype, shape }) => `${name}: ${datatype} [${shape.join(', ')}]`).join('; ')}; nothing of it is ${wanted}`,
    {
      field: 'prediction',
      hint: 'package the model so that it answers with a number, a class or probabilities a row',
    },
  );

export function collect(rows: number, label: Label, prediction: string | undefined, who: string): Collector {
  let picked: Picked | undefined;
  let width = 1;
  let score: Float64Array | undefined;
  let said: Uint32Array | undefined;
  // It was trained on 0 and 1 where the data writes words.
  let coded = false;
  const classes = label.task === 'regression' ? [] : label.classes;
  const codes = classCodes(classes);
  const choose = (outputs: readonly Tensor[]): Picked => {
    if (picked) return picked;
    picked = pick(outputs, label, prediction, who);
    if (picked.score !== undefined) {
      width = widthOf(outputs[picked.score]!.shape)!;
      if (label.task === 'binary' && width > 2)
        throw invalid(`${who} gives ${width} probabilities a row, and the label has two classes`, {
          field: 'label',
          hint: 'judge on data that has rows of every class, or say task: multiclass',
        });
      if (label.task === 'multiclass' && width !== classes.length)
        throw invalid(
          `${who} gives ${width} probabilities a row, and the label has ${classes.length} classes (${classes.slice(0, 8).join(', ')}): which is which cannot be told`,
          { field: 'label', hint: 'judge on data that has rows of every class' },
        );
      score = new Float64Array(rows * width);
    }
    if (picked.said !== undefined) {
      said = new Uint32Array(rows);
      coded = NUMERIC.test(outputs[picked.said]!.datatype) && !classes.every(isNumber);
    }
    return picked;
  };
  const expectRows = (tensor: Tensor, count: number): void => {
    if ((tensor.shape[0] ?? 1) !== count)
      throw invalid(`${who} answered ${tensor.shape[0] ?? 1} rows when it was asked ${count}`, {
        field: 'version',
        hint: 'a model that is judged answers each row by itself',
      });
  };

  return {
    add(outputs, from, count) {
      const { score: scored, said: classed } = choose(outputs);
      if (scored !== undefined) {
        const tensor = outputs[scored]!;
        expectRows(tensor, count);
        const values = toNumbers(tensor);
        for (let i = 0; i < values.length; i++) {
          if (!Number.isFinite(values[i]!))
            throw invalid(`${who} answered ${values[i]} for row ${from + Math.floor(i / width)}`, {
              field: 'version',
              hint: 'a model has to answer every row with a number; look at that row',
            });
        }
        score!.set(values, from * width);
      }
      if (classed !== undefined) {
        const tensor = outputs[classed]!;
        expectRows(tensor, count);
        for (let i = 0; i < count; i++) {
          const code = codes(tensor.data[i]!, tensor.datatype === 'BOOL');
          if (code === undefined)
            throw invalid(
              `${who} answered '${String(tensor.data[i])}' for row ${from + i}, which is no value of the label (${classes.slice(0, 8).join(', ')})`,
              { field: 'label', hint: 'judge on the label that the model was trained for' },
            );
          said![from + i] = code;
        }
      }
    },
    numbers(outputs) {
      const { score: scored, said: classed } = choose(outputs);
      if (scored !== undefined) return toNumbers(outputs[scored]!);
      const tensor = outputs[classed!]!;
      return Float64Array.from(
        { length: tensor.data.length },
        (_one, i) => codes(tensor.data[i], tensor.datatype === 'BOOL') ?? NaN,
      );
    },
    answers() {
      if (label.task === 'regression') return { task: 'regression', said: score! };
      if (label.task === 'multiclass') {
        const most = said ?? argmax(score!, width);
        return { task: 'multiclass', ...(score ? { probabilities: score } : {}), said: most };
      }
      return binary(score, width, said, label, coded);
    },
  };
}

function binary(
  score: Float64Array | undefined,
  width: number,
  said: Uint32Array | undefined,
  { classes }: Extract<Label, { task: 'binary' }>,
  coded: boolean,
): Answers {
  const bits = said && Uint8Array.from(said);
  if (!score) return { task: 'binary', probable: false, ...(bits ? { said: bits } : {}) };
  // Columns stand in the order of the sorted classes, as scikit-learn has it.
  const column = width === 2 && !coded && sorted(classes)[0] === classes[1] ? 0 : width - 1;
  const chance =
    width === 1
      ? score
      : Float64Array.from({ length: score.length / width }, (_one, i) => score[i * width + column]!);
  const probable = chance.every((p) => p >= 0 && p <= 1);
  // One float a row that is always exactly 0 or 1 is a class that was written as a number.
  if (width === 1 && !bits && probable && chance.every((p) => p === 0 || p === 1))
    return { task: 'binary', probable: false, said: Uint8Array.from(chance) };
  // At one half exactly scikit-learn answers with the first class.
  const cut = bits ?? (probable ? Uint8Array.from(chance, (p) => Number(p > 0.5)) : undefined);
  return { task: 'binary', score: chance, probable, ...(cut ? { said: cut } : {}) };
}

const isNumber = (text: string): boolean => text !== '' && Number.isFinite(Number(text));
const sorted = (classes: readonly string[]): string[] =>
  classes.every(isNumber) ? classes.toSorted((a, b) => Number(a) - Number(b)) : classes.toSorted();

function argmax(probabilities: Float64Array, width: number): Uint32Array {
  const most = new Uint32Array(probabilities.length / width);
  for (let row = 0; row < most.length; row++) {
    let best = 0;
    for (let c = 1; c < width; c++)
      if (probabilities[row * width + c]! > probabilities[row * width + best]!) best = c;
    most[row] = best;
  }
  return most;
}

/** A class as the model says it → its place; 0 and 1 stand for the two of text, and true for 1. */
function classCodes(classes: readonly string[]): (value: unknown, bool: boolean) => number | undefined {
  const places = new Map(classes.map((text, code) => [text, code]));
  for (const [code, text] of classes.entries()) {
    if (text !== 'true' && text !== 'false') continue;
    for (const alias of [text === 'true' ? '1' : '0', text === 'true' ? 'True' : 'False'])
      if (!places.has(alias)) places.set(alias, code);
  }
  // '01' and '1.0' are how the file writes the class that a model answers as the number 1.
  for (const [code, text] of classes.entries()) {
    const number = isNumber(text) ? String(Number(text)) : text;
    if (!places.has(number)) places.set(number, code);
  }
  // A model that was trained on 0 and 1 where the data writes words.
  if (classes.length === 2 && !places.has('0') && !places.has('1')) places.set('0', 0).set('1', 1);
  const decoder = new TextDecoder();
  return (value, bool) => {
    const text = value instanceof Uint8Array ? decoder.decode(value) : String(value);
    return places.get(text) ?? (bool ? places.get(text === '1' ? 'true' : 'false') : undefined);
  };
}

function toNumbers({ datatype, data }: Tensor): Float64Array {
  // FP16 is handed over as raw bits.
  if (datatype === 'FP16') {
    const bits = data as Uint16Array;
    return Float64Array.from(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
  }
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
