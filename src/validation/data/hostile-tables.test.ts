import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { profileAnswer } from '../../data/profile-table.ts';
import { knownTable } from '../../data/store.ts';
import { fromCsv } from '../../faces/inference/mlflow/csv.ts';
import type { Frame } from '../../faces/inference/mlflow/frame.ts';
import { fromParquet } from '../../faces/inference/mlflow/parquet.ts';
import { messageOf } from '../../platform/errors/index.ts';
import type { TensorSpec } from '../../runtimes/index.ts';
import { tableFormat, type TableFile } from '../../tables/index.ts';
import { explained, openSandbox, query, rows } from '../../tables/inside.ts';
import { keyOf, textOf } from '../scoring/read-table.ts';
import { openHere } from '../scoring/table.suite.ts';
import { relationsOf } from './relations.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-hostile-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** What is read: columns as `name:TYPE`, the first and the last row as JSON has them, the number of rows. */
interface Read {
  columns: string;
  first?: unknown[];
  last?: unknown[];
  rows: number;
}
type Content = Record<string, string | Buffer>;
const csv = (text: string | Buffer): Record<string, string | Buffer> => ({ 'd/a.csv': text });
const jsonl = (text: string): Record<string, string> => ({ 'd/a.jsonl': text });
const maker = await (await DuckDBInstance.create()).connect();
await maker.run("set TimeZone='UTC'");
after(() => maker.closeSync());
/** What a statement selects, as the bytes of a Parquet file. */
async function parquet(sql: string): Promise<Content> {
  const file = path.join(folder, 'made.parquet');
  await maker.run(`copy (${sql}) to '${file}' (format parquet)`);
  return { 'd/a.parquet': readFileSync(file) };
}
/** More than DuckDB looks at before it makes up its mind, which is 20,480. */
const MANY = 21_000;
const many = (line: string): string => line.repeat(MANY);

const FILES: ReadonlyArray<[name: string, content: Content, expected: Read | RegExp]> = [
  [
    'a fraction, a leading zero and a time in the last of many rows',
    csv(`n,zip,day\n${many('1,10001,2024-01-01\n')}2.5,00501,2024-01-05 13:45:00\n`),
    {
      columns: 'n:DOUBLE zip:VARCHAR day:VARCHAR',
      first: [1, '10001', '2024-01-01'],
      last: [2.5, '00501', '2024-01-05 13:45:00'],
      rows: MANY + 1,
    },
  ],
  [
    'nothing but gaps before the last rows',
    csv(`a,b\n${many(',1\n')}7,1\n00501,2\n`),
    { columns: 'a:VARCHAR b:BIGINT', first: [null, 1], last: ['00501', 2], rows: MANY + 2 },
  ],
  [
    'signs',
    csv('a,b\n+1,-1\n2,-0\n'),
    { columns: 'a:VARCHAR b:DOUBLE', first: ['+1', -1], last: ['2', -0], rows: 2 },
  ],
  ['1.0 beside 1', csv('a\n1.0\n1\n'), { columns: 'a:DOUBLE', first: [1], last: [1], rows: 2 }],
  ['exponents', csv('a\n1e5\n1\n'), { columns: 'a:DOUBLE', first: [100_000], last: [1], rows: 2 }],
  [
    'whole numbers beyond 2^53',
    csv('a\n9007199254740993\n1\n'),
    { columns: 'a:BIGINT', first: ['9007199254740993'], last: [1], rows: 2 },
  ],
  [
    'and a fraction among them',
    csv('a\n9007199254740993\n0.5\n'),
    { columns: 'a:VARCHAR', first: ['9007199254740993'], last: ['0.5'], rows: 2 },
  ],
  [
    'whole numbers beyond 64 bits',
    csv('a\n18446744073709551615\n-1\n'),
    { columns: 'a:HUGEINT', first: ['18446744073709551615'], last: [-1], rows: 2 },
  ],
  [
    'more digits than a double',
    csv('a\n0.1234567890123456789\n1\n'),
    { columns: 'a:VARCHAR', first: ['0.1234567890123456789'], last: ['1'], rows: 2 },
  ],
  [
    'doubles that are printed long',
    csv('a\n1.000000000000000056e-01\n0.30000000000000004\n'),
    { columns: 'a:DOUBLE', first: [0.1], last: [0.30000000000000004], rows: 2 },
  ],
  [
    'dates, moments, times',
    csv(
      'd,m,z,t,u\n2024-01-31,2024-01-05 10:00:00,2024-01-05T10:00:00Z,10:00:00,01/02/2024\n2024-02-29,2024-01-06 11:30:00.5,2024-01-05T11:00:00Z,23:59:59,03/04/2024\n',
    ),
    {
      columns: 'd:DATE m:TIMESTAMP z:TIMESTAMP WITH TIME ZONE t:TIME u:VARCHAR',
      first: ['2024-01-31', '2024-01-05 10:00:00', '2024-01-05 10:00:00+00', '10:00:00', '01/02/2024'],
      last: ['2024-02-29', '2024-01-06 11:30:00.5', '2024-01-05 11:00:00+00', '23:59:59', '03/04/2024'],
      rows: 2,
    },
  ],
  [
    'truth values',
    csv('a,b,c,d\ntrue,True,true,0\nfalse,False,True,1\n'),
    {
      columns: 'a:BOOLEAN b:BOOLEAN c:VARCHAR d:BIGINT',
      first: [true, true, 'true', 0],
      last: [false, false, 'True', 1],
      rows: 2,
    },
  ],
  [
    'what is missing',
    csv('a,b,c,d\n1,NA,,"x"\n,null,,""\n'),
    {
      columns: 'a:BIGINT b:VARCHAR c:VARCHAR d:VARCHAR',
      first: [1, 'NA', null, 'x'],
      last: [null, 'null', null, ''],
      rows: 2,
    },
  ],
  [
    'quoted numbers',
    csv('a,b\n"1","x"\n"","y ""z"""\n'),
    { columns: 'a:BIGINT b:VARCHAR', first: [1, 'x'], last: [null, 'y "z"'], rows: 2 },
  ],
  [
    'spaces',
    csv('a,b\n 1,x \n2,y\n'),
    { columns: 'a:VARCHAR b:VARCHAR', first: [' 1', 'x '], last: ['2', 'y'], rows: 2 },
  ],
  [
    'a byte order mark',
    csv('\ufeffa,b\n1,2\n'),
    { columns: 'a:BIGINT b:BIGINT', first: [1, 2], last: [1, 2], rows: 1 },
  ],
  [
    'CR LF',
    csv('a,b\r\n1,2\r\n3,4\r\n'),
    { columns: 'a:BIGINT b:BIGINT', first: [1, 2], last: [3, 4], rows: 2 },
  ],
  ['lone CR', csv('a,b\r1,2\r3,4\r'), { columns: 'a:BIGINT b:BIGINT', first: [1, 2], last: [3, 4], rows: 2 }],
  [
    'mixed line ends',
    csv('a,b\n1,2\r\n3,4\n'),
    /d\/a\.csv, line 2: it ends with CR LF, and the lines before it with LF/,
  ],
  [
    'mixed line ends, late',
    csv(`a,b\r\n${many('x,2\r\n')}3,4\n5,6\r\n`),
    new RegExp(`d/a\\.csv, line ${MANY + 2}: it ends with LF`),
  ],
  [
    'too few cells',
    csv('a,b,c\n1,2,3\n1,2\n'),
    /d\/a\.csv, line 3: it has 2 cells, and the first line has 3/,
  ],
  [
    'too many cells',
    csv('a,b,c\n1,2,3\n1,2,3,4\n'),
    /d\/a\.csv, line 3: it has 4 cells, and the first line has 3/,
  ],
  [
    'too few cells, late, all text',
    csv(`a,b\n${many('x,y\n')}x\n`),
    new RegExp(`d/a\\.csv, line ${MANY + 2}: it has 1 cell`),
  ],
  [
    'a title above the table',
    csv('Report\na;b\n1;2\n'),
    /d\/a\.csv, line 2: it has 2 cells, and the first line has 1/,
  ],
  [
    'names that come twice, or not at all',
    csv('a,b,a,\n1,2,3,4\n'),
    {
      columns: 'a:BIGINT b:BIGINT a_1:BIGINT column3:BIGINT',
      first: [1, 2, 3, 4],
      last: [1, 2, 3, 4],
      rows: 1,
    },
  ],
  [
    'names that differ in case alone',
    csv('a,A\n1,2\n'),
    /d\/a\.csv: its first line names the columns 'a' and 'A', which differ only in case/,
  ],
  ['a header alone', csv('a,b\n'), { columns: 'a:VARCHAR b:VARCHAR', rows: 0 }],
  ['one row', csv('a,b\n1,x\n'), { columns: 'a:BIGINT b:VARCHAR', first: [1, 'x'], last: [1, 'x'], rows: 1 }],
  [
    'no header',
    csv('5.1,setosa\n4.9,virginica\n'),
    { columns: 'column0:DOUBLE column1:VARCHAR', first: [5.1, 'setosa'], last: [4.9, 'virginica'], rows: 2 },
  ],
  [
    'columns that are numbered',
    csv('0,1,2\n5.1,3.5,1\n4.9,3.0,2\n'),
    { columns: '0:DOUBLE 1:DOUBLE 2:BIGINT', first: [5.1, 3.5, 1], last: [4.9, 3, 2], rows: 2 },
  ],
  [
    'semicolons and decimal commas',
    csv('a;b\n1,5;2\n2,5;3\n'),
    { columns: 'a:VARCHAR b:BIGINT', first: ['1,5', 2], last: ['2,5', 3], rows: 2 },
  ],
  [
    'tabs',
    { 'd/a.tsv': 'a\tb\n1\tx,y\n' },
    { columns: 'a:BIGINT b:VARCHAR', first: [1, 'x,y'], last: [1, 'x,y'], rows: 1 },
  ],
  ['bars', csv('a|b\n1|2\n'), { columns: 'a:BIGINT b:BIGINT', first: [1, 2], last: [1, 2], rows: 1 }],
  [
    'one column',
    csv('text\nfoo\n\nbar\n'),
    { columns: 'text:VARCHAR', first: ['foo'], last: ['bar'], rows: 3 },
  ],
  [
    'quotes in the middle',
    csv('a,b\n5" disk,2\n'),
    { columns: 'a:VARCHAR b:BIGINT', first: ['5" disk', 2], last: ['5" disk', 2], rows: 1 },
  ],
  [
    'line breaks in cells',
    csv('a,b\n1,"x\ny"\n2,"p\r\nq"\n'),
    { columns: 'a:BIGINT b:VARCHAR', first: [1, 'x\ny'], last: [2, 'p\r\nq'], rows: 2 },
  ],
  ['a quote that does not end', csv('a,b\n1,"2\n3,4\n'), /d\/a\.csv, line 2: a quoted cell does not end/],
  [
    'something behind a quote',
    csv('a,b\n"x"y,2\n'),
    /d\/a\.csv, line 2: a quoted cell does not end, or something stands behind/,
  ],
  ['Latin-1', csv(Buffer.from('a,b\ncaf\xe9,2\n', 'latin1')), /d\/a\.csv, line 2: it is not UTF-8/],
  ['UTF-16', csv(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')), /d\/a\.csv is written in UTF-16/],
  [
    'gzip',
    { 'd/a.csv.gz': gzipSync('a,b\n1,00501\n') },
    { columns: 'a:BIGINT b:VARCHAR', first: [1, '00501'], last: [1, '00501'], rows: 1 },
  ],
  [
    'zstd',
    { 'd/a.csv.zst': zstdCompressSync('a,b\n1,00501\n') },
    { columns: 'a:BIGINT b:VARCHAR', first: [1, '00501'], last: [1, '00501'], rows: 1 },
  ],
  ['no gzip at all', { 'd/a.csv.gz': 'a,b\n1,2\n' }, /d\/a\.csv\.gz cannot be unpacked/],
  ['empty lines', csv('\n\n\n'), /d\/a\.csv holds no line but empty ones/],
  [
    'several files, each in its own way',
    { 'd/a.csv': 'a,b\n1,x\n', 'd/b.csv': 'b;a\r\n007;2.5\r\n' },
    { columns: 'a:DOUBLE b:VARCHAR', first: [1, 'x'], last: [2.5, '007'], rows: 2 },
  ],
  [
    'folders that say more',
    {
      'year=2024/month=01/a.csv': 'a\n1\n',
      'year=2024/month=__HIVE_DEFAULT_PARTITION__/a.csv': 'a\n2\n',
      'year=2025/city=New%20York/a.csv': 'a\n3\n',
    },
    {
      columns: 'a:BIGINT year:VARCHAR month:VARCHAR city:VARCHAR',
      first: [1, '2024', '01', null],
      last: [3, '2025', null, 'New York'],
      rows: 3,
    },
  ],
  [
    'folders, and a column that DuckDB has a use for',
    { 'split=a/x.csv': 'filename,file_index\np.png,7\n', 'split=b/x.csv': 'filename,file_index\nq.png,8\n' },
    {
      columns: 'filename:VARCHAR file_index:BIGINT split:VARCHAR',
      first: ['p.png', 7, 'a'],
      last: ['q.png', 8, 'b'],
      rows: 2,
    },
  ],
  [
    'folders of JSON, and a column that they name too',
    { 'year=2024/k=1/a.jsonl': '{"year":1999}\n', 'year=2025/k=2/a.jsonl': '{"year":2000}\n' },
    { columns: 'year:BIGINT k:VARCHAR', first: [1999, '1'], last: [2000, '2'], rows: 2 },
  ],
  [
    'values of several kinds under one key, and keys in two cases',
    jsonl('{"a":[1,"x"],"b":1.50,"k":1,"K":2}\n{"a":[],"b":"1.50","k":3}\n'),
    {
      columns: 'a:JSON[] b:JSON k:BIGINT K_1:BIGINT',
      first: [['1', '"x"'], '1.5', 1, 2],
      last: [[], '"1.50"', 3, null],
      rows: 2,
    },
  ],
  [
    'keys in two cases, and a text that looks like a date',
    jsonl('{"k":"2024-01-01","K":2}\n'),
    /d\/a\.jsonl has keys that differ in case only/,
  ],
  [
    'a key that comes late, a fraction last',
    jsonl(`${many('{"a":1}\n')}{"a":2.5,"b":"x","s":{"d":"2024-01-01"}}\n`),
    {
      columns: 'a:DOUBLE b:VARCHAR s:STRUCT("d" VARCHAR)',
      first: [1, null, null],
      last: [2.5, 'x', { d: '2024-01-01' }],
      rows: MANY + 1,
    },
  ],
  [
    'texts in JSON that look like something else',
    jsonl('{"a":"2024-01-01","b":"00501","c":"7f1e0e0c-0a8b-4a6d-9f5e-0123456789ab","d":"10:00:00"}\n'),
    {
      columns: 'a:VARCHAR b:VARCHAR c:VARCHAR d:VARCHAR',
      first: ['2024-01-01', '00501', '7f1e0e0c-0a8b-4a6d-9f5e-0123456789ab', '10:00:00'],
      rows: 1,
    },
  ],
  [
    'whole numbers in JSON beyond 64 bits',
    jsonl('{"a":123456789012345678901234567890}\n{"a":1}\n'),
    { columns: 'a:HUGEINT', first: ['123456789012345678901234567890'], last: [1], rows: 2 },
  ],
  [
    'a fraction among them in JSON',
    jsonl('{"a":9007199254740993}\n{"a":0.5}\n'),
    /d\/a\.jsonl, line 1: 'a' holds 9007199254740993, which has more digits/,
  ],
  [
    'more digits in JSON than a double',
    jsonl('{"b":1}\n{"b":1,"a":{"x":0.1234567890123456789}}\n'),
    /d\/a\.jsonl, line 2: 'a' holds 0\.1234567890123456789/,
  ],
  [
    'doubles in JSON as Python prints them',
    jsonl('{"a":0.30000000000000004,"t":"12345678901234567890.5"}\n'),
    { columns: 'a:DOUBLE t:VARCHAR', first: [0.30000000000000004, '12345678901234567890.5'], rows: 1 },
  ],
  ['lines that are no objects', jsonl('[1]\n[2]\n'), /d\/a\.jsonl holds something else than objects/],
  ['a broken line', jsonl('{"a":1}\n{"a":\n{"a":3}\n'), /d\/a\.jsonl, line 2: unexpected end of data/],
  ['a byte order mark in JSON', jsonl('\ufeff{"a":1}\n'), /d\/a\.jsonl begins with a byte order mark/],
  [
    'Parquet: numbers to their last digit',
    await parquet(
      `select * from (values (9007199254740993::bigint, 18446744073709551615::ubigint, 7::integer, 1.50::decimal(9,2), 0.1::float, 0.30000000000000004::double),
        (-1, 1, -7, -0.05, -0.5, 'nan')) t(a, b, c, d, e, f)`,
    ),
    {
      columns: 'a:BIGINT b:UBIGINT c:INTEGER d:DECIMAL(9,2) e:FLOAT f:DOUBLE',
      first: ['9007199254740993', '18446744073709551615', 7, '1.50', Math.fround(0.1), 0.30000000000000004],
      last: [-1, 1, -7, '-0.05', -0.5, 'NaN'],
      rows: 2,
    },
  ],
  [
    'Parquet: texts that look like something else, and no text',
    await parquet(
      `select * from (values ('00501', '2024-01-01', '', 'NA', true), ('+1', '1e5', null, 'é\n"x"', null)) t(a, b, c, d, e)`,
    ),
    {
      columns: 'a:VARCHAR b:VARCHAR c:VARCHAR d:VARCHAR e:BOOLEAN',
      first: ['00501', '2024-01-01', '', 'NA', true],
      last: ['+1', '1e5', null, 'é\n"x"', null],
      rows: 2,
    },
  ],
  [
    'Parquet: days and moments',
    await parquet(
      `select date '0001-02-03' as d, timestamp '2024-01-05 10:00:00.123456' as m, timestamptz '2024-01-05 10:00:00+02' as z, time '23:59:59.5' as t`,
    ),
    {
      columns: 'd:DATE m:TIMESTAMP z:TIMESTAMP WITH TIME ZONE t:TIME',
      first: ['0001-02-03', '2024-01-05 10:00:00.123456', '2024-01-05 08:00:00+00', '23:59:59.5'],
      rows: 1,
    },
  ],
  ['Parquet that is none', { 'd/a.parquet': 'PAR1 but not at the end' }, /d\/a\.parquet/],
];

/**
 * Where serving reads on purpose as pandas does, since that is what callers of MLflow's protocol write with, and what their
 * models were asked with there: `as` is what it reads then, `refuses` that it takes none of it.
 */
const AS_PANDAS: Readonly<Record<string, 'refuses' | 'reads' | { rows: number; last?: unknown[] }>> = {
  'what is missing': { rows: 2, last: [null, null, null, null] }, // NA and null are no texts, nor is ""
  'names that come twice, or not at all': 'refuses',
  'no header': { rows: 1 }, // the first line is one
  'one column': { rows: 2 }, // an empty line is none
  'semicolons and decimal commas': 'refuses', // commas alone part cells
  bars: 'refuses',
  'mixed line ends': 'reads',
  'mixed line ends, late': 'reads',
  'names that differ in case alone': 'reads', // a frame tells them apart
  'too few cells': 'reads', // the others are missing
  'too few cells, late, all text': 'reads',
  'a title above the table': 'reads',
  'something behind a quote': 'reads',
};

function put(content: Content): TableFile[] {
  return Object.entries(content).map(([shown, bytes]) => {
    const file = path.join(
      folder,
      `${made++}${path.extname(shown) === '.tsv' ? '.csv' : shown.slice(shown.indexOf('.'))}`,
    );
    writeFileSync(file, bytes);
    return { file, shown, format: tableFormat(shown)! };
  });
}

const sandbox = async (files: readonly TableFile[]): Promise<DuckDBConnection> => {
  const names = files.map(({ file }) => file);
  return (await openSandbox(names, { threads: 2, memory: 1e9 })).connection;
};
/** The first and the last row as they come out of JSON, which is what a caller gets. */
const ends = (all: unknown[][]): { first: unknown[]; last: unknown[] } =>
  JSON.parse(JSON.stringify({ first: all[0], last: all.at(-1) })) as { first: unknown[]; last: unknown[] };
const silent = (): Promise<void> => Promise.resolve();
const LIMITS = { limit: 100_000, bytes: 1e9 };
const shape = (columns: ReadonlyArray<{ name: string; type: string }>): string =>
  columns.map(({ name, type }) => `${name}:${type}`).join(' ');

/** One for readers that leave no table behind: to make one takes as long as what they ask of it. */
const sandboxes = new Map<readonly TableFile[], Promise<DuckDBConnection>>();
const shared = (files: readonly TableFile[]): Promise<DuckDBConnection> => {
  const made = sandboxes.get(files) ?? sandbox(files);
  sandboxes.set(files, made);
  return made;
};

/** What was found of the same files before. */
const profiles = new Map<readonly TableFile[], ReturnType<typeof profileAnswer.answer>>();
async function profileOf(files: readonly TableFile[]): ReturnType<typeof profileAnswer.answer> {
  const found =
    profiles.get(files) ??
    profileAnswer.answer(await sandbox(files), { table: [...files], size: 1000 }, silent);
  profiles.set(files, found);
  return found;
}

/** The same files, as each room reads them. */
const READERS: Record<string, (files: TableFile[], wanted?: Read) => Promise<Read>> = {
  async sql(files) {
    const views = [{ name: 't@v1', table: files }];
    const asked = { query: 'select * from "t@v1"', views, ...LIMITS };
    const found = await query.answer(await shared(files), asked, silent);
    return {
      columns: shape(found.columns),
      ...ends(found.rows),
      rows: found.rows.length,
    };
  },
  async preview(files) {
    const asked = { table: files, offset: 0, count: true, spelled: false, ...LIMITS };
    const found = await rows.answer(await shared(files), asked, silent);
    assert.equal(found.total, found.rows.length);
    return {
      columns: shape(found.columns),
      ...ends(found.rows),
      rows: found.rows.length,
    };
  },
  async profile(files, wanted) {
    const found = await profileOf(files);
    // It shows no rows; what it counts and where it ends must be theirs.
    return { ...wanted, columns: shape(found.columns), rows: found.rows };
  },
  async 'SQL with what profiles know'(files) {
    const known = [];
    for (const one of files) {
      // A profile belongs to the bytes, whatever folders they lie in.
      const shown = one.shown
        .split('/')
        .filter((part) => !part.includes('='))
        .join('/');
      const found = await profileOf(files.length === 1 && shown === one.shown ? files : [{ ...one, shown }]);
      known.push({ ...one, known: knownTable({ state: 'ok', ...found })! });
    }
    return READERS['sql']!(known);
  },
  async gate(files, wanted) {
    const table = await openHere(files);
    const text = table.columns.filter(({ kind }) => kind === 'text').map(({ name }) => name);
    const read = await table.read(text.map((name) => keyOf(name, 'text')));
    const types = new Map(table.columns.map(({ name, type }) => [name, type]));
    const at = (row: number, like: unknown[] | undefined): unknown[] | undefined =>
      like?.map((value, i) => {
        const column = read.get(keyOf([...types.keys()][i]!, 'text'));
        return column ? (textOf(column, row) ?? null) : value;
      });
    return {
      ...wanted,
      columns: shape(table.columns),
      rows: table.rows,
      ...(wanted?.first ? { first: at(0, wanted.first)! } : {}),
      ...(wanted?.last ? { last: at(table.rows - 1, wanted.last)! } : {}),
    };
  },
  async proof(files, wanted) {
    const connection = await shared(files);
    let count = 0;
    for (const { sql } of await relationsOf(connection, files)) {
      const found = await connection.runAndReadAll(`select count(*), count(x) from (select x from ${sql} x)`);
      count += Number(found.getRows()[0]![0]);
    }
    return { ...wanted!, rows: count };
  },
};

for (const [name, content, expected] of FILES) {
  test(`${name}: the same for SQL, preview, profile, gate and proof`, async () => {
    const files = put(content);
    for (const [reader, read] of Object.entries(READERS)) {
      if (expected instanceof RegExp) {
        const error: unknown = await read(files).then(
          (found) => assert.fail(`${reader} reads ${JSON.stringify(found)}`),
          // As every reader's process does with what it could not foresee.
          (thrown: unknown) => explained(thrown, files),
        );
        assert.match(messageOf(error), expected, reader);
      } else {
        const wanted = {
          ...expected,
          ...('last' in expected || !expected.first ? {} : { last: expected.first }),
        };
        const found = await read(files, wanted);
        const { first, last, ...rest } = found;
        assert.deepEqual({ ...rest, ...(first ? { first } : {}), ...(last ? { last } : {}) }, wanted, reader);
      }
    }
  });
}

/** How serving calls what DuckDB reads. */
const SERVED: ReadonlyArray<[type: RegExp, datatype: TensorSpec['datatype'], dtype: string]> = [
  [/^(BIGINT|HUGEINT)$/, 'INT64', 'int64'],
  [/^UBIGINT$/, 'UINT64', 'uint64'],
  [/^INTEGER$/, 'INT32', 'int32'],
  [/^DOUBLE$/, 'FP64', 'float64'],
  [/^FLOAT$/, 'FP32', 'float32'],
  [/^DECIMAL/, 'FP64', 'decimal'],
  [/^BOOLEAN$/, 'BOOL', 'bool'],
  [/^DATE$/, 'BYTES', 'date'],
  [/^TIMESTAMP/, 'BYTES', 'datetime64'],
  [/^TIME$/, 'BYTES', 'time'],
  [/^VARCHAR$/, 'BYTES', 'text'],
];
const served = (type: string): (typeof SERVED)[number] => SERVED.find(([pattern]) => pattern.test(type))!;

/** A row of a frame, with whole numbers and NaN as JSON has them and moments in DuckDB's spelling. */
function rowOf(frame: Frame, row: number, types: readonly string[]): unknown[] {
  return frame.names.map((name, i) => {
    const value = frame.columns.get(name)![row];
    if (typeof value === 'bigint')
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
        ? Number(value)
        : String(value);
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value !== 'string' || types[i]?.startsWith('TIME') !== true) return value;
    const digits = value
      .replace('T', ' ')
      .replace(/Z$/, '')
      .replace(/(\.\d*?)0+$/, '$1');
    return digits.replace(/\.$/, '') + (types[i] === 'TIMESTAMP WITH TIME ZONE' ? '+00' : '');
  });
}

for (const [name, content, expected] of FILES) {
  const [[file, bytes] = ['', ''], ...more] = Object.entries(content);
  const format = more.length === 0 ? /\.(csv|parquet)$/.exec(file)?.[1] : undefined;
  if (format === undefined) continue; // serving takes one CSV or Parquet file, unpacked
  test(`${name}: the same for serving`, async () => {
    const deviation = AS_PANDAS[name];
    const columns =
      expected instanceof RegExp
        ? []
        : expected.columns.split(/ (?=[^ ]+:)/).map((column) => {
            const at = column.indexOf(':');
            return { name: column.slice(0, at), type: column.slice(at + 1) };
          });
    const specs = columns.map((column): TensorSpec => {
      return { name: column.name, datatype: served(column.type)[1], shape: [-1] };
    });
    const read = async (): Promise<Frame> =>
      format === 'csv' ? fromCsv(Buffer.from(bytes), specs) : fromParquet(Buffer.from(bytes));
    if (deviation === 'refuses' || (expected instanceof RegExp && deviation !== 'reads')) {
      await assert.rejects(read, { kind: 'invalid' });
      return;
    }
    const frame = await read();
    if (expected instanceof RegExp) return;
    const types = columns.map(({ type }) => type);
    if (typeof deviation === 'object') {
      assert.equal(frame.rows, deviation.rows);
      if (deviation.last) assert.deepEqual(rowOf(frame, frame.rows - 1, types), deviation.last);
      return;
    }
    assert.equal(frame.rows, expected.rows);
    assert.deepEqual(
      frame.names,
      columns.map((column) => column.name),
    );
    if (format === 'parquet')
      assert.deepEqual(
        [...frame.dtypes!.values()],
        types.map((type) => served(type)[2]),
      );
    if (expected.first) assert.deepEqual(rowOf(frame, 0, types), expected.first);
    const last = expected.last ?? expected.first;
    if (last) assert.deepEqual(rowOf(frame, frame.rows - 1, types), last);
  });
}
