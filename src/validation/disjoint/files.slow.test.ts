// What is no table: compared by its bytes, stood for, excused, or named as not compared. Nothing is passed over in silence.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Transformer } from '@napi-rs/image';
import { openDataHouse, type DataHouse } from '../../../test/data-house.ts';
import { commitVersion } from '../../data/index.ts';
import { createProcesses, type Processes } from '../../platform/processes/index.ts';
import type { Proof } from '../contract.ts';
import { migrations } from '../schema.ts';
import { resolveGateData } from '../data/gate-data.ts';
import { splitTables, type TableSource } from '../data/table-source.ts';
import { openTables, type Tables } from '../../tables/index.ts';
import { picture, png } from '../pixels/images.suite.ts';
import { names } from './excuse.ts';
import { proveDisjoint, type Claim } from './prove.ts';

let server: DataHouse;
let processes: Processes;
let tables: Tables;
before(async () => {
  server = await openDataHouse({ migrations });
  processes = createProcesses();
  tables = openTables(processes);
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
});

async function commit(dataset: string, files: Record<string, string | Buffer>): Promise<void> {
  const infos = await server.ctx.blobs.putMany(
    Object.values(files).map((text) => ({ bytes: typeof text === 'string' ? Buffer.from(text) : text })),
  );
  await commitVersion(server.ctx, {
    dataset,
    files: Object.keys(files).map((path, i) => ({ path, ...infos[i]! })),
    allow: ['empty', 'broken'],
  });
}

/** What training read: all files of a version, as the walk over the lineage hands them on. */
async function read(dataset: string, files: Record<string, string | Buffer>): Promise<TableSource> {
  const infos = await server.ctx.blobs.putMany(
    Object.values(files).map((text) => ({ bytes: typeof text === 'string' ? Buffer.from(text) : text })),
  );
  const { tables: some, ...rest } = splitTables(
    Object.keys(files).map((path, i) => ({ path, ...infos[i]! })),
  );
  return { ref: `dataset_version:${dataset}`, label: `${dataset}@v1`, files: some, ...rest };
}

const gateOf = (ref: string) => resolveGateData(server.ctx, { kind: 'dataset', ref });
const prove = (claim: Omit<Claim, 'unread'>): Promise<Proof> =>
  proveDisjoint(server.ctx, tables, { unread: [], ...claim });

const rows = (from: number, to: number): string =>
  `id,x,late\n${Array.from({ length: to - from }, (_, i) => `${from + i},${((from + i) * 7919) % 1009}.5,${(from + i) % 2}\n`).join('')}`;
const by = ({ coverage }: Proof): string[] =>
  coverage!.map(
    (one) => `${one.files.join(' ')}: ${one.by}${one.excuse === undefined ? '' : ` (${one.excuse})`}`,
  );

test('files beside a table are named, and decide unless the gate excuses them', async () => {
  await commit('beside-gate', { 'holdout.csv': rows(5000, 5100) });
  const gate = await gateOf('beside-gate');
  const others = {
    'more.data': '1,2,3\n',
    'notes.txt': '5000,1.5,0\n',
    'arrays/x.npy': 'x',
    'pack.zip': 'PK',
    'img/1.png': 'one',
    'img/2.png': 'two',
  };
  const train = await read('beside', { 'train.csv': rows(0, 400), 'README.md': 'words', ...others });
  const open = await prove({ gate, against: [train] });
  assert.equal(open.verdict, 'inconclusive');
  assert.deepEqual(by(open), [
    'train.csv: rows',
    'more.data arrays/x.npy pack.zip: nothing',
    'notes.txt: nothing',
    'img/1.png img/2.png: nothing',
    'README.md: aside',
  ]);
  assert.match(
    open.summary,
    /^3 things that its lineage read were not compared: more\.data, arrays\/x\.npy, pack\.zip of beside@v1: it cannot be read as a table .*say with excuse: in the gate why/,
  );
  assert.equal(open.unread.length, 3);
  assert.deepEqual(
    open.coverage!.reduce((sum, { file_count }) => sum + file_count, 0),
    8,
    'every file once',
  );
  const some = await prove({ gate, against: [train], excuse: [{ path: '*.txt', reason: 'only notes' }] });
  assert.equal(some.verdict, 'inconclusive', 'one excuse is not for the others');
  const passed = await prove({
    gate,
    against: [train],
    excuse: [
      { path: '*.txt', reason: 'only notes' },
      { path: '**/*.{npy}', reason: 'braces are no pattern here' },
      { path: 'arrays/**', reason: 'weights of a word list' },
      { path: 'beside@v1:more.data', reason: 'a checksum' },
      { path: '*.zip', reason: 'the paper' },
      { path: 'img/?.png', reason: 'figures of the paper' },
    ],
  });
  assert.equal(passed.verdict, 'pass', passed.summary);
  assert.deepEqual(by(passed), [
    'train.csv: rows',
    'more.data: excused (a checksum)',
    'notes.txt: excused (only notes)',
    'arrays/x.npy: excused (weights of a word list)',
    'pack.zip: excused (the paper)',
    'img/1.png img/2.png: excused (figures of the paper)',
    'README.md: aside',
  ]);
  assert.match(passed.summary, /^None of 100 rows of beside-gate@v1 .* 400 rows of beside@v1 \(train\.csv\)/);
  assert.match(passed.summary, /more\.data of beside@v1 was not compared, as the gate allows: “a checksum”/);
  assert.deepEqual(passed.warnings, ["The excuse for '**/*.{npy}' fits nothing that was left uncompared"]);
  const leaky = await read('leaky', { 'train.csv': rows(4990, 5010), 'notes.txt': 'n' });
  const failed = await prove({ gate, against: [leaky], excuse: [{ path: '**', reason: 'all of it' }] });
  assert.equal(failed.verdict, 'fail', 'an excuse is for what cannot be compared, and nothing else');
  const only = await read('only', { 'weights.npz': 'w' });
  const nothing = await prove({ gate, against: [only], excuse: [{ path: '**', reason: 'all of it' }] });
  assert.equal(nothing.verdict, 'inconclusive', 'where all is excused nothing is proven');
});

test('what a step wrote stands for what it read, unless it is excused', async () => {
  await commit('origin-gate', { 'holdout.csv': rows(5000, 5100) });
  const gate = await gateOf('origin-gate');
  const made = await read('made', { 'train.csv': rows(0, 400), 'log.txt': 'done', 'w.npz': 'weights' });
  const raw = await read('raw', { 'all.csv': rows(0, 5100) });
  const against = [
    { ...made, origin: true },
    { ...raw, within: made.label },
  ];
  const open = await prove({ gate, against });
  assert.equal(open.verdict, 'inconclusive');
  assert.match(open.summary, /^100 rows are in raw@v1, from which made@v1 was made/);
  assert.deepEqual(by(open), ['train.csv: rows', 'log.txt w.npz: origin', 'all.csv: rows']);
  const log = { path: '*.txt', reason: 'what it printed' };
  const some = await prove({ gate, against, excuse: [log] });
  assert.deepEqual([some.verdict, by(some)[2]], ['inconclusive', 'w.npz: origin']);
  const passed = await prove({ gate, against, excuse: [log, { path: 'w.npz', reason: 'a word list' }] });
  assert.equal(passed.verdict, 'pass', passed.summary);
  assert.deepEqual(by(passed), [
    'train.csv: rows',
    'log.txt: excused (what it printed)',
    'w.npz: excused (a word list)',
  ]);
});

test('JSON beside a table: its rows are compared, settings stand aside, lists of other things are named', async () => {
  await commit('json-gate', { 'holdout.csv': rows(5000, 5100) });
  const gate = await gateOf('json-gate');
  const array = JSON.stringify([
    { id: 5007, x: ((5007 * 7919) % 1009) + 0.5, late: 1 },
    { id: 9, x: 1.5, late: 0 },
  ]);
  const train = await read('json', {
    'train.csv': rows(0, 400),
    'extra.json': array,
    'settings.json': '{"depth": 3, "names": ["a", "b"]}',
  });
  const failed = await prove({ gate, against: [train] });
  assert.equal(failed.verdict, 'fail');
  assert.match(failed.summary, /^1 row of 100 .* 1 in json@v1: extra\.json\)/);
  const nested = await read('nested', {
    'train.csv': rows(0, 400),
    'coco.json': '{"info": "x", "images": [{"file": "a.png"}, {"file": "b.png"}]}',
    'pandas.json': '{"id": {"0": 1, "1": 2}, "late": {"0": 1, "1": 0}}',
    'labels.json': '["early", "late"]',
    'broken.json': '{"a": ',
    'settings.json': '{"depth": 3}',
  });
  const open = await prove({ gate, against: [nested] });
  assert.equal(open.verdict, 'inconclusive');
  assert.deepEqual(open.coverage!.map(({ files, by: how }) => `${files.join(' ')}: ${how}`).toSorted(), [
    'broken.json: nothing',
    'coco.json: nothing',
    'labels.json: nothing',
    'pandas.json: nothing',
    'settings.json: aside',
    'train.csv: rows',
  ]);
});

test('pictures are compared by their bytes and pixels, and joined to the rows that name them', async () => {
  const labels = (folder: string, from: number, to: number, path = (i: number) => `${folder}${i}.png`) =>
    `file,label\n${Array.from({ length: to - from }, (_, i) => `${path(from + i)},${(from + i) % 3}\n`).join('')}`;
  const pictures = (folder: string, from: number, to: number, first = from) =>
    Object.fromEntries(
      Array.from({ length: to - from }, (_, i) => [`${folder}${from + i}.png`, png(picture(first + i))]),
    );
  await commit('pics-gate', {
    'test/labels.csv': labels('', 0, 40),
    ...pictures('test/', 0, 40, 1000),
  });
  const gate = await gateOf('pics-gate@v1:test/labels.csv');
  const whole = await gateOf('pics-gate');
  // The same names, other pictures: rows that look alike are others.
  const clean = await read('pics', { 'labels.csv': labels('', 0, 400), ...pictures('', 0, 400) });
  for (const data of [gate, whole]) {
    const passed = await prove({ gate: data, against: [clean] });
    assert.equal(passed.verdict, 'pass', passed.summary);
    assert.equal(passed.overlapping_rows, 0);
    assert.match(
      passed.summary,
      /none of 40 files that 40 of the rows name in 'file' is, byte for byte or pixel for pixel, one of 400 files of pics@v1/,
    );
    assert.deepEqual(
      by(passed).map((text) => text.split(': ')[1]),
      ['rows', 'pixels'],
    );
  }
  // Three of the gate's pictures under other names.
  const leaky = await read('pics-leaky', {
    'labels.csv': labels('', 400, 800),
    ...pictures('', 400, 800),
    ...pictures('extra/', 0, 3, 1020),
  });
  for (const data of [gate, whole]) {
    const failed = await prove({ gate: data, against: [leaky] });
    assert.equal(failed.verdict, 'fail');
    assert.equal(failed.overlapping_rows, 3);
    assert.deepEqual(
      failed.overlaps.map(({ gate_row }) => gate_row),
      [20, 21, 22],
    );
    assert.match(
      failed.summary,
      /^3 rows of 40 .* name files in 'file' that training read, byte for byte \(3 files in pics-leaky@v1\)/,
    );
    assert.equal(failed.coverage!.find(({ by: how }) => how === 'pixels')!.found, 3);
  }
  // Rows may write a path otherwise: without its ending, or from elsewhere.
  for (const [name, path] of [
    ['stems', (i: number) => String(i).padStart(1)],
    ['roots', (i: number) => `/home/me/data/${i}.png`],
    ['windows', (i: number) => `.\\test\\${i}.png`],
  ] as const) {
    await commit(`pics-${name}`, {
      'test/labels.csv': labels('', 0, 40, path),
      ...pictures('test/', 0, 40, 1000),
    });
    const failed = await prove({ gate: await gateOf(`pics-${name}`), against: [leaky] });
    assert.equal(failed.overlapping_rows, 3, name);
  }
  // No row names them: what lies in the gate's data was read all the same.
  await commit('pics-unnamed', { 'rows.csv': rows(5000, 5040), ...pictures('test/', 0, 40, 1000) });
  const unnamed = await prove({ gate: await gateOf('pics-unnamed'), against: [leaky] });
  assert.equal(unnamed.verdict, 'fail');
  assert.match(unnamed.summary, /^3 files beside the rows that the model is judged on were read/);
});

test('an image that was saved again is found by its pixels, with the row that names it', async () => {
  const labels = Array.from({ length: 30 }, (_, i) => `img/${i}.png,${i % 2}\n`).join('');
  const gatePictures = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`test/img/${i}.png`, png(picture(2000 + i))]),
  );
  await commit('again-gate', { 'test/labels.csv': `file,label\n${labels}`, ...gatePictures });
  const gate = await gateOf('again-gate');
  const others = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`raw/${i}.png`, png(picture(3000 + i))]),
  );
  const stages: string[] = [];
  const said = (against: TableSource[], more: Partial<Claim> = {}): Promise<Proof> =>
    proveDisjoint(server.ctx, tables, { gate, against, unread: [], ...more }, (text) => stages.push(text));
  const clean = await read('again', others);
  const passed = await said([clean]);
  assert.equal(passed.verdict, 'pass', passed.summary);
  assert.equal(passed.same_files, undefined);
  assert.deepEqual(
    stages.filter((text) => text.startsWith('decoding')),
    ['decoding images: 0 of 60'],
  );
  const leaky = await read('again-leaky', {
    ...others,
    'raw/a.webp': await new Transformer(gatePictures['test/img/7.png']!).webpLossless(),
    'raw/b.png': png(picture(2012), { filter: 1, text: 'mine' }),
    'raw/c.png': png(picture(2003)),
  });
  const failed = await said([leaky]);
  assert.equal(failed.verdict, 'fail');
  assert.match(
    failed.summary,
    /^3 rows of 30 .* name files in 'file' that training read, byte for byte or pixel for pixel \(3 files in again-leaky@v1; test\/img\/7\.png, which row 7 names, has the pixels of raw\/a\.webp\)/,
  );
  assert.deepEqual(
    failed.same_files!.map(({ gate_row, gate_file, training_file, by: how, label }) => [
      gate_row,
      gate_file,
      training_file,
      how,
      label,
    ]),
    [
      [3, 'test/img/3.png', 'raw/c.png', 'digest', 'again-leaky@v1'],
      [7, 'test/img/7.png', 'raw/a.webp', 'pixels', 'again-leaky@v1'],
      [12, 'test/img/12.png', 'raw/b.png', 'pixels', 'again-leaky@v1'],
    ],
  );
  assert.deepEqual(
    failed.overlaps.map(({ gate_row, values }) => [gate_row, values['file'], values['label']]),
    [
      [3, 'img/3.png', '1'],
      [7, 'img/7.png', '1'],
      [12, 'img/12.png', '0'],
    ],
  );
  assert.deepEqual(
    failed.coverage!.map(({ by: how, file_count, found }) => [how, file_count, found]),
    [['pixels', 33, 3]],
  );
  // What was decoded once is known: only the two new ones were.
  assert.deepEqual(stages.filter((text) => text.startsWith('decoding')).slice(1), [
    'decoding images: 0 of 2',
  ]);
  // Before them, the same images in an order that no row names: they lie beside the rows.
  await commit('again-unnamed', { 'rows.csv': rows(5000, 5040), ...gatePictures });
  const unnamed = await prove({ gate: await gateOf('again-unnamed'), against: [leaky] });
  assert.equal(unnamed.verdict, 'fail');
  assert.match(
    unnamed.summary,
    /^3 files beside the rows .* byte for byte or pixel for pixel \(.*; test\/img\/\d+\.png has the pixels of raw\//,
  );
});

test('an image that does not decode is named, and decides unless the gate excuses it', async () => {
  const labels = Array.from({ length: 20 }, (_, i) => `${i}.png,${i % 2}\n`).join('');
  const own = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.png`, png(picture(i))]));
  await commit('broken-gate', { 'labels.csv': `file,label\n${labels}`, ...own });
  const broken = png(picture(500)).subarray(0, 60);
  const train = await read('broken', {
    '0.png': png(picture(100)),
    'bad.png': broken,
    'drawing.svg': '<svg/>',
  });
  const gate = await gateOf('broken-gate');
  const open = await prove({ gate, against: [train] });
  assert.equal(open.verdict, 'inconclusive');
  assert.match(open.summary, /bad\.png of broken@v1: its pixels cannot be compared: it cannot be decoded: /);
  assert.deepEqual(by(open), ['0.png: pixels', 'bad.png: nothing', 'drawing.svg: digest']);
  const excuse = [{ path: 'bad.png', reason: 'a download that broke off' }];
  const passed = await prove({ gate, against: [train], excuse });
  assert.equal(passed.verdict, 'pass', passed.summary);
  assert.match(passed.summary, /bad\.png of broken@v1 was not compared, as the gate allows/);
  // The same on the side of what is judged; the same bytes on both sides are the same image all the same.
  await commit('broken-judged', { 'labels.csv': `file,label\n${labels}`, ...own, '4.png': broken });
  const judged = await gateOf('broken-judged');
  const clean = await read('whole', { '0.png': png(picture(100)) });
  const side = await prove({ gate: judged, against: [clean] });
  assert.equal(side.verdict, 'inconclusive');
  assert.match(side.summary, /4\.png of broken-judged@v1: it is judged, and its pixels cannot be compared/);
  const leaky = await prove({ gate: judged, against: [train] });
  assert.equal(leaky.verdict, 'fail');
  assert.deepEqual(
    leaky.same_files!.map(({ gate_file, training_file, by: how }) => [gate_file, training_file, how]),
    [['4.png', 'bad.png', 'digest']],
  );
});

test('a pattern names files', () => {
  const cases: ReadonlyArray<[string, string, boolean]> = [
    ['*.txt', 'a.txt', true],
    ['*.txt', 'docs/deep/a.txt', true],
    ['*.txt', 'a.txt.gz', false],
    ['docs/*', 'docs/a', true],
    ['docs/*', 'docs/a/b', false],
    ['docs/**', 'docs/a/b', true],
    ['**/b', 'b', true],
    ['**/b', 'a/c/b', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['?.png', '1.png', true],
    ['?.png', '10.png', false],
    ['a*b*c', 'aXbXXbc', true],
    ['a*b*c', 'aXbXX', false],
    ['*', 'any', true],
    ['**', 'a/b', true],
    ['', 'a', false],
    ['./a', 'a', true],
    ['[a]', 'a', false],
  ];
  for (const [pattern, path, is] of cases) assert.equal(names(pattern, path), is, `${pattern} ${path}`);
  // A pattern that others take exponential time for.
  assert.equal(names('*a'.repeat(200), 'a'.repeat(400) + 'b'), false);
  assert.equal(names('**/*a'.repeat(100), 'a/'.repeat(250) + 'b'), false);
});
