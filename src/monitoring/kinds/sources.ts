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
  const shapes = shapesOf(signature);
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

function shapesOf(signature: ModelSignature | undefined): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const [prefix, fields] of [
    ['in_', signature?.inputs],
    ['out_', signature?.outputs],
  ] as const)
    for (const [index, { name, type }] of (fields ?? []).entries()) {
      const shape = /^tensor\(.+\)\[([-\d,]+)\]$/.exec(type)?.[1];
      const unnamed = `${prefix === 'in_' ? 'input' : 'output'}-${index}`;
      if (shape !== undefined) shapes.set(prefix + (name ?? unnamed), shape.split(',').slice(1).map(Number));
    }
  return shapes;
}
