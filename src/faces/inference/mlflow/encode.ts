import type { Cell, ModelSpec, Tensor } from '../../../runtimes/index.ts';
import { jsonOf } from '../shared/cells.ts';

/**
 * Answers as MLflow's scoring server writes them: an array, records of a frame, or named arrays. Numbers of float types keep
 * their point (`1.0`), so that a typed client reads floats; NaN and Infinity are Python's words.
 */
export function predictionsOf(outputs: readonly Tensor[], spec: ModelSpec, asFrame: boolean): string {
  return `{"predictions": ${body(outputs, spec, asFrame)}}`;
}

function body(outputs: readonly Tensor[], spec: ModelSpec, asFrame: boolean): string {
  const [only] = outputs;
  const told = spec.outputs.length > 0 && spec.outputs.every(({ column }) => column !== undefined);
  const named = !spec.outputs.every(({ name }, index) => name === `output-${index}`);
  const returns =
    only?.form ?? spec.returns ?? (told && named ? 'frame' : outputs.length === 1 ? 'array' : 'named');
  if (returns === 'array' && only && outputs.length === 1) return nested(only);
  if (returns === 'frame' || (returns === 'onnx' && asFrame)) return records(outputs);
  return `{${outputs.map((output) => `${JSON.stringify(output.name)}: ${nested(output)}`).join(', ')}}`;
}

/** One record a row. Arrays of several values a row are flattened where all are equally long, as MLflow's ONNX flavour does. */
function records(outputs: readonly Tensor[]): string {
  const rows = outputs[0]?.shape[0] ?? 1;
  const flat = outputs.every(({ data }) => data.length === outputs[0]?.data.length);
  const count = flat ? (outputs[0]?.data.length ?? 0) : rows;
  const cells = outputs.map((output) => {
    const key = JSON.stringify(output.name);
    const write = flat ? elementOf(output) : rowOf(output);
    return (row: number) => `${key}: ${write(row)}`;
  });
  const lines: string[] = [];
  for (let row = 0; row < count; row++) lines.push(`{${cells.map((cell) => cell(row)).join(', ')}}`);
  return `[${lines.join(', ')}]`;
}

type Elements = (tensor: Tensor) => (index: number) => string;

/** A tensor as nested lists. */
export function nested(tensor: Tensor, elements: Elements = elementOf): string {
  const element = elements(tensor);
  const { shape } = tensor;
  const write = (depth: number, from: number, size: number): string => {
    if (depth === shape.length) return element(from);
    const length = shape[depth] ?? 0;
    const step = length === 0 ? 0 : size / length;
    const parts: string[] = [];
    for (let i = 0; i < length; i++) parts.push(write(depth + 1, from + i * step, step));
    return `[${parts.join(', ')}]`;
  };
  return write(0, 0, tensor.data.length);
}

/** One row of a tensor, as nested lists. */
export function rowOf(
  { data, shape, ...rest }: Tensor,
  elements: Elements = elementOf,
): (row: number) => string {
  const inner = shape.slice(1);
  const size = inner.reduce((product, length) => product * length, 1);
  return (row) => nested({ ...rest, shape: inner, data: data.slice(row * size, (row + 1) * size) }, elements);
}

export function elementOf({ datatype, data }: Tensor): (index: number) => string {
  if (datatype === 'FP32' || datatype === 'FP64') return (index) => float(Number(data[index]));
  if (datatype === 'FP16' && data instanceof Uint16Array) {
    const halves = new Float16Array(data.buffer, data.byteOffset, data.length);
    return (index) => float(halves[index] ?? NaN);
  }
  if (datatype === 'BOOL') return (index) => (data[index] === 1 ? 'true' : 'false');
  if (datatype !== 'BYTES') return (index) => String(data[index]);
  const cells = data as readonly Cell[];
  return (index) => jsonOf(cells[index] ?? null);
}

function float(value: number): string {
  if (Number.isInteger(value)) {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return text.includes('e') ? text : `${text}.0`;
  }
  return Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
      ? 'NaN'
      : value > 0
        ? 'Infinity'
        : '-Infinity';
}
