import type { ModelSpec, Tensor, TensorSpec } from '../../runtimes/index.ts';
import { invalid } from '../../platform/errors/index.ts';

/**
 * A question's inputs in the order of the model's, each checked against what the model takes. Throws `invalid` naming the
 * input. An optional input that is not there is undefined.
 */
export function arrange(spec: ModelSpec, inputs: readonly Tensor[]): ReadonlyArray<Tensor | undefined> {
  const wanted = spec.inputs;
  let inOrder = inputs.length === wanted.length;
  for (let index = 0; inOrder && index < wanted.length; index++)
    inOrder = inputs[index]!.name === wanted[index]!.name;
  let ordered: ReadonlyArray<Tensor | undefined> = inOrder ? inputs : order(wanted, inputs);
  let own: Array<Tensor | undefined> | undefined;
  let rows = -1;
  let first = '';
  for (let index = 0; index < wanted.length; index++) {
    const input = ordered[index];
    if (input === undefined) continue;
    const fitting = fit(wanted[index]!, input);
    if (fitting !== input) {
      own ??= [...ordered]; // the caller's list stays as it is
      own[index] = fitting;
      ordered = own;
    }
    if (input.datatype === 'BYTES' && spec.platform === 'onnxruntime_onnx') refuseCells(input);
    // Columns are as long as each other, also where callers are not joined; tensors of one model may have lengths of their own.
    if (!spec.batchable && wanted[index]!.column === undefined) continue;
    if (rows === -1) {
      rows = input.shape[0]!;
      first = input.name;
      if (rows === 0)
        throw invalid(`input '${input.name}' has no rows`, {
          field: field(input.name, 'shape'),
          hint: 'send one row at least',
        });
    } else if (input.shape[0] !== rows) {
      throw invalid(
        `input '${input.name}' has ${input.shape[0]} rows and input '${first}' has ${rows}; all must have as many`,
        { field: field(input.name, 'shape'), hint: 'the first dimension is the rows' },
      );
    }
  }
  return ordered;
}

/**
 * ONNX Runtime’s binding for Node reads text up to its first NUL: the model would answer another question. A text that is missing
 * has no form there at all.
 */
function refuseCells({ name, data }: Tensor): void {
  if (ArrayBuffer.isView(data)) return;
  const at = data.findIndex((one) =>
    typeof one === 'string' ? one.includes('\0') : !(one instanceof Uint8Array) || one.includes(0),
  );
  if (at < 0) return;
  if (data[at] === null)
    throw invalid(
      `value ${at} of input '${name}' is missing, and the ONNX form of the model knows no missing text`,
      {
        field: field(name, 'data'),
        hint: 'send the word that training had for it',
      },
    );
  throw invalid(
    `value ${at} of input '${name}' holds a NUL character, at which ONNX Runtime would cut it off`,
    {
      field: field(name, 'data'),
      hint: 'send text without NUL',
    },
  );
}

const field = (name: string, part: string): string => `inputs.${name}.${part}`;

function order(wanted: readonly TensorSpec[], inputs: readonly Tensor[]): Array<Tensor | undefined> {
  const given = new Map<string, Tensor>();
  for (const input of inputs) {
    if (given.has(input.name))
      throw invalid(`input '${input.name}' is given twice`, {
        field: `inputs.${input.name}`,
        hint: 'send each input once',
      });
    given.set(input.name, input);
  }
  const known = wanted.map(({ name }) => name);
  const hint = `it takes ${known.slice(0, 20).join(', ')}${known.length > 20 ? ` and ${known.length - 20} more` : ''}`;
  for (const { name } of inputs) {
    if (known.includes(name)) continue;
    throw invalid(`the model takes no input '${name}'`, { field: `inputs.${name}`, hint });
  }
  return wanted.map(({ name, optional, datatype }) => {
    const found = given.get(name);
    if (found === undefined && optional !== true)
      throw invalid(`input '${name}' (${datatype}) is missing`, { field: `inputs.${name}`, hint });
    return found;
  });
}

/** The input itself, or its other spelling where rows are a column of one: `[n, 1]` for `[n]`, and back. */
function fit(wanted: TensorSpec, input: Tensor): Tensor {
  const { shape } = input;
  if (input.datatype !== wanted.datatype)
    throw invalid(`input '${input.name}' is ${input.datatype}; the model takes ${wanted.datatype}`, {
      field: field(input.name, 'datatype'),
      hint: `send it as ${wanted.datatype}`,
    });
  let size = 1;
  for (const length of shape) size *= length;
  if (size !== input.data.length)
    throw invalid(
      `input '${input.name}' has ${input.data.length} values, and its shape [${shape.join(', ')}] says ${size}`,
      { field: field(input.name, 'data'), hint: 'data and shape must agree' },
    );
  let fits = shape.length === wanted.shape.length;
  for (let index = 0; fits && index < shape.length; index++)
    fits = wanted.shape[index] === -1 || wanted.shape[index] === shape[index];
  if (fits) return input;
  if (wanted.shape.length === 1 && shape.length === 2 && shape[1] === 1)
    return { ...input, shape: [shape[0]!] };
  if (wanted.shape.length === 2 && wanted.shape[1] === 1 && shape.length === 1)
    return { ...input, shape: [shape[0]!, 1] };
  throw invalid(
    `input '${input.name}' has shape [${shape.join(', ')}]; the model takes [${wanted.shape.join(', ')}]`,
    { field: field(input.name, 'shape'), hint: '-1 stands for any length' },
  );
}
