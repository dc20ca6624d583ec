import { mkdirSync } from 'node:fs';
import type { FilledBlock } from '../src/serving/plane/sink/block.ts';
import type { Filled } from '../src/serving/plane/sink/columns.ts';
import type { Field, Layout } from '../src/serving/plane/sink/layout.ts';
import { writeSegment } from '../src/serving/plane/sink/segment-file.ts';
import { segmentFile } from '../src/serving/plane/segment-name.ts';
import type { Ctx } from '../src/platform/ctx/index.ts';
import { addRevision } from '../src/serving/new-revision.ts';

const INPUTS: Field[] = [
  { name: 'pair', datatype: 'FP32', width: 2 },
  { name: 'word', datatype: 'BYTES', width: 1 },
  { name: 'list', datatype: 'INT64', width: undefined },
  { name: 'middle', datatype: 'UINT32', width: 1 },
  { name: 'huge', datatype: 'UINT64', width: 1 },
  { name: 'flag', datatype: 'BOOL', width: 1 },
];

const texts = (cells: Array<Uint8Array | undefined>): Filled => {
  let end = 0;
  return {
    kind: 'texts',
    bytes: Buffer.concat(cells.map((cell) => cell ?? Buffer.alloc(0))),
    ends: Uint32Array.from(cells, (cell) => (end += cell?.length ?? 0)),
    missing: cells.every(Boolean) ? undefined : Uint8Array.from(cells, (cell) => (cell ? 0 : 1)),
  };
};

/** The id of the prediction with this number. */
export const idOf = (number: number): string => `p${String(number).padStart(34, '0')}`;

/** Writes a segment of predictions with these numbers, answered at these times; every third has two rows, every fourth no word. */
export function makeSegment(
  folder: string,
  {
    at,
    first,
    maker,
    serial = 1,
    recording = 'all',
    words = true,
  }: {
    at: readonly number[];
    first: number;
    maker: string;
    serial?: number;
    recording?: Layout['recording'];
    /** Whether each has a word, so that the column is one in which none is missing. */
    words?: boolean;
  },
): { file: string; bytes: number } {
  const numbers = at.map((_, place) => first + place);
  const counts = Uint32Array.from(numbers, (number) => (number % 3 === 0 ? 2 : 1));
  const rows = numbers.flatMap((number, place) => Array.from({ length: counts[place]! }, () => number));
  const block: FilledBlock = {
    predictions: at.length,
    rows: rows.length,
    ids: Buffer.from(numbers.map(idOf).join('')),
    at: Float64Array.from(at),
    ms: Float32Array.from(numbers, (number) => number / 7),
    counts,
    keys: texts(numbers.map((number) => (number % 2 === 0 ? Buffer.from(`key ${number}`) : undefined))),
    params: texts(numbers.map(() => undefined)),
    copies: texts(numbers.map(() => undefined)),
    inputs:
      recording === 'all'
        ? [
            {
              kind: 'numbers',
              width: 2,
              missing: undefined,
              values: Float32Array.from(rows.flatMap((row) => [row / 3, Number.NaN])),
            },
            // The last byte is no UTF-8.
            texts(
              rows.map((row) =>
                words || row % 4 !== 0 ? Buffer.from([...Buffer.from(`ä ${row}`), 255]) : undefined,
              ),
            ),
            {
              kind: 'lists',
              missing: undefined,
              values: BigInt64Array.from(rows, (row) => 2n ** 60n - BigInt(row)),
              ends: Uint32Array.from(rows, (_, place) => place + 1),
            },
            {
              kind: 'numbers',
              width: 1,
              missing: undefined,
              values: Uint32Array.from(rows, (row) => 2 ** 32 - 1 - row),
            },
            {
              kind: 'numbers',
              width: 1,
              missing: undefined,
              values: BigUint64Array.from(rows, (row) => 2n ** 64n - 1n - BigInt(row)),
            },
            {
              kind: 'numbers',
              width: 1,
              missing: undefined,
              values: Uint8Array.from(rows, (row) => row % 2),
            },
          ]
        : [],
    outputs: [
      {
        kind: 'numbers',
        width: 1,
        missing: undefined,
        values: Float64Array.from(rows, (row) => row * Math.PI),
      },
    ],
  };
  const layout: Layout = {
    recording,
    role: 'champion',
    rowwise: true,
    inputs: recording === 'all' ? INPUTS : [],
    outputs: [{ name: 'y', datatype: 'FP64', width: 1 }],
  };
  const file = segmentFile({
    serial,
    role: 'champion',
    from: Math.min(...at),
    to: Math.max(...at),
    predictions: at.length,
    rows: rows.length,
    maker,
  });
  mkdirSync(folder, { recursive: true });
  const about = { endpoint: 'e', workspace: 'default', revision: '1', serial: String(serial), recording };
  const bytes = writeSegment({
    folder,
    file,
    blocks: [block],
    revision: 1,
    model: 'm',
    version: 1,
    about,
    layout,
  });
  return { file, bytes };
}

/** An endpoint with a revision that nothing answers for. */
export async function addTestEndpoint(ctx: Ctx, name: string): Promise<{ id: string; serial: number }> {
  const variant = {
    role: 'champion' as const,
    model: 'm',
    version: 1,
    version_ref: 'model_version:m/1',
    percent: 100,
    runtime: 'onnx' as const,
  };
  const { row } = await ctx.write((tx) =>
    addRevision(
      tx,
      {
        endpoint: name,
        cause: 'deploy',
        variants: [variant],
        wishes: [{}],
        places: '[]',
        sticky: true,
        strict: false,
      },
      true,
      [],
    ),
  );
  return { id: row.endpoint_id, serial: row.serial };
}
