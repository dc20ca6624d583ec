// In the table reader's process: how the values of a column are read that are neither numbers nor categories.
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { bytesAt, identifier, numbersAt } from '../../tables/inside.ts';
import type { Raw } from './recipe.ts';

/** How a column is read: what follows SELECT, and the value of a row of it. */
export interface Reading {
  select: string[];
  take(chunk: DuckDBDataChunk, row: number): Raw;
}

const NUMBER = /^(U?(TINY|SMALL|BIG)?INT(EGER)?|FLOAT|DOUBLE)((?:\[\d*\])+)$/;

/** Undefined where a column holds nothing of the kind. */
export function readingOf(types: ReadonlyMap<string, string>, name: string): Reading | undefined {
  const type = types.get(name);
  const own = identifier(name);
  if (type === undefined) return partsOf(types, name);
  if (type === 'VARCHAR')
    return { select: [own], take: (chunk, row) => chunk.getColumnVector(0).getItem(row) as string | null }; // a VARCHAR
  // As Hugging Face keeps images in Parquet.
  const bytes =
    type === 'BLOB' ? own : /^STRUCT\(.*"?\bbytes"? BLOB\b/.test(type) ? `${own}.bytes` : undefined;
  if (bytes !== undefined) return { select: [bytes], take: (chunk, row) => bytesAt(chunk, 0, row) };
  const list = NUMBER.exec(type);
  if (!list) return undefined;
  const depth = list[4]!.split('[').length - 1;
  const lists = `${own}::${list[1]}${'[]'.repeat(depth)}`;
  const flat = Array.from({ length: depth - 1 }).reduce<string>((inner) => `flatten(${inner})`, lists);
  return { select: [flat], take: (chunk, row) => numbersAt(chunk, 0, row) };
}

/** Values of a row that are columns: `x[0]`, `x[1]` … */
function partsOf(types: ReadonlyMap<string, string>, name: string): Reading | undefined {
  const parts: string[] = [];
  while (types.has(`${name}[${parts.length}]`)) parts.push(`${name}[${parts.length}]`);
  if (parts.length === 0) return undefined;
  return {
    select: parts.map((part) => `${identifier(part)}::double`),
    take(chunk, row) {
      const values = new Float64Array(parts.length);
      let some = false;
      for (let at = 0; at < parts.length; at++) {
        const value = chunk.getColumnVector(at).getItem(row);
        some ||= value !== null;
        values[at] = value === null ? NaN : (value as number); // cast to double
      }
      return some ? values : null;
    },
  };
}
