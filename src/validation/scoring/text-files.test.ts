import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import type { Datatype, ModelSpec, TensorSpec } from '../../runtimes/index.ts';
import { tableFormat, type TableFile } from '../../tables/index.ts';
import { answersText, collect } from './answers.ts';
import { planFeed } from './inputs.ts';
import { readLabel } from './label.ts';
import { keyOf } from './read-table.ts';
import { openHere } from './table.suite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-text-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
function file(ending: string, lines: readonly string[]): TableFile {
  const name = `${made++}.${ending}`;
  writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`);
  return { file: path.join(folder, name), shown: name, format: tableFormat(name)! };
}
const input = (name: string, datatype: Datatype, column: string): TensorSpec => ({
  name,
  datatype,
  column,
  shape: [-1],
});
const spec = (...inputs: TensorSpec[]): ModelSpec => ({
  platform: 'onnxruntime_onnx',
  inputs,
  outputs: [],
  params: [],
  batchable: true,
});

/** What a model with these inputs is given of the rows of a file. */
async function given(source: TableFile, ...inputs: TensorSpec[]): Promise<unknown[]> {
  const table = await openHere([source]);
  const feed = planFeed(spec(...inputs), table, { label: 'y', besides: new Set(), who: 'm version 1' });
  const columns = await table.read(feed.columns);
  return feed.slice(columns, 0, table.rows).map((tensor) => [...tensor!.data]);
}

test('what a signature calls a string is the very characters of the file', async () => {
  const texts: Record<string, string[]> = {
    dates: ['2024-01-05', '2024-01-06'],
    moments: ['2024-01-05 10:00:00', '2024-01-06 10:00:00'],
    zoned: ['2024-01-05T10:00:00Z', '2024-01-05T10:00:00Z'],
    other_dates: ['01/02/2024', '03/04/2024'],
    times: ['10:00:00', '23:59:59'],
    zips: ['00501', '10001'],
    digits: ['501', '10001'],
    prices: ['1.50', '2'],
    exponents: ['1e5', '100000'],
    large: ['9007199254740993', '1'],
    truth: ['True', 'False'],
    nothing: ['NA', 'null'],
    quoted: ['""', '"x"'],
  };
  const names = Object.keys(texts);
  const rows = [0, 1].map((i) => names.map((name) => texts[name]![i]).join(','));
  const found = await given(
    file('csv', [names.join(','), ...rows]),
    ...names.map((name) => input(name, 'BYTES', 'string')),
  );
  assert.deepEqual(
    found,
    names.map((name) => texts[name]!.map((text) => text.replaceAll('"', ''))),
  );
  // JSON tells texts from numbers itself.
  const lines = texts['dates']!.map((d) => JSON.stringify({ d, n: 1 }));
  assert.deepEqual(await given(file('jsonl', lines), input('d', 'BYTES', 'string')), [texts['dates']]);
  await assert.rejects(
    given(file('jsonl', lines), input('n', 'BYTES', 'string')),
    /'n' holds BIGINT, and m version 1 takes string/,
  );
  await assert.rejects(
    given(file('csv', ['s,t', 'a,1', ',1']), input('s', 'BYTES', 'string')),
    /'s' has no value in 1 row/,
  );
  await assert.rejects(
    given(file('csv', ['s,t', '1,1', ',1']), input('s', 'BYTES', 'string')),
    /'s' has no value in 1 row/,
  );
});

test('what a signature calls a number is parsed by one rule, whatever else the column looks like', async () => {
  const source = file('csv', ['a,b,c', '007,1,True', '+1.5,NA, 2', '.5,,x', '1e3,null,y', ' 2 ,-inf,z']);
  const [a, b] = await given(source, input('a', 'FP64', 'double'), input('b', 'FP64', 'double'));
  assert.deepEqual(a, [7, 1.5, 0.5, 1000, 2]);
  assert.deepEqual(b, [1, NaN, NaN, NaN, -Infinity]);
  await assert.rejects(
    given(source, input('c', 'FP64', 'double')),
    /column 'c' holds 'True' at row 0, which is not a number/,
  );
  await assert.rejects(given(source, input('b', 'INT64', 'long')), /'b' has no value in 1 row/);
  for (const odd of ['1_000', '0x10', '1,5', '1 000', '1e', '--1'])
    await assert.rejects(
      given(file('csv', ['a;b', `${odd};1`]), input('a', 'FP64', 'double')),
      /which is not a number/,
      odd,
    );
  await assert.rejects(
    given(file('csv', ['a', '09007199254740993', '1']), input('a', 'INT64', 'long')),
    /beyond 2\^53/,
  );
  const flags = file('csv', ['f,g', 'true,1', 'False,0']);
  assert.deepEqual(await given(flags, input('f', 'BOOL', 'boolean')), [[1, 0]]);
  await assert.rejects(given(flags, input('g', 'BOOL', 'boolean')), /'g' holds BIGINT/);
});

test('what a signature calls a datetime is ISO 8601, and a zone is meant in UTC', async () => {
  const when = [
    '2024-01-05',
    '2024-01-05 10:00',
    '2024-01-05T10:00:00.5',
    '2024-01-05T10:00:00+02:00',
    '2024-01-05T23:30:00.123456789-0130',
  ];
  const expected = [
    '2024-01-05',
    '2024-01-05T10:00:00.000000',
    '2024-01-05T10:00:00.500000',
    '2024-01-05T08:00:00.000000',
    '2024-01-06T01:00:00.123456',
  ];
  const wanted = input('t', 'BYTES', 'datetime');
  assert.deepEqual(await given(file('csv', ['t,b', ...when.map((one) => `${one},1`)]), wanted), [expected]);
  assert.deepEqual(
    await given(
      file(
        'jsonl',
        when.map((t) => JSON.stringify({ t })),
      ),
      wanted,
    ),
    [expected],
  );
  // Cells that are all alike have a type, and say the same.
  assert.deepEqual(await given(file('csv', ['t,b', '2024-01-05 10:00,1']), wanted), [[expected[1]]]);
  for (const odd of ['01/02/2024', '2024-02-30', '10:00', '5'])
    await assert.rejects(
      given(file('csv', ['t,b', `${odd},1`, 'x,1']), wanted),
      /at row \d, which is not an ISO 8601/,
      odd,
    );
});

test('classes that a model answers as text are those of the file; 01 and 1.0 are the class 1', async () => {
  const cases: ReadonlyArray<[labels: string[], answers: ReadonlyArray<string | bigint>, classes: string[]]> =
    [
      [
        ['01', '02', '01'],
        ['01', '02', '01'],
        ['01', '02'],
      ],
      [
        ['01', '02', '01'],
        [1n, 2n, 1n],
        ['01', '02'],
      ],
      [
        ['1.0', '0.0', '1.0'],
        ['1.0', '0.0', '1.0'],
        ['0.0', '1.0'],
      ],
      [
        ['1.0', '0.0', '1.0'],
        [1n, 0n, 1n],
        ['0', '1'],
      ],
      [
        ['True', 'False', 'True'],
        ['True', 'False', 'True'],
        ['False', 'True'],
      ],
      [
        ['True', 'False', 'True'],
        [1n, 0n, 1n],
        ['false', 'true'],
      ],
      [
        ['2024-01-01', '2024-01-02', '2024-01-01'],
        ['2024-01-01', '2024-01-02', '2024-01-01'],
        ['2024-01-01', '2024-01-02'],
      ],
    ];
  for (const [labels, said, classes] of cases) {
    const text = typeof said[0] === 'string';
    const outputs = [
      { name: 'label', datatype: text ? ('BYTES' as const) : ('INT64' as const), shape: [-1] },
    ];
    const table = await openHere([file('csv', ['y,x', ...labels.map((label) => `${label},1`)])]);
    assert.equal(answersText(outputs), text);
    const key = keyOf('y', text ? 'text' : 'value');
    const label = readLabel((await table.read([key])).get(key)!, { task: 'multiclass', classes: true });
    assert.ok(label.task === 'multiclass');
    assert.deepEqual(label.classes, classes);
    const collector = collect(3, label, undefined, 'm');
    const data = text ? (said as string[]) : BigInt64Array.from(said as bigint[]);
    collector.add([{ ...outputs[0]!, shape: [3], data }], 0, 3);
    const answers = collector.answers();
    assert.ok(answers.task === 'multiclass');
    assert.deepEqual([...answers.said], [...label.codes], `${labels.join()} as ${said.join()}`);
  }
});
