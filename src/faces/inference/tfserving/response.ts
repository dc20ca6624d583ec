import type { Tensor } from '../../../runtimes/index.ts';
import { elementOf, nested, rowOf } from '../mlflow/encode.ts';

/** `{"predictions": [...]}`: a value a row, or an object a row where the model has several outputs. */
export function writeRows(outputs: readonly Tensor[]): string {
  const [only] = outputs;
  if (only && outputs.length === 1) return `{"predictions": ${nested(only, write)}}`;
  const rows = Math.max(0, ...outputs.map(({ shape }) => shape[0] ?? 1));
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
  const parts = outputs.map((output) => `${JSON.stringify(output.name)}: ${nested(output, write)}`);
  return `{"outputs": {${parts.join(', ')}}}`;
}

/** Bytes, and texts of outputs that are called so, go as {"b64": …}. */
function write(tensor: Tensor): (index: number) => string {
  const { name, datatype, data } = tensor;
  if (datatype !== 'BYTES') return elementOf(tensor);
  const always = name.endsWith('_bytes');
  return (index) => {
    const value = data[index];
    if (typeof value === 'string' && !always) return JSON.stringify(value);
    const bytes =
      typeof value === 'string'
        ? Buffer.from(value)
        : value instanceof Uint8Array
          ? Buffer.from(value)
          : Buffer.alloc(0);
    return `{"b64": "${bytes.toString('base64')}"}`;
  };
}
