import type { Tensor } from '../../../runtimes/index.ts';
import { base64Of, jsonOf } from '../shared/cells.ts';
import { elementOf, nested, rowOf } from '../mlflow/encode.ts';

/** `{"predictions": [...]}`: a value a row, or an object a row where the model has several outputs. */
export function writeRows(outputs: readonly Tensor[]): string {
  const [only] = outputs;
  if (only && outputs.length === 1) return `{"predictions": ${nested(only, write)}}`;
  const rows = outputs[0]?.shape[0] ?? 0;
  // A model may answer with what is not one a row: then all of it is, by name.
  if (outputs.some(({ shape }) => shape[0] !== rows)) return `{"predictions": ${named(outputs)}}`;
  const cells = outputs.map((output) => ({ key: JSON.stringify(output.name), row: rowOf(output, write) }));
  const lines = Array.from(
    { length: rows },
    (_, at) => `{${cells.map(({ key, row }) => `${key}: ${row(at)}`).join(', ')}}`,
  );
  return `{"predictions": [${lines.join(', ')}]}`;
}

/** `{"outputs": …}`: one array, or an array a name. */
export function writeColumns(outputs: readonly Tensor[]): string {
  const [only] = outputs;
  if (only && outputs.length === 1) return `{"outputs": ${nested(only, write)}}`;
  return `{"outputs": ${named(outputs)}}`;
}

const named = (outputs: readonly Tensor[]): string =>
  `{${outputs.map((output) => `${JSON.stringify(output.name)}: ${nested(output, write)}`).join(', ')}}`;

const b64 = (bytes: Uint8Array): string => `{"b64": "${base64Of(bytes)}"}`;

/** Bytes, and texts of outputs that are called so, go as {"b64": …}. */
function write(tensor: Tensor): (index: number) => string {
  const { name, data } = tensor;
  if (ArrayBuffer.isView(data)) return elementOf(tensor);
  const always = name.endsWith('_bytes');
  return (index) => {
    const cell = data[index] ?? null;
    if (cell instanceof Uint8Array) return b64(cell);
    return typeof cell === 'string' && always ? b64(Buffer.from(cell)) : jsonOf(cell);
  };
}
