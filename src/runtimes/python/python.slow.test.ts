import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { packagedModels, placeOf } from '../../../test/packaged-models.ts';
import { until } from '../../../test/until.ts';
import { createLog, silentLog } from '../../platform/log/index.ts';
import { createProcesses } from '../../platform/processes/index.ts';
import {
  Json,
  openModel,
  type Body,
  type HostCrash,
  type LoadedModel,
  type ModelPlace,
  type Tensor,
} from '../index.ts';
import { agree } from '../spec/agree.ts';
import { joinRows, sliceRows } from '../spec/element.ts';

const processes = createProcesses();
after(() => processes.close());
const folders = await packagedModels(
  'sklearn-proba',
  'custom-echo',
  'custom-params',
  'custom-json',
  'custom-batch',
  'custom-kinds',
  'loads-sleeps',
  'loads-dies',
  'loads-raises',
);
const WHOLE = process.env['TREADLE_TEST_WHOLE'] === '1';
/** After each an interpreter wakes up, which takes a second. */
const KILLS = WHOLE ? 4 : 2;
const open = (place: ModelPlace, log = silentLog): Promise<LoadedModel> =>
  openModel(place, { processes, log });

const words = (...list: string[]): Tensor[] => [
  { name: 'word', datatype: 'BYTES', shape: [list.length], data: list },
  {
    name: 'number',
    datatype: 'FP64',
    shape: [list.length],
    data: Float64Array.from(list, (_, i) => i + 0.5),
  },
  { name: 'when', datatype: 'BYTES', shape: [list.length], data: list.map(() => '2001-02-03T04:05:06') },
];

const lines: string[] = [];
const log = createLog('debug', (line) => void lines.push(line));
/** Asked first, and ended again and again afterwards. */
const echo = disposable(await open(placeOf(folders['custom-echo'], { memory: 700 << 20 }), log));
after(() => echo.close());

test('a DataFrame model gets one frame of the right types a batch, and answers as tensors', async () => {
  const model = echo;
  const { sample, batching, ...spec } = model.spec;
  assert.deepEqual(spec, {
    platform: 'mlflow_pyfunc',
    inputs: [
      { name: 'word', datatype: 'BYTES', shape: [-1], column: 'string' },
      { name: 'number', datatype: 'FP64', shape: [-1], column: 'double', optional: true },
      { name: 'when', datatype: 'BYTES', shape: [-1], column: 'datetime' },
    ],
    outputs: [
      { name: 'seen', datatype: 'BYTES', shape: [-1] },
      { name: 'length', datatype: 'INT64', shape: [-1] },
    ],
    params: [],
    returns: 'frame',
    batchable: true,
  });
  assert.deepEqual(batching?.rows, { example: 2, near: 4, far: 4, missing: 2 });
  assert.deepEqual(sample?.[0]?.data, ['a', 'bé']);
  const [seen, length] = await model.run(words('x', '日本'));
  assert.deepEqual(seen?.data, ['x|str|0.5|2001-02-03T04:05:06', '日本|str|1.5|2001-02-03T04:05:06']);
  assert.deepEqual(length?.data, BigInt64Array.of(1n, 2n));

  const [word, , when] = words('x');
  assert.deepEqual((await model.run([word, undefined, when]))[0]?.data, ['x|str|none|2001-02-03T04:05:06']);
  await assert.rejects(model.run([word, undefined, { ...when!, data: ['tomorrow'] }]), {
    kind: 'invalid',
    message: /'when' holds text that is no date/,
  });
  await assert.rejects(model.run(words('fine', 'raise')), {
    name: 'ModelFault',
    retriable: false,
    message: /^ValueError: this row is not liked \(packaged-models\.py:\d+ in predict\)$/,
  });
  await model.run(words('print'));
  await until('what it prints, in the log', () => lines.some((line) => line.includes('a model speaks')));

  // A model of text, numbers and whole numbers: n rows at once answer what n calls answer.
  await using flights = disposable(await open(placeOf(folders['sklearn-proba'], { hosts: 2 })));
  assert.deepEqual(flights.spec.outputs, [{ name: 'output-0', datatype: 'FP64', shape: [-1, 2] }]);
  const rows = flights.spec.sample!;
  const [together] = await flights.run(rows.map((tensor) => joinRows([tensor, tensor, tensor])));
  assert.deepEqual(together?.shape, [9, 2]);
  const alone = await Promise.all(
    Array.from({ length: 9 }, (_, i) =>
      flights.run(rows.map((tensor) => sliceRows(tensor, i % 3, (i % 3) + 1))),
    ),
  );
  for (const [i, [answer]] of alone.entries())
    assert.ok(agree(sliceRows(together!, i, i + 1), answer!, 1e-12));
});

test('whatever a model gives becomes tensors', async () => {
  await using model = disposable(await open(placeOf(folders['custom-kinds'])));
  assert.deepEqual(model.spec.outputs, [], 'a made-up request told nothing');
  const ask = async (kind: string): Promise<unknown[]> =>
    (await model.run([{ name: 'kind', datatype: 'BYTES', shape: [2], data: [kind, kind] }])).map(
      ({ name, datatype, shape, data }) => [name, datatype, shape, [...(data as Iterable<unknown>)]],
    );
  const table = ['FP32', [2, 2], [0, 1, 2, 3]];
  assert.deepEqual(await ask('dict'), [
    ['a', ...table],
    ['b', 'BYTES', [2], ['x', 'x']],
  ]);
  assert.deepEqual(await ask('series'), [['0', 'FP64', [2], [1.5, 1.5]]], 'MLflow answers it as a frame');
  assert.deepEqual(await ask('list'), [['output-0', 'BYTES', [2], ['ä', 'ä']]]);
  assert.deepEqual(await ask('lists'), [['output-0', 'INT64', [2, 2], [1n, 2n, 1n, 2n]]]);
  assert.deepEqual(await ask('ragged'), [['output-0', 'BYTES', [2], [new Json('[1]'), new Json('[1, 2]')]]]);
  assert.deepEqual(await ask('missing'), [
    ['n', 'BYTES', [2], [null, null]],
    ['t', 'BYTES', [2], ['2001-02-03T00:00:00', '2001-02-03T00:00:00']],
  ]);
  assert.deepEqual(await ask('scalar'), [['output-0', 'INT64', [], [7n]]]);
  assert.deepEqual(await ask('bool'), [['output-0', 'BOOL', [2], [1, 1]]]);
  assert.deepEqual(await ask('big'), [['output-0', 'FP64', [2, 2], [0, 1, 2, 3]]]);
  for (const kind of ['sparse', 'turned']) assert.deepEqual(await ask(kind), [['output-0', ...table]], kind);
  await assert.rejects(ask('other'), { name: 'ModelFault', message: /^KeyError: 'other'/ });
});

test('parameters, and models without a signature', async () => {
  await using params = disposable(await open(placeOf(folders['custom-params'])));
  assert.deepEqual(params.spec.params, [{ name: 'times', type: 'double', default: 1 }]);
  assert.equal(params.spec.batchable, false);
  const x: Tensor = { name: 'x', datatype: 'FP64', shape: [2], data: Float64Array.of(1, 2) };
  assert.deepEqual((await params.run([x], { params: { times: 3 } }))[0]?.data, Float64Array.of(3, 6));
  assert.deepEqual((await params.run([x]))[0]?.data, Float64Array.of(1, 2));
  assert.equal(params.runJson, undefined);

  await using json = disposable(await open(placeOf(folders['custom-json'])));
  assert.deepEqual(json.spec.inputs, []);
  const ask = (media: Body['media'], text: string) => json.runJson?.({ media, bytes: Buffer.from(text) });
  assert.equal(await ask('json', '{"inputs": [[1, 2]]}'), '{"shape": [1, 2], "kind": "ndarray", "nan": NaN}');
  const frame = '{"shape": [2, 1], "kind": "DataFrame", "nan": NaN}';
  assert.equal(await ask('json', '{"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}}'), frame);
  assert.equal(await ask('csv', 'a\n1\n2\n'), frame);
  await assert.rejects(Promise.resolve(ask('csv', 'a,b\n1,"2')), {
    kind: 'invalid',
    message: /EOF inside string/,
  });
});

test('a host that ends, hangs or takes all memory fails what runs, is started again, and leaves nothing', async () => {
  await using patient = echo;
  await using hasty = disposable(await open(placeOf(folders['custom-echo'], { predict: 4000 })));
  const crashes: HostCrash[] = [];
  const began = performance.now();
  const stop = patient.onCrash((crash) => crashes.push(crash));
  for (const [model, word, said] of [
    [patient, 'exit', /ended with code 3; its last words: (a model speaks \/ )?going now/],
    [hasty, 'sleep', /longer than its limit of 4 s/],
    [patient, 'leak', /more than its limit of 700 MiB/],
    ...(WHOLE ? [[patient, 'exit', /ended with code 3/] as const] : []),
  ] as const) {
    const first = model.run(words(word));
    const behind = model.run(words('behind'));
    await assert.rejects(first, { name: 'ModelFault', retriable: true, message: said }, word);
    await assert.rejects(behind, { name: 'ModelFault', retriable: true });
    assert.equal(model.ready, false);
    await assert.rejects(model.run(words('early')), { retriable: true, message: /being started again/ });
    await until('the next host', () => model.ready);
    assert.equal((await model.run(words('back')))[1]?.data[0], 4n);
  }
  assert.equal(crashes.length, WHOLE ? 3 : 2);
  for (const { recent, back_in } of crashes) assert.equal(back_in, 100 * 2 ** (recent - 1));
  // On a busy machine the first is more than a minute ago by now, and no longer counts.
  if (performance.now() - began < 60_000)
    assert.deepEqual(
      crashes.map(({ recent }) => recent),
      crashes.map((_one, i) => i + 1),
    );
  stop();
});

test('a model that cannot be loaded says why', async () => {
  await assert.rejects(open(placeOf(folders['loads-raises'])), {
    name: 'ModelFault',
    message: /^RuntimeError: the weights are not here \(packaged-models\.py:\d+ in load_context\)$/,
  });
  await assert.rejects(open(placeOf(folders['loads-dies'])), {
    name: 'ModelFault',
    message: /ended with code 9; its last words: no further/,
  });
  await assert.rejects(
    open(placeOf(folders['loads-sleeps'], { load: 1000 })),
    // What wakes the interpreter and its libraries up may take as much, before it sleeps.
    /loading took longer than its limit of (1 s of processor time|10 s by the clock)/,
  );
  await assert.rejects(open({ ...placeOf(folders['custom-echo']), python: '/no/such/python' }), {
    name: 'ModelFault',
  });
});

test('a host, of a model that looks at its whole batch, killed again and again takes nothing with it and leaves nothing behind', async () => {
  const before = handles('Pipe');
  assert.deepEqual(scratch(), [], 'the tests above left nothing');
  const model = await open(placeOf(folders['custom-batch']));
  assert.equal(model.spec.batchable, false, 'it looks at its whole batch');
  for (let kill = 0; kill < KILLS; kill++) {
    await until('the host', () => model.ready);
    const [pid] = hosts();
    assert.ok(pid, 'there is one to kill');
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !model.ready);
  }
  await until('the last host', () => model.ready);
  const x: Tensor = { name: 'x', datatype: 'FP64', shape: [2], data: Float64Array.of(1, 3) };
  assert.deepEqual((await model.run([x]))[0]?.data, Float64Array.of(-1, 1));
  await model.close();
  await assert.rejects(model.run([x]), { name: 'ModelFault' });
  await until('no host', () => hosts().length === 0);
  await until('no open pipe', () => handles('Pipe') === before);
  await until('no scratch folder', () => scratch().length === 0);
});

/** Pids of hosts that this process started: other tests have theirs. */
function hosts(): number[] {
  const own = new Set([process.pid]);
  const found: number[] = [];
  // Children are found through their parents; a supervisor stands between us and the interpreter.
  for (const pid of readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => a - b)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || !own.has(Number(parent))) continue;
      own.add(pid);
      if (/\0-I\0.*host\.py\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) && stat.includes('(python'))
        found.push(pid);
    } catch {
      continue; // it ended meanwhile
    }
  }
  return found;
}

const handles = (kind: string): number =>
  process.getActiveResourcesInfo().filter((name) => name.includes(kind)).length;
const scratch = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`treadle-host-${process.pid}-`));

/** Models hold processes: a test that fails must end them too. */
function disposable(model: LoadedModel): LoadedModel & AsyncDisposable {
  return Object.assign(Object.create(model) as LoadedModel, { [Symbol.asyncDispose]: () => model.close() });
}
