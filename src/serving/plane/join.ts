import type { Cell, Tensor, TensorData } from '../../runtimes/index.ts';
import { ModelFault } from '../../runtimes/index.ts';

/** Several questions' inputs as one batch: rows of the first, then of the second, and so on. */
export function join(
  parts: ReadonlyArray<ReadonlyArray<Tensor | undefined>>,
  rows: number,
): ReadonlyArray<Tensor | undefined> {
  return parts[0]!.map((first, index) => {
    if (first === undefined) return undefined;
    const { name, datatype, shape } = first;
    return { name, datatype, shape: [rows, ...shape.slice(1)], data: joinData(parts, index) };
  });
}

function joinData(parts: ReadonlyArray<ReadonlyArray<Tensor | undefined>>, index: number): TensorData {
  const first = parts[0]![index]!.data;
  if (isTexts(first)) return parts.flatMap((part) => part[index]!.data as readonly Cell[]);
  let size = 0;
  let end = first.byteOffset;
  let adjacent = true;
  for (const part of parts) {
    const data = part[index]!.data as typeof first;
    adjacent &&= data.buffer === first.buffer && data.byteOffset === end;
    end = data.byteOffset + data.byteLength;
    size += data.length;
  }
  // Read one after the other into one slab: they lie there as a batch already.
  const Kind = first.constructor as new (
    buffer: ArrayBufferLike | number,
    offset?: number,
    size?: number,
  ) => typeof first;
  if (adjacent) return new Kind(first.buffer, first.byteOffset, size);
  const all = new Kind(size);
  let at = 0;
  for (const part of parts) {
    const data = part[index]!.data as typeof first;
    (all as { set(from: unknown, at: number): void }).set(data, at); // of one datatype, so of one kind
    at += data.length;
  }
  return all;
}

/** The rows `from` to `to` of every output. */
export function rowsOf(outputs: readonly Tensor[], from: number, to: number, all: number): Tensor[] {
  return outputs.map(({ name, datatype, shape, data, form }) => {
    if (shape[0] !== all)
      throw new ModelFault(
        `the model gave ${String(shape[0] ?? 'no')} rows in output '${name}' for a batch of ${all}`,
      );
    const width = data.length / all;
    const part = isTexts(data)
      ? data.slice(from * width, to * width)
      : data.subarray(from * width, to * width);
    const own = shape.length === 1 ? [to - from] : [to - from, ...shape.slice(1)];
    return form === undefined
      ? { name, datatype, shape: own, data: part }
      : { name, datatype, shape: own, data: part, form };
  });
}

export const isTexts = (data: TensorData): data is readonly Cell[] => Array.isArray(data);
