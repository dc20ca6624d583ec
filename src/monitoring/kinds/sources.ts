import type { ModelSignature } from '../../models/index.ts';
import type { ColumnKind } from '../contract.ts';
import { imageOf } from './image.ts';

/** What is watched as one: a column of the log, or the values of a tensor, each a column there (`in_x[0]` …), under its name. */
export interface Source {
  column: string;
  kind?: ColumnKind | undefined;
  /** Of a row of the tensor, as the signature of the version has it. */
  shape?: readonly number[] | undefined;
}

/** Values of a row with which a tensor is an embedding, where nobody says; fewer are columns of a table. */
const WIDE = 128;

/** Columns of the log as they are watched. Tensors whose rows are images or vectors are one. */
export function sourcesOf(
  names: readonly string[],
  signature: ModelSignature | undefined,
  kinds: Readonly<Record<string, ColumnKind>> = {},
): Source[] {
  const asked = names.filter((name) => /^(in|out)_/.test(name));
  const widths = new Map<string, number>();
  for (const name of asked) {
    const tensor = tensorOf(name);
    if (tensor !== undefined) widths.set(tensor, (widths.get(tensor) ?? 0) + 1);
  }
  const shapes = shapesOf(signature, asked);
  const whole = (tensor: string): boolean => {
    const kind = kinds[tensor];
    if (kind !== undefined) return kind === 'vector' || kind === 'image';
    const shape = shapes.get(tensor);
    return (shape !== undefined && imageOf(shape) !== undefined) || widths.get(tensor)! > WIDE;
  };
  const found = new Map<string, Source>();
  for (const name of asked) {
    const tensor = tensorOf(name);
    const column = tensor !== undefined && whole(tensor) ? tensor : name;
    found.set(column, { column, kind: kinds[column] ?? kinds[tensor ?? ''], shape: shapes.get(column) });
  }
  return [...found.values()];
}

/** `in_x` of `in_x[7]`; undefined of a column that is no value of a tensor. */
const tensorOf = (name: string): string | undefined => /^(.+)\[\d+\]$/.exec(name)?.[1];

/** Of rows of tensors by their column. A signature need not name the only one of its side: it is the only one of the log. */
function shapesOf(signature: ModelSignature | undefined, names: readonly string[]): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const [prefix, fields = []] of [
    ['in_', signature?.inputs],
    ['out_', signature?.outputs],
  ] as const) {
    const own = new Set(names.filter((one) => one.startsWith(prefix)).map((one) => tensorOf(one) ?? one));
    const alone = fields.length === 1 && own.size === 1 ? [...own][0] : undefined;
    for (const { name, type } of fields) {
      const shape = /^tensor\(.+\)\[([-\d,]+)\]$/.exec(type)?.[1];
      const column = name === undefined ? alone : prefix + name;
      if (shape !== undefined && column !== undefined)
        shapes.set(column, shape.split(',').slice(1).map(Number));
    }
  }
  return shapes;
}
