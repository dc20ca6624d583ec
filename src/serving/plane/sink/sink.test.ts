import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { Json, type LoadedModel, type ModelPlace, type Tensor } from '../../../runtimes/index.ts';
import { until } from '../../../../test/until.ts';
import { makeIds } from '../../prediction-id.ts';
import { columnHash, isSampled } from '../../record-rules.ts';
import { createPlane } from '../create-plane.ts';
import type { Answer, Question } from '../plane.ts';
import type { Recording, Report, TableEndpoint } from '../protocol.ts';
import { journalOf, readSegmentFile } from '../segment-name.ts';
import { RecordSink, type SinkOptions } from './sink.ts';
import { convert } from './convert.ts';
import { convertAside, type Ended } from './convert-aside.ts';
import { readJournal } from './journal-file.ts';

/** Every kind of value that a model takes or gives. */
const spec: LoadedModel['spec'] = {
  platform: 'mlflow_pyfunc',
  inputs: [
    { name: 'real', datatype: 'FP64', shape: [-1], column: 'double' },
    { name: 'whole', datatype: 'INT64', shape: [-1], column: 'long' },
    { name: 'word', datatype: 'BYTES', shape: [-1], column: 'string', optional: true },
    { name: 'flag', datatype: 'BOOL', shape: [-1], column: 'boolean' },
    { name: 'half', datatype: 'FP16', shape: [-1] },
    { name: 'wide', datatype: 'FP32', shape: [-1, 1100] },
    { name: 'huge', datatype: 'UINT64', shape: [-1] },
    { name: 'middle', datatype: 'UINT32', shape: [-1] },
    { name: 'small', datatype: 'INT8', shape: [-1] },
  ],
  outputs: [
    { name: 'label', datatype: 'BYTES', shape: [-1] },
    { name: 'p', datatype: 'FP32', shape: [-1, 2] },
  ],
  params: [{ name: 'k', type: 'long' }],
  batchable: false,
};
const place: ModelPlace = {
  key: 'm',
  folder: '/none',
  runtime: 'python',
  limits: { load: 1, predict: 1000, memory: 1, batch: 8, threads: 1, hosts: 1 },
};

type Give = (rows: number, inputs: ReadonlyArray<Tensor | undefined>) => Tensor[];

const give: Give = (rows) => [
  {
    name: 'label',
    datatype: 'BYTES',
    shape: [rows],
    data: Array.from({ length: rows }, (_, row) => ['später', new Json('{"a": 1}'), null][row % 3]!),
  },
  {
    name: 'p',
    datatype: 'FP32',
    shape: [rows, 2],
    data: Float32Array.from({ length: rows * 2 }, (_, at) => at / 4),
  },
];

function questionOf(rows: number, word = true): Tensor[] {
  const all = <T>(value: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(row));
  return [
    { name: 'real', datatype: 'FP64', shape: [rows], data: Float64Array.from(all((row) => row + 0.1)) },
    {
      name: 'whole',
      datatype: 'INT64',
      shape: [rows],
      data: BigInt64Array.from(all((row) => 9_007_199_254_740_993n - BigInt(row))),
    },
    ...(word
      ? ([
          {
            name: 'word',
            datatype: 'BYTES',
            shape: [rows],
            data: all((row) => (row === 1 ? null : `größer ${row}`)),
          },
        ] as const)
      : []),
    { name: 'flag', datatype: 'BOOL', shape: [rows], data: Uint8Array.from(all((row) => row % 2)) },
    { name: 'half', datatype: 'FP16', shape: [rows], data: Uint16Array.from(all(() => 0x3e00)) },
    {
      name: 'wide',
      datatype: 'FP32',
      shape: [rows, 1100],
      data: Float32Array.from({ length: rows * 1100 }, (_, at) => at),
    },
    {
      name: 'huge',
      datatype: 'UINT64',
      shape: [rows],
      data: BigUint64Array.from(all(() => 18_446_744_073_709_551_615n)),
    },
    {
      name: 'middle',
      datatype: 'UINT32',
      shape: [rows],
      data: Uint32Array.from(all(() => 4_294_967_295)),
    },
    { name: 'small', datatype: 'INT8', shape: [rows], data: Int8Array.from(all((row) => -row)) },
  ];
}

interface Bench {
  folder: string;
  reports: Report[];
  sink: RecordSink;
  records(recording: Recording | undefined, more?: Pick<TableEndpoint, 'columns' | 'sample'>): void;
  ask(question?: Partial<Question>): Promise<Answer>;
  askJson(text: string): Promise<string>;
  lost(): Record<string, number>;
  /** Rows of all segments, as DuckDB reads them; the sink is closed first. */
  rows(columns?: string): Promise<Array<Record<string, unknown>>>;
  answer: { give: Give };
  clock: { now: number };
}

const inline: NonNullable<SinkOptions['aside']> = {
  convert({ journal, done }) {
    try {
      done({ segment: convert(journal) });
    } catch (error) {
      done({ problem: String(error) });
    }
  },
  waiting: 0,
  hurry: () => Promise.resolve(),
  close: () => undefined,
};

async function open(
  t: TestContext,
  aside: NonNullable<SinkOptions['aside']> = inline,
  { shadow = false, model = spec }: { shadow?: boolean; model?: LoadedModel['spec'] } = {},
): Promise<Bench> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'treadle-sink-')), 'records');
  t.after(() => rmSync(path.dirname(folder), { recursive: true, force: true }));
  const reports: Report[] = [];
  const report = (one: Report): void => {
    if (one.type === 'log') console.error(one);
    reports.push(one);
  };
  const clock = { now: 1_000_000 };
  const sink = new RecordSink({ folder, key: 'key', report, now: () => clock.now, aside });
  const answer: { give: Give } = { give };
  const plane = createPlane({
    ids: makeIds('key'),
    report,
    hooks: [sink],
    open: async ({ key }): Promise<LoadedModel> => ({
      place: { ...place, key },
      spec: model,
      loaded: { ms: 1, sample_ms: 1 },
      ready: true,
      run: async (inputs) => answer.give(inputs.find(Boolean)?.shape[0] ?? 1, inputs),
      runJson: async ({ bytes }) => `{"got": ${bytes.length}}`,
      onCrash: () => () => undefined,
      close: async () => undefined,
    }),
  });
  t.after(() => plane.close());
  for (const key of ['m', 's']) plane.command({ type: 'load', place: { ...place, key } });
  await sleep(1);
  const records: Bench['records'] = (recording, more) => {
    const endpoint: TableEndpoint = {
      id: 'e1',
      workspace: 'default',
      name: 'e',
      revision: 3,
      serial: 11,
      variants: [
        { role: 'champion', percent: 100, model: 'm', version: 7, key: 'm' },
        ...(shadow ? [{ role: 'shadow' as const, percent: 100, model: 'm', version: 8, key: 's' }] : []),
      ],
      sticky: true,
      queue: { most: 1000, deadline: 10_000 },
      strict: false,
      ...(recording === undefined ? {} : { records: recording }),
      ...more,
    };
    plane.command({ type: 'table', sequence: 1, endpoints: [endpoint], keep: [] });
  };
  records('all');
  return {
    folder,
    reports,
    sink,
    records,
    answer,
    clock,
    ask: (question) =>
      new Promise((resolve, reject) =>
        plane.predict(
          { workspace: 'default', endpoint: 'e', inputs: questionOf(1), ...question },
          (error, answered) => (answered ? resolve(answered) : reject(error!)),
        ),
      ),
    askJson: (text) =>
      new Promise((resolve, reject) =>
        plane.predictJson(
          { workspace: 'default', endpoint: 'e', body: { media: 'json', bytes: Buffer.from(text) } },
          (error, answered) => (answered ? resolve(answered.body) : reject(error!)),
        ),
      ),
    lost() {
      plane.command({ type: 'tell', id: 1, about: { what: 'metrics', workspace: 'default' } });
      const found: Record<string, number> = {};
      for (const one of reports)
        for (const { records } of one.type === 'stats' ? one.variants : [])
          for (const [reason, value] of Object.entries(records?.lost ?? {}))
            if (value > 0) found[reason] = (found[reason] ?? 0) + value;
      return found;
    },
    async rows(columns = '*') {
      // What is begun is old enough to be written, and is written however long it takes: an end is not so patient.
      clock.now += 600_000;
      sink.sweep();
      await sink.show('e1');
      await sink.close();
      return rowsIn(folder, columns);
    },
  };
}

/** Rows of all segments, as DuckDB reads them. */
async function rowsIn(folder: string, columns: string): Promise<Array<Record<string, unknown>>> {
  const duck = await DuckDBInstance.create(':memory:');
  const connection = await duck.connect();
  const read = await connection.runAndReadAll(
    `select ${columns} from read_parquet('${folder}/*/*.parquet', union_by_name = true) order by prediction, "row"`,
  );
  const found = read.getRowObjectsJson();
  connection.closeSync();
  return found;
}

const bytesIn = (file: string): ArrayBuffer => Uint8Array.from(readFileSync(file)).buffer;

test('what was asked and answered lies in one file, every kind of value as it was', async (t) => {
  const { ask, rows, folder, reports } = await open(t);
  const before = Date.now();
  const first = await ask({ inputs: questionOf(3), key: 'user-1', params: { k: 2 } });
  const second = await ask({ inputs: questionOf(1, false) });
  const found = await rows();
  assert.equal(found.length, 4);
  const { in_wide: wide, at, ms, ...one } = found[0]!;
  assert.ok(Date.parse(String(at).replace(/\+00$/, 'Z')) >= before - 1, String(at));
  assert.ok(Number(ms) > 0 && Number(ms) < 10_000);
  assert.deepEqual(
    wide,
    Array.from({ length: 1100 }, (_, index) => index),
  );
  assert.deepEqual(one, {
    prediction: first.prediction,
    row: 0,
    key: 'user-1',
    params: '{"k":2}',
    shadow_of: null,
    revision: 3,
    role: 'primary',
    model: 'm',
    version: 7,
    in_real: 0.1,
    in_whole: '9007199254740993',
    in_word: 'größer 0',
    in_flag: false,
    in_half: 1.5,
    in_huge: '18446744073709551615',
    in_middle: 4_294_967_295,
    in_small: 0,
    out_label: 'später',
    'out_p[0]': 0,
    'out_p[1]': 0.25,
  });
  const part = (row: Record<string, unknown>, ...names: string[]): unknown[] =>
    names.map((name) => row[name]);
  assert.deepEqual(part(found[1]!, 'row', 'key', 'in_word', 'in_flag', 'in_small', 'out_label', 'out_p[1]'), [
    1,
    'user-1',
    null,
    true,
    -1,
    '{"a": 1}',
    0.75,
  ]);
  assert.deepEqual(part(found[2]!, 'row', 'in_whole', 'out_label'), [2, '9007199254740991', null]);
  assert.deepEqual(part(found[3]!, 'prediction', 'row', 'key', 'params', 'in_word'), [
    second.prediction,
    0,
    null,
    null,
    null,
  ]);
  const files = readdirSync(path.join(folder, 'e1'));
  assert.equal(files.length, 1);
  const name = readSegmentFile(files[0]!)!;
  assert.deepEqual([name.serial, name.role, name.predictions, name.rows], [11, 'champion', 2, 4]);
  assert.ok(name.from >= before && name.to >= name.from);
  const said = reports.flatMap((one) => (one.type === 'segment' ? [[one.endpoint, one.file]] : []));
  assert.deepEqual(said, [['e1', files[0]]]);
});

test('what is dropped is nowhere on disk, and of what is hashed equal values are told', async (t) => {
  const { ask, rows, records, sink, folder } = await open(t);
  records('all', {
    columns: {
      in_word: 'drop',
      in_wide: 'drop',
      in_whole: 'hash',
      in_flag: 'hash',
      in_half: 'hash',
      key: 'hash',
      params: 'drop',
    },
  });
  const of = { key: 'someone@example.com', params: { k: 424_242 } };
  await ask({ inputs: questionOf(2), ...of });
  await ask({ inputs: questionOf(1), ...of });
  sink.sweep();
  const hash = columnHash('key', 'default');
  const own = path.join(folder, 'e1');
  const bytes = (): Buffer =>
    Buffer.concat(
      (existsSync(own) ? readdirSync(own) : []).map((file) => readFileSync(path.join(own, file))),
    );
  // As it lies in the journal: uncompressed.
  await until('the journal is written', () => bytes().includes(hash(of.key)));
  for (const told of ['größer', of.key, String(of.params.k)]) assert.ok(!bytes().includes(told), told);
  const found = await rows('columns(*)');
  const [first, second, third] = found;
  assert.deepEqual(
    [Object.keys(first!).filter((name) => /word|wide/.test(name)), first!['params']],
    [[], null],
  );
  assert.deepEqual(
    ['key', 'in_whole', 'in_flag', 'in_half'].map((name) => first![name]),
    [hash(of.key), hash('9007199254740993'), hash('false'), hash('1.5')],
  );
  assert.match(String(first!['in_whole']), /^[0-9a-f]{32}$/);
  assert.equal(third!['in_whole'], first!['in_whole']);
  assert.notEqual(second!['in_whole'], first!['in_whole']);
  assert.equal(columnHash('key', 'other')(of.key) === hash(of.key), false, 'each workspace has its own key');
});

test('single precision is hashed as others would have written it, and what has no value has no hash', async (t) => {
  const model = { ...spec, inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1] }] };
  const { ask, rows, records } = await open(t, inline, { model });
  records('all', { columns: { in_x: 'hash' } });
  const data = Float32Array.of(0.1, 16_777_216, Number.NaN, -0, 3.4028234e38);
  await ask({ inputs: [{ name: 'x', datatype: 'FP32', shape: [5], data }] });
  const hash = columnHash('key', 'default');
  assert.deepEqual(
    (await rows('prediction, "row", in_x')).map(({ in_x: x }) => x),
    [hash('0.1'), hash('16777216'), null, hash('0'), hash('3.4028235e+38')],
  );
});

test('what came instead of named inputs holds all of them, and goes with the first that is dropped', async (t) => {
  const { askJson, rows, records } = await open(t, inline, { model: { ...spec, inputs: [] } });
  records('all', { columns: { in_email: 'drop' } });
  await askJson('{"email": "someone@example.com"}');
  const [row] = await rows();
  assert.deepEqual([row!['in_body'], row!['out_body']], [undefined, '{"got": 32}']);
});

test('a change holds for what is answered after it, also where it was asked before', async (t) => {
  const { ask, rows, records, answer } = await open(t);
  await ask();
  answer.give = (count, inputs) => {
    records('all', { columns: { in_word: 'drop' } });
    return give(count, inputs);
  };
  await ask();
  const words = (await rows('prediction, "row", in_word')).map(({ in_word: word }) => word);
  assert.deepEqual(words, ['größer 0', null]);
});

test('of a share, predictions are recorded whole, and shadows as what they copy', async (t) => {
  const { ask, rows, records, lost } = await open(t, inline, { shadow: true });
  records('all', { sample: 0.5 });
  const answered: string[] = [];
  for (let n = 0; n < 40; n++) answered.push((await ask({ inputs: questionOf(2) })).prediction);
  await until('the shadow has answered', () => new Promise((resolve) => setImmediate(resolve, true)));
  const share = answered.filter((id) => isSampled(id, 0.5));
  assert.ok(share.length > 5 && share.length < 35, `${share.length} of 40`);
  const found = await rows('prediction, "row", role, shadow_of');
  const of = (role: string, name: string): string[] =>
    found.filter((one) => one['role'] === role).map((one) => String(one[name]));
  const twice = share.flatMap((id) => [id, id]).toSorted();
  assert.deepEqual(of('primary', 'prediction').toSorted(), twice);
  assert.deepEqual(of('shadow', 'shadow_of').toSorted(), twice);
  assert.deepEqual(lost(), {}, 'what was not to be recorded was not lost');
});

test('the answer of a shadow names the answer that it copies, and the inputs lie there', async (t) => {
  const { ask, rows, sink } = await open(t, inline, { shadow: true });
  const { prediction } = await ask();
  await sleep(5);
  await sink.close();
  const found = await rows('prediction, role, shadow_of, in_real, out_label');
  assert.equal(found.length, 2);
  const primary = found.find(({ role }) => role === 'primary')!;
  const shadow = found.find(({ role }) => role === 'shadow')!;
  assert.deepEqual([primary['prediction'], primary['in_real']], [prediction, 0.1]);
  assert.deepEqual(
    [shadow['shadow_of'], shadow['in_real'], shadow['out_label']],
    [prediction, null, 'später'],
  );
});

test('an endpoint keeps all, outputs alone, or nothing, from the moment that it says so', async (t) => {
  const { ask, rows, records } = await open(t);
  const all = await ask({ key: 'me', params: { k: 1 } });
  records('outputs');
  const outputs = await ask({ key: 'me', params: { k: 1 } });
  records('none');
  await ask();
  records(undefined);
  await ask();
  const found = await rows('prediction, "key", params, in_real, out_label');
  assert.deepEqual(
    new Map(
      found.map((row) => [row['prediction'], [row['key'], row['params'], row['in_real'], row['out_label']]]),
    ),
    new Map([
      [all.prediction, ['me', '{"k":1}', 0.1, 'später']],
      [outputs.prediction, [null, null, null, 'später']],
    ]),
  );
});

test('a model that takes data of any form is kept as it came', async (t) => {
  const { askJson, rows } = await open(t, inline, { model: { ...spec, inputs: [], outputs: [] } });
  await askJson('{"question": "größe?"}');
  assert.deepEqual(await rows('in_body, out_body'), [
    { in_body: '{"question": "größe?"}', out_body: '{"got": 24}' },
  ]);
});

test('an answer whose rows are not those of the question is kept as a whole', async (t) => {
  const { ask, rows, answer } = await open(t);
  answer.give = () => [{ name: 'mean', datatype: 'FP64', shape: [1], data: Float64Array.of(0.5) }];
  await ask({ inputs: questionOf(2) });
  assert.deepEqual(await rows('"row", in_real, in_word, out_mean'), [
    { row: 0, in_real: [0.1, 1.1], in_word: '["größer 0",null]', out_mean: [0.5] },
  ]);
});

test('it holds no more than it may, never waits, and counts what it lets go', async (t) => {
  const stuck = { ...inline, convert: ({ done }: Ended) => done({ segment: undefined }), waiting: 0 };
  const large = (values: number): Tensor[] => [
    { name: 'x', datatype: 'FP32', shape: [1, values], data: new Float32Array(values) },
  ];
  const model = {
    ...spec,
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    outputs: [],
  } satisfies LoadedModel['spec'];
  const { ask, lost, answer, sink } = await open(t, stuck, { model });
  answer.give = () => [{ name: 'y', datatype: 'FP32', shape: [1], data: new Float32Array(1) }];
  await ask({ inputs: large(1_100_000) });
  assert.deepEqual(lost(), { large: 1 });
  // All at once: none of them is on disk before the last has its answer.
  await Promise.all(Array.from({ length: 100 }, () => ask({ inputs: large(250_000) })));
  const { full = 0 } = lost();
  assert.ok(full >= 30 && full <= 40, `${full} of 100 MB did not fit into 64 MiB`);
  await sink.show('e1');
  await ask({ inputs: large(250_000) });
  assert.deepEqual(lost(), { large: 1, full });
  stuck.waiting = 1024 ** 3 + 1;
  await ask({ inputs: large(250_000) });
  assert.deepEqual(lost(), { large: 1, full: full + 1 }, 'journals take no more than a GiB');
});

test('what a process that was killed left in its journal becomes the same segment, however often', async (t) => {
  const kept = { ...inline, convert: () => undefined };
  const { ask, folder, sink, lost } = await open(t, kept);
  const asked = [await ask({ inputs: questionOf(3), key: 'user-1' }), await ask()];
  sink.sweep(); // as every few seconds
  await ask();
  const own = path.join(folder, 'e1');
  const journal = await until('what was asked is in it', () => {
    const [name] = existsSync(own) ? readdirSync(own) : [];
    const file = name !== undefined && journalOf(name) !== undefined && path.join(own, name);
    return file && readJournal(bytesIn(file))?.blocks.length === 2 && file;
  });
  const whole = readFileSync(journal);
  writeFileSync(journal, Buffer.concat([whole, whole.subarray(0, 100)]));
  const first = convert(journal)!;
  assert.deepEqual(readdirSync(path.join(folder, 'e1')), [first.file]);
  const { predictions, rows } = readSegmentFile(first.file)!;
  assert.deepEqual([predictions, rows], [2, 4], 'what was written, and not what was begun');
  const found = await rowsIn(folder, 'prediction, "key", in_real, in_word, out_label');
  assert.deepEqual(
    found.map(({ prediction, key }) => [prediction, key]),
    [...Array.from({ length: 3 }, () => [asked[0]!.prediction, 'user-1']), [asked[1]!.prediction, null]],
  );
  const bytes = readFileSync(path.join(folder, 'e1', first.file));
  writeFileSync(journal, whole);
  assert.deepEqual(convert(journal), first);
  assert.deepEqual(readFileSync(path.join(folder, 'e1', first.file)), bytes);
  // Of the second block a part never came to disk.
  writeFileSync(journal, whole.with(whole.length - 9, whole.at(-9)! ^ 1));
  assert.equal(readSegmentFile(convert(journal)!.file)!.predictions, 1);
  writeFileSync(journal, whole.subarray(0, 20));
  assert.equal(convert(journal), undefined);
  assert.deepEqual(lost(), {});
});

test('a folder that cannot be written costs records and nothing else, and is complained of once', async (t) => {
  const { ask, lost, reports, folder, sink, records } = await open(t);
  writeFileSync(folder, 'a file where the folder should be');
  for (let index = 0; index < 3; index++) {
    records(index % 2 === 0 ? 'all' : 'outputs'); // each needs a file of its own
    await ask();
  }
  await sink.close();
  assert.deepEqual(lost(), { failed: 3 });
  assert.equal(reports.filter(({ type }) => type === 'log').length, 1);
  assert.equal(reports.filter(({ type }) => type === 'segment').length, 0);
});

test('answers that keep changing their form make no flood of files', async (t) => {
  const { ask, lost, answer, rows, clock } = await open(t);
  for (let index = 0; index < 10; index++) {
    if (index === 6) clock.now += 1_000; // long enough for another file
    answer.give = () => [{ name: `y${index % 2}`, datatype: 'FP32', shape: [1], data: new Float32Array(1) }];
    await ask();
  }
  assert.deepEqual(lost(), { form: 4 });
  assert.equal((await rows('prediction')).length, 6);
});

test('whoever looks finds what was answered, and looking again at once makes no file', async (t) => {
  const { ask, sink, folder, reports, clock } = await open(t, convertAside());
  // Beside them another thread may still write what it was overtaken with.
  const files = (): string[] =>
    readdirSync(path.join(folder, 'e1')).filter((file) => file.endsWith('.parquet'));
  await ask();
  await sink.show('another');
  assert.equal(reports.filter(({ type }) => type === 'segment').length, 0);
  await sink.show('e1');
  assert.equal(reports.filter(({ type }) => type === 'segment').length, 1, 'said before it is shown');
  await ask();
  await sink.show('e1');
  assert.equal(files().length, 1);
  clock.now += 1000;
  await sink.show('e1', 2000);
  assert.equal(files().length, 1, 'what was answered so long ago is there');
  await sink.show('e1', 500);
  assert.equal(files().length, 2, 'but not what came since somebody looked');
  await ask();
  clock.now += 10_000;
  await sink.show('e1');
  assert.equal(files().length, 3);
  await sink.close();
});

test('a thread writes it as well', async (t) => {
  const { ask, rows, folder, sink, clock } = await open(t, convertAside());
  for (let index = 0; index < 50; index++) await ask({ inputs: questionOf(2) });
  clock.now += 600_000;
  sink.sweep();
  for (let index = 0; index < 50; index++) await ask({ inputs: questionOf(2) });
  const [counted] = await rows('count(*) over () as n, prediction, "row"');
  assert.equal(Number(counted?.['n']), 200);
  assert.equal(readdirSync(path.join(folder, 'e1')).filter((file) => file.endsWith('.parquet')).length, 2);
  assert.deepEqual(readdirSync(path.join(folder, 'e1')).filter(journalOf), []);
});
