import type { Datatype, Tensor, TensorSpec } from '../../../runtimes/index.ts';
import type { Answered } from '../hooks/hook.ts';
import type { ColumnRule, Recording, Role, TableEndpoint } from '../protocol.ts';

/** A tensor as a segment keeps it. */
export interface Field {
  readonly name: string;
  readonly datatype: Datatype;
  /** Values of a row; undefined where that differs from row to row: a list. */
  readonly width: number | undefined;
  /** The keyed hash of a value stands for it: what the value is. */
  readonly hashed?: Datatype;
}

/** What the predictions of one segment look like; every one of them has the same columns. */
export interface Layout {
  readonly recording: Recording;
  readonly role: Role;
  /** What callers send beside the inputs. */
  readonly key?: ColumnRule | undefined;
  readonly params?: ColumnRule | undefined;
  /** A row of the segment is a row of the tensors; else it is a whole question, each tensor a list. */
  readonly rowwise: boolean;
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}

/** Data of any form, asked instead of tensors: as the one input and output, of one row. */
const BODY: Field = { name: 'body', datatype: 'BYTES', width: 1 };

/** What is kept of an answer, one tensor for each field of its layout. */
export interface Kept {
  rows: number;
  inputs: ReadonlyArray<Tensor | undefined>;
  outputs: readonly Tensor[];
}

/** What an endpoint says of columns. */
export type Rules = TableEndpoint['columns'];

/** What is said of an input. What came instead of the inputs holds all of them. */
const ruleOf = (rules: NonNullable<Rules>, { name }: TensorSpec, body: boolean): ColumnRule | undefined =>
  rules[`in_${name}`] ??
  (body && Object.keys(rules).some((one) => one.startsWith('in_')) ? 'drop' : undefined);

/** The model's inputs, or what came instead of them. */
const specsOf = ({ target, body }: Answered): readonly TensorSpec[] =>
  body === undefined ? (target.lane?.model.spec.inputs ?? []) : [BODY_SPEC];

/** Which of these are recorded in any form. */
function recorded<T>(answered: Answered, rules: Rules, all: readonly T[]): readonly T[] {
  if (rules === undefined) return all;
  const specs = specsOf(answered);
  const body = answered.body !== undefined;
  return all.filter((_one, at) => specs[at] === undefined || ruleOf(rules, specs[at], body) !== 'drop');
}

/**
 * Undefined where there is nothing of it that a column could hold. What is dropped is not in it. Its rows are those of the first tensor where a layout is there
 * already, which `fits` looks at then: every look at each of a hundred tensors shows.
 */
export function keptOf(answered: Answered, layout: Layout | undefined, rules: Rules): Kept | undefined {
  const { body, text, inputs, outputs } = answered;
  if (body !== undefined || text !== undefined) {
    return {
      rows: 1,
      // A Parquet file inside of a Parquet file helps nobody.
      inputs: recorded(answered, rules, [
        body === undefined || body.media === 'parquet' ? undefined : cell(body.bytes),
      ]),
      outputs: text === undefined ? [] : [cell(text)],
    };
  }
  if (!outputs) return undefined;
  const rows = layout?.rowwise === true ? firstRows(inputs, outputs) : rowsOf(inputs, outputs);
  return { rows, inputs: recorded(answered, rules, inputs), outputs };
}

const cell = (value: string | Uint8Array): Tensor => ({
  name: BODY.name,
  datatype: 'BYTES',
  shape: [1],
  data: [value],
});

/** Rows that all tensors have; 0 where they do not agree, so that the question is kept as a whole. */
export function rowsOf(inputs: Kept['inputs'], outputs: Kept['outputs']): number {
  let rows = -1;
  for (const list of [inputs, outputs])
    for (const tensor of list) {
      if (tensor === undefined) continue;
      const own = tensor.shape[0];
      if (own === undefined || own === 0 || (rows !== -1 && own !== rows)) return 0;
      rows = own;
    }
  return Math.max(rows, 0);
}

const firstRows = (inputs: Kept['inputs'], outputs: Kept['outputs']): number =>
  (inputs.find(Boolean) ?? outputs[0])?.shape[0] ?? 0;

export function layoutOf(
  answered: Answered,
  { rows, outputs }: Kept,
  { recording, rules }: { recording: Recording; rules: Rules },
): Layout {
  const rowwise = rows > 0;
  const { target } = answered;
  const spec = target.lane?.model.spec;
  const varies = (output: string): boolean =>
    spec?.outputs.find(({ name }) => name === output)?.shape.some((length, axis) => axis > 0 && length < 0) ??
    false;
  return {
    recording,
    role: target.role,
    key: rules?.['key'],
    params: rules?.['params'],
    rowwise,
    // A shadow is asked a copy: the inputs lie with the answer that it is compared with.
    inputs:
      recording === 'all' && target.role !== 'shadow'
        ? recorded(answered, rules, specsOf(answered)).map((one) =>
            rules?.[`in_${one.name}`] === 'hash'
              ? { name: one.name, datatype: 'BYTES', width: 1, hashed: one.datatype }
              : inputField(one, rowwise),
          )
        : [],
    outputs: outputs.map(({ name, datatype, data }) => ({
      name,
      datatype,
      width: rowwise && !varies(name) ? data.length / rows : undefined,
    })),
  };
}

const BODY_SPEC: TensorSpec = { name: BODY.name, datatype: BODY.datatype, shape: [-1] };

/** By what the model takes, not by what one caller sent: a later one may leave an input out, or send it longer. */
function inputField({ name, datatype, shape }: TensorSpec, rowwise: boolean): Field {
  const row = shape.slice(1);
  const fixed = rowwise && row.every((length) => length >= 0);
  return { name, datatype, width: fixed ? row.reduce((product, length) => product * length, 1) : undefined };
}

/** Whether another answer has the same columns. */
export function fits(layout: Layout, kept: Kept): boolean {
  if (layout.rowwise !== kept.rows > 0) return false;
  const rows = layout.rowwise ? kept.rows : 1;
  const { inputs, outputs } = layout;
  // What inputs are called and of which type is the model's affair, and it is the same model.
  for (let at = 0; at < inputs.length; at++) {
    const tensor = kept.inputs[at];
    if (tensor !== undefined && !fill(inputs[at]!, tensor, rows, layout.rowwise)) return false;
  }
  if (outputs.length !== kept.outputs.length) return false;
  for (let at = 0; at < outputs.length; at++) {
    const field = outputs[at]!;
    const tensor = kept.outputs[at]!;
    if (tensor.name !== field.name || tensor.datatype !== field.datatype) return false;
    if (!fill(field, tensor, rows, layout.rowwise)) return false;
  }
  return true;
}

/** As many values as the rows take; of a list, as many rows. */
const fill = ({ width, hashed }: Field, { data, shape }: Tensor, rows: number, rowwise: boolean): boolean =>
  width === undefined || hashed !== undefined ? !rowwise || shape[0] === rows : data.length === rows * width;
