import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import type { TableFile } from '../../tables/index.ts';
import { openSandbox } from '../../tables/inside.ts';
import { columnsAnswer, factsAnswer } from './answer-table.ts';
import type { AskedColumn, Part, Parts } from './questions.ts';
import { openTable } from './read-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-columns-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** More than a chunk of numbers with gaps, and words that make several lines of one chunk, some of them again. */
const ROWS = 5000;
const word = (row: number): string => (row % 3 === 0 ? 'again' : `${row} ${'w'.repeat(700)}`);
const cells = Array.from({ length: ROWS }, (_one, row) => [row % 7 === 0 ? '' : row / 4, word(row)]);
const file: TableFile = { file: path.join(folder, 'a.csv'), shown: 'a.csv', format: 'csv' };
writeFileSync(file.file, ['n,w', ...cells.map((line) => line.join(',')), ''].join('\n'));

async function columns(
  asked: readonly AskedColumn[],
  bytes: number,
): Promise<{ lines: string[]; rows: number }> {
  const { connection, close } = await openSandbox([file.file], { threads: 2, memory: 1e9 });
  try {
    const silent = (): Promise<void> => Promise.resolve();
    const { reading } = await factsAnswer.answer(connection, { table: [file], exact: [] }, silent);
    const lines: string[] = [];
    const say = (line: string): Promise<void> => Promise.resolve(void lines.push(line));
    return { rows: await columnsAnswer.answer(connection, { reading, columns: asked, bytes }, say), lines };
  } finally {
    close();
  }
}
const ASKED = [
  { name: 'w', spelled: true },
  { name: 'n', spelled: false },
];

test('columns are said in lines of bounded size, and lines that come twice change nothing', async () => {
  const { lines, rows } = await columns(ASKED, 1e9);
  assert.equal(rows, ROWS);
  assert.ok(lines.length > 5, `${lines.length} lines`);
  // A line ends with the part that fills it, which holds no more than a line and a chunk of codes.
  assert.ok(Math.max(...lines.map(({ length }) => length)) < 600 * 1024);
  const parts = lines.flatMap((line) => (JSON.parse(line) as Parts).parts);
  const info = { type: '', missing: 0, distinct: 0 };
  const teller = (told: readonly Part[]) => ({
    facts: () =>
      Promise.resolve({
        answer: {
          rows: ROWS,
          columns: [
            { ...info, name: 'n', kind: 'number' as const },
            { ...info, name: 'w', kind: 'text' as const },
          ],
        },
      }),
    columns(asked: readonly AskedColumn[], take: (part: Part) => void) {
      assert.deepEqual(asked, ASKED);
      for (const part of told) take(part);
      return Promise.resolve({ answer: ROWS });
    },
  });
  for (const told of [parts, [...parts.slice(0, 5), ...parts]]) {
    const read = await (await openTable(teller(told))).read(['w\0text', 'n']);
    const [w, n] = [read.get('w\0text')!, read.get('n')!];
    assert.deepEqual(
      Array.from(w.codes!, (code) => w.words![code]),
      Array.from({ length: ROWS }, (_one, row) => word(row)),
    );
    assert.equal(new Set(w.words).size, w.words!.length);
    assert.deepEqual(
      [...n.numbers!],
      cells.map(([value]) => (value === '' ? NaN : value)),
    );
  }
});

test('more bytes than they may take are a fault', async () => {
  await assert.rejects(columns(ASKED, 100_000), { code: 'memory' });
  await assert.rejects(columns([{ name: 'gone', spelled: false }], 1e9), /gone/);
});
