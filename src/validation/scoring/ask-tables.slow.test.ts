import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openDataHouse, type DataHouse } from '../../../test/data-house.ts';
import { until } from '../../../test/until.ts';
import { createProcesses, type Processes, type Running } from '../../platform/processes/index.ts';
import { openTables, type Tables } from '../../tables/index.ts';
import type { TableFile } from '../data/table-source.ts';
import { askTables } from './ask-tables.ts';
import type { Part, Parts, TableFacts } from './questions.ts';
import { openTable } from './read-table.ts';

let server: DataHouse;
let processes: Processes;
let tables: Tables;
let gate: TableFile[];
const readers: Running[] = [];
const ROWS = 100_000;

before(async () => {
  server = await openDataHouse();
  const real = createProcesses();
  processes = {
    ...real,
    start(options) {
      const running = real.start(options);
      readers.push(running);
      return running;
    },
  };
  tables = openTables(processes);
  const text = ['n,w', ...Array.from({ length: ROWS }, (_one, row) => `${row / 8},w${row}`), ''].join('\n');
  const { hash, size } = await server.ctx.blobs.put(Buffer.from(text));
  gate = [{ path: 'd/a.csv', hash, size, format: 'csv' }];
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
});

const ASKED = [
  { name: 'n', spelled: false },
  { name: 'w', spelled: true },
];
const asker = (signal = new AbortController().signal) =>
  askTables(server.ctx, tables, gate, { bytes: 1e9, signal });

test('a table comes through a reader of tables, which waits for whoever takes its columns slowly', async () => {
  const ask = asker();
  const looked = await ask({ facts: { exact: ['w'] } }, () => undefined);
  assert.ok('answer' in looked);
  const facts = looked.answer as TableFacts;
  assert.equal(facts.rows, ROWS);
  assert.deepEqual(
    facts.columns.map(({ name, type, spelled, exactly }) => [name, type, spelled, exactly]),
    [
      ['n', 'DOUBLE', true, undefined],
      ['w', 'VARCHAR', true, ROWS],
    ],
  );
  const parts: Part[] = [];
  let lines = 0;
  let open = 0;
  let most = 0;
  const outcome = await ask({ columns: ASKED }, async (line) => {
    most = Math.max(most, ++open);
    lines++;
    parts.push(...(JSON.parse(line) as Parts).parts);
    await until('it is read no further', () => readers[0]!.stdout?.isPaused() === true);
    open--;
  });
  assert.deepEqual(outcome, { answer: ROWS });
  assert.ok(lines > 5 && most <= 2, `${lines} lines, ${most} at once`);
  assert.equal(readers.length, 1, 'one reader answered both questions');
  const table = await openTable({
    facts: () => Promise.resolve({ answer: facts }),
    columns(asked, take) {
      assert.deepEqual(asked, ASKED);
      for (const part of parts) take(part);
      return Promise.resolve({ answer: ROWS });
    },
  });
  const read = await table.read(['n', 'w\0text']);
  assert.deepEqual(
    read.get('n')!.numbers,
    Float64Array.from({ length: ROWS }, (_one, row) => row / 8),
  );
  assert.equal(read.get('w\0text')!.words!.at(-1), `w${ROWS - 1}`);
});

test('who leaves in the middle of a column gives the place back', async () => {
  const left = new AbortController();
  const ask = asker(left.signal);
  await ask({ facts: { exact: [] } }, () => undefined);
  const never = new Promise<void>(() => undefined);
  const going = ask({ columns: ASKED }, () => {
    left.abort(new Error('the scoring ended'));
    return never;
  });
  await assert.rejects(going, /the scoring ended/);
  // Two questions of this lane are let in at once: both places must be free.
  await Promise.all(
    [1, 2].map(async () => assert.ok('answer' in (await asker()({ facts: { exact: [] } }, () => undefined)))),
  );
});
