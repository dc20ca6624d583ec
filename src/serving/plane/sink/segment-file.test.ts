import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Cell } from '../../../runtimes/index.ts';
import { Block } from './block.ts';
import type { Layout } from './layout.ts';
import { segmentBytes } from './segment-file.ts';

const layout: Layout = {
  recording: 'all',
  role: 'champion',
  rowwise: true,
  inputs: [{ name: 'photo', datatype: 'BYTES', width: 1 }],
  outputs: [],
};

function segmentOf(cells: Cell[]): Buffer {
  const block = new Block(layout, cells.length, String);
  const kept = {
    rows: cells.length,
    inputs: [{ name: 'photo', datatype: 'BYTES' as const, shape: [cells.length], data: cells }],
    outputs: [],
  };
  block.add({ prediction: 'p'.repeat(35), at: 0, ms: 1 } as never, kept, 0); // what a block keeps of an answer
  const order = {
    folder: '',
    file: '',
    layout,
    blocks: [block.filled()],
    revision: 1,
    model: 'm',
    version: 1,
    about: {},
  };
  return Buffer.from(segmentBytes(order));
}

test('bytes that are no text are kept as bytes, and texts as texts', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'segment-file-'));
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    const image = Uint8Array.of(0x89, 0x50, 0xff, 0x00);
    // Each half of a character is no text, although both together are.
    const halves = [Uint8Array.of(0xc3), Uint8Array.of(0xa4)];
    const files = [['später', null, ''], [image, null, image], halves].map((cells, at) => {
      const file = path.join(folder, `${at}.parquet`);
      writeFileSync(file, segmentOf(cells));
      return file;
    });
    const read = async (of: readonly string[], sql: string): Promise<unknown> => {
      const list = of.map((file) => `'${file}'`).join(', ');
      return (
        await connection.runAndReadAll(`select ${sql} from read_parquet([${list}], union_by_name=true)`)
      ).getRowsJson();
    };
    assert.deepEqual(await read(files.slice(0, 1), 'in_photo'), [['später'], [null], ['']]);
    assert.deepEqual(
      await read(files.slice(1), 'octet_length(in_photo)'),
      [4, null, 4, 1, 1].map((bytes) => [bytes === null ? null : String(bytes)]),
    );
  } finally {
    connection.closeSync();
    database.closeSync();
    rmSync(folder, { recursive: true });
  }
});
