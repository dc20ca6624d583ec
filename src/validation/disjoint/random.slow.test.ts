import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import type { FileInput } from '../data/protocol.ts';
import { openWorkshop, type Workshop } from './fixture.suite.ts';

let shop: Workshop;
before(async () => {
  shop = await openWorkshop();
});
after(() => shop[Symbol.asyncDispose]());

type Cell = string | number | boolean | null;
type Kind = 'bigint' | 'double' | 'float' | 'boolean' | 'varchar' | 'timestamp' | 'date' | 'decimal(12,3)';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });
/** Values that every format can hold; each kind with its awkward ones. */
const CELLS: Record<Kind, fc.Arbitrary<Cell>> = {
  bigint: fc.oneof(fc.integer(), fc.maxSafeInteger()),
  double: fc.oneof(finite, fc.constantFrom(-0, 0.1, 1e-7, 123_456_789.125, 1e22)),
  float: finite.map((x) => Math.fround(x % 1e6)),
  boolean: fc.boolean(),
  varchar: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.constantFrom(
      'É',
      'É',
      '01',
      '1e5',
      '2001-02-03',
      'true',
      'NaN',
      ' x ',
      '-',
      '+1',
      'a,b',
      '"',
      'null',
      '1.50',
    ),
  ),
  timestamp: fc
    .integer({ min: -2_000_000_000, max: 4_000_000_000 })
    .map((s) => new Date(s * 1000).toISOString().slice(0, 19)),
  date: fc
    .integer({ min: -30_000, max: 60_000 })
    .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
  'decimal(12,3)': fc.integer({ min: -999_999_999, max: 999_999_999 }).map((n) => n / 1000),
};
const KINDS = Object.keys(CELLS) as Kind[];

interface Table {
  kinds: Kind[];
  rows: Cell[][];
}

const table: fc.Arbitrary<Table> = fc
  .array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 6 })
  .chain((kinds) =>
    fc
      .array(fc.tuple(...kinds.map((kind) => fc.option(CELLS[kind], { freq: 8 }))), {
        minLength: 4,
        maxLength: 25,
      })
      .map((rows) => ({ kinds, rows })),
  );

/** As SQL of its own kind; control characters are spelt out, since a CSV of them is another matter. */
function literal(cell: Cell, kind: Kind): string {
  if (cell === null) return `null::${kind}`;
  if (typeof cell === 'number') return `${Object.is(cell, -0) ? '-0.0' : String(cell)}::${kind}`;
  if (typeof cell === 'boolean') return String(cell);
  return `'${cell.replaceAll(/\p{Cc}/gu, '?').replaceAll("'", "''")}'::${kind}`;
}

/** A column that names each row, so that no identity is weak, and then the random ones. */
const statement = ({ kinds, rows }: Table, first = 0): string =>
  rows
    .map(
      (row, i) =>
        `select ${first + i}::bigint as n, ${row.map((cell, j) => `${literal(cell, kinds[j]!)} as c${j}`).join(', ')}`,
    )
    .join(' union all ');

const FORMATS = ['parquet', 'csv', 'jsonl', 'json', 'csv.gz'] as const;
let made = 0;
const make = (format: (typeof FORMATS)[number], sql: string): Promise<FileInput> =>
  shop.make(`${made++}.${format}`, sql);

test('another order of rows and columns, and another format, never change digest or verdict', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom(...FORMATS), fc.nat(), async ({ kinds, rows }, format, seed) => {
      const sql = statement({ kinds, rows });
      const columns = ['n', ...kinds.map((_, i) => `c${i}`)];
      const turned = columns.toSorted(
        (a, b) => Math.sin(seed + a.charCodeAt(1)) - Math.sin(seed + b.charCodeAt(1)),
      );
      const one = await make('parquet', sql);
      const two = await make(
        format,
        `select ${turned.join(', ')} from (${sql}) order by hash(n + ${seed % 1000})`,
      );
      const elsewhere = await make('parquet', statement({ kinds, rows }, 1000));
      const [a, b] = [await shop.compare(one, [one, elsewhere]), await shop.compare(two, [one, elsewhere])];
      assert.equal(b.gate.digest, a.gate.digest);
      assert.equal(a.gate.digest, a.against[0]!.digest);
      assert.notEqual(a.gate.digest, a.against[1]!.digest);
      for (const { overlapping, decided } of [a, b])
        assert.deepEqual([overlapping, decided], [rows.length, rows.length]);
      const clean = await shop.compare(two, [elsewhere]);
      assert.equal(clean.overlapping, 0);
    }),
    { numRuns: runs(6, 3) },
  );
});

test('one planted row is always found, and it alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom(...FORMATS),
      fc.constantFrom(...FORMATS),
      fc.nat(),
      async (all, ours, theirs, pick) => {
        const at = pick % all.rows.length;
        const training = await make(theirs, statement(all));
        const gate = await make(
          ours,
          `select * from (${statement(all, 5000)}) union all select * from (${statement(all)}) where n = ${at}`,
        );
        const { overlapping, overlaps } = await shop.compare(gate, [training]);
        assert.equal(overlapping, 1);
        assert.equal(Number(overlaps[0]!.values['n']), at);
        assert.equal(overlaps[0]!.gate_row, all.rows.length);
      },
    ),
    { numRuns: runs(6, 3) },
  );
});

test('a changed value is another row, and another digest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .constantFrom<Kind>('bigint', 'timestamp', 'date', 'boolean', 'varchar')
        .chain((kind) => fc.tuple(fc.constant(kind), CELLS[kind], CELLS[kind])),
      fc.constantFrom(...FORMATS),
      async ([kind, a, b], format) => {
        fc.pre(String(a).trim().normalize() !== String(b).trim().normalize());
        // Two spellings of one number or moment are one value.
        fc.pre(
          kind !== 'varchar' ||
            ![a, b].every((x) => /^[-+.\d]|^(nan|inf|true|false)|^\s*$/i.test(String(x).trim())),
        );
        const row = (cell: Cell) => statement({ kinds: [kind], rows: [[cell], [cell]] });
        const [one, two] = [await make('parquet', row(a)), await make(format, row(b))];
        const found = await shop.compare(one, [two]);
        assert.equal(found.overlapping, 0);
        assert.notEqual(found.gate.digest, found.against[0]!.digest);
      },
    ),
    { numRuns: runs(6, 3) },
  );
});
