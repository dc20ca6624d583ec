// What recording predictions costs: in the thread that answers, for each prediction of 100 features, and in answers a second and
// their latency, the plane with records beside the plane without. The thread that writes files is on the plane's one core, too.
// What it costs of p99 is less than p99 differs from one second to the next: so many short blocks, with and without in turn and each
// first as often as the other, and of each two neighbours how much longer the one is than the other.
//   npm run bench -- records --predictions 200000 --seconds 4 --rounds 3 --pairs 30 --block 1
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linearOnnx } from '../test/onnx-model.ts';
import type { LoadedModel, Tensor } from '../src/runtimes/index.ts';
import { Counters } from '../src/serving/plane/counters.ts';
import type { Answered } from '../src/serving/plane/hooks/hook.ts';
import { Lane } from '../src/serving/plane/lane.ts';
import { RecordSink } from '../src/serving/plane/sink/sink.ts';
import { convertAside } from '../src/serving/plane/sink/convert-aside.ts';
import { makeIds } from '../src/serving/prediction-id.ts';
import { readSegmentFile } from '../src/serving/plane/segment-name.ts';
import { figure, median, option, report, scratch } from './harness.ts';
import { load, processorTime, type Load } from './plane/load.ts';
import { startPlane } from './plane/start.ts';

const predictions = option('predictions', 200_000);
const seconds = option('seconds', 4);
const rounds = option('rounds', 3);
const pairs = option('pairs', 30);
const block = option('block', 1);
const FEATURES = 100;
/** Predictions between two looks at the clock. */
const PART = 1000;
const folder = scratch();
const random = (index: number): number => ((index * 7919) % 100_003) / 100_003;

/** One row of so many features: as one tensor, or as a column each. */
const forms: Record<string, { spec: LoadedModel['spec']['inputs']; inputs: (at: number) => Tensor[] }> = {
  'one tensor': {
    spec: [{ name: 'x', datatype: 'FP32', shape: [-1, FEATURES] }],
    inputs: (at) => [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [1, FEATURES],
        data: Float32Array.from({ length: FEATURES }, (_, place) => random(at * FEATURES + place)),
      },
    ],
  },
  columns: {
    spec: Array.from({ length: FEATURES }, (_, place) => ({
      name: `feature_${place}`,
      datatype: 'FP64',
      shape: [-1],
      column: 'double',
    })),
    inputs: (at) =>
      Array.from({ length: FEATURES }, (_, place) => ({
        name: `feature_${place}`,
        datatype: 'FP64',
        shape: [1],
        data: Float64Array.of(random(at * FEATURES + place)),
      })),
  },
};

/** µs of the answering thread for each prediction that is recorded, by the sink alone: its own processor time, whatever else runs. */
async function alone(name: string, { spec, inputs }: (typeof forms)[string]): Promise<void> {
  const model: LoadedModel = {
    place: {
      key: name,
      folder: '/none',
      runtime: 'onnx',
      limits: { load: 1, predict: 1, memory: 1, batch: 64, threads: 1, hosts: 1 },
    },
    spec: {
      platform: 'onnxruntime_onnx',
      inputs: spec,
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
      params: [],
      batchable: true,
    },
    loaded: { ms: 0, sample_ms: 0 },
    ready: true,
    run: async () => [],
    onCrash: () => () => undefined,
    close: async () => undefined,
  };
  const counters = new Counters('e', 1, 'champion', name);
  const target: Answered['target'] = {
    role: 'champion',
    variant: { role: 'champion', percent: 100, model: 'm', version: 1, key: name },
    revision: 1,
    serial: 1,
    lane: new Lane(model, () => undefined),
    counters,
    served: undefined,
  };
  const route: Answered['route'] = {
    endpoint: {
      id: `endpoint-${name.replaceAll(' ', '-')}`,
      workspace: 'default',
      name: 'e',
      revision: 1,
      serial: 1,
      variants: [],
      sticky: false,
      queue: { most: 1, deadline: 1 },
      strict: false,
      records: 'all',
    },
    champion: target,
    canary: undefined,
    shadows: [],
    fallback: undefined,
    line: { waiting: 0 },
  };
  const records = path.join(folder, 'alone');
  const aside = convertAside();
  let passed = 0;
  const sink = new RecordSink({
    folder: records,
    report: (said) => said.type === 'log' && console.error(said),
    aside,
    now: () => performance.now() + passed,
  });
  const ids = makeIds('key');
  const asked = Array.from({ length: 1000 }, (_, at) => inputs(at));
  const outputs: Tensor[] = [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: Float32Array.of(0.5) }];
  const answeredBy = (at: number): Answered => {
    const prediction = ids.next(1, 'champion');
    return {
      route,
      target,
      prediction,
      at: ids.made.at,
      counter: ids.made.counter,
      rows: 1,
      ms: 1,
      queued: 0,
      key: undefined,
      params: undefined,
      given: undefined,
      inputs: asked[at % asked.length]!,
      outputs,
      body: undefined,
      text: undefined,
      copyOf: undefined,
    };
  };
  let spent = 0;
  for (let at = 0; at < predictions; at += PART) {
    const part = Array.from({ length: Math.min(PART, predictions - at) }, (_, index) =>
      answeredBy(at + index),
    );
    const before = process.threadCpuUsage();
    for (const answered of part) sink.answered(answered);
    const { user, system } = process.threadCpuUsage(before);
    spent += user + system;
    // A plane answers others in between: the thread beside gets its turns.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  passed = 3_600_000; // what is begun is old enough to be written
  sink.sweep();
  await sink.show(route.endpoint.id);
  await sink.close();
  const { kept, lost } = counters;
  if (kept + lost.full !== predictions || lost.large + lost.form + lost.failed > 0)
    throw new Error(`of ${predictions} ${kept} were kept and lost were ${JSON.stringify(lost)}`);
  const what = `${FEATURES} features, ${name}`;
  figure({
    name: `${what}: of the answering thread`,
    value: spent / predictions,
    unit: 'µs',
    better: 'lower',
    peer: 'the bar',
    peerValue: 10,
  });
  figure({ name: `${what}: let go, the disk being slower`, value: lost.full, unit: '', better: 'lower' });
}

for (const [name, form] of Object.entries(forms)) await alone(name, form);

/** A model of 100 features behind two planes, one with records. */
const models = path.join(folder, 'models');
mkdirSync(path.join(models, 'linear'), { recursive: true });
writeFileSync(
  path.join(models, 'linear', 'MLmodel'),
  `flavors:
  onnx: {onnx_version: 1.19.0, data: model.onnx, providers: [CPUExecutionProvider]}
  python_function: {loader_module: mlflow.onnx, data: model.onnx, python_version: 3.11.2}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, ${FEATURES}]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`,
);
writeFileSync(
  path.join(models, 'linear', 'model.onnx'),
  linearOnnx(
    Array.from({ length: FEATURES }, (_, at) => random(at)),
    1,
  ),
);
const body = path.join(folder, 'body.json');
writeFileSync(
  body,
  JSON.stringify({
    inputs: [
      {
        name: 'x',
        shape: [1, FEATURES],
        datatype: 'FP32',
        data: Array.from({ length: FEATURES }, (_, at) => Math.round(random(at) * 1000) / 1000),
      },
    ],
  }),
);

const headers = ['Authorization:Bearer treadle_bench'];
const start = async (name: string, records?: string) => {
  const plane = await startPlane({
    models,
    names: ['linear'],
    socket: path.join(folder, `${name}.sock`),
    ...(records === undefined ? {} : { records }),
  });
  const url = `${plane.url}/v2/models/linear/infer`;
  // Asked once before: while wrk runs nobody here can say who the caller is.
  const asked = await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer treadle_bench', 'content-type': 'application/json' },
    body: readFileSync(body),
  });
  if (!asked.ok) throw new Error(`${asked.status} ${await asked.text()}`);
  return { ...plane, url };
};
const without = await start('without');
const withRecords = await start('with', path.join(folder, 'records'));
process.on('exit', () => [without, withRecords].forEach(({ child }) => child.kill('SIGKILL')));

interface Measured extends Load {
  rate: number;
  cost: number;
}
/** `pause`: ms that each connection waits between its questions, about; none: as fast as it is answered. */
function measure({ url, pid }: typeof without, pause = 0, length = seconds): Measured {
  const before = processorTime(pid);
  const done = load({
    url,
    file: body,
    type: 'application/json',
    headers: pause === 0 ? headers : [...headers, `delay=${pause}`],
    connections: 32,
    seconds: length,
  });
  const after = processorTime(pid);
  if (done.status + done.socket > 0) throw new Error(`${done.status} answers were errors`);
  const cost = ((after.user + after.system - before.user - before.system) * 1e6) / done.requests;
  return { ...done, rate: done.requests / done.seconds, cost };
}
load({ url: without.url, file: body, type: 'application/json', headers, connections: 32, seconds: 1 });
load({ url: withRecords.url, file: body, type: 'application/json', headers, connections: 32, seconds: 1 });
/** In turn, so that both see the same moments of the machine; and in both orders, so that neither always comes second. */
function inTurn(count: number, pause?: number, length?: number): Array<[Measured, Measured]> {
  return Array.from({ length: count }, (_, at) => {
    const one = (side: typeof without): Measured => measure(side, pause, length);
    if (at % 2 === 0) return [one(withRecords), one(without)];
    const second = one(without);
    return [one(withRecords), second];
  });
}
const blocks = inTurn(rounds);
const of = (value: (one: Measured) => number, side: 0 | 1): number =>
  median(blocks.map((pair) => value(pair[side])));
const peer = 'without records';
for (const [name, unit, better, value] of [
  ['answers a second', '/s', 'higher', (one) => one.rate],
  ['p50', 'ms', 'lower', (one) => one.p50],
  ['p99', 'ms', 'lower', (one) => one.p99],
  ['processor time of all threads', 'µs', 'lower', (one) => one.cost],
] as Array<[string, string, 'higher' | 'lower', (one: Measured) => number]>)
  figure({
    name: `32 connections: ${name}`,
    value: of(value, 0),
    unit,
    better,
    peer,
    peerValue: of(value, 1),
  });
// With time to spare, as a plane should have it, and with none.
for (const pause of [8, 0]) {
  const measured = inTurn(pairs, pause, block);
  const shares = measured.map(([one, other]) => (one.p99 / other.p99 - 1) * 100);
  const [low, high] = medianWithin(shares).map((share) => share.toFixed(1));
  const rate = Math.round(median(measured.map(([one]) => one.rate)) / 100) * 100;
  const what = `32 connections, ${pause === 0 ? 'flooded' : `${rate} a second`}, ${pairs} pairs of ${block} s`;
  figure({
    name: `${what}: p99`,
    value: median(measured.map(([one]) => one.p99)),
    unit: 'ms',
    better: 'lower',
    peer,
    peerValue: median(measured.map(([, other]) => other.p99)),
  });
  figure({
    name: `the same: share of p99 that records cost, 95 % within ${low} to ${high}`,
    value: median(shares),
    unit: '%',
    better: 'lower',
  });
  blocks.push(...measured);
}
const flooded = performance.now();
await withRecords.show('linear');
figure({
  name: 'the same: until all of it lay in files, afterwards',
  value: (performance.now() - flooded) / 1000,
  unit: 's',
  better: 'lower',
});
await Promise.all([without.stop(), withRecords.stop()]);
const asked = blocks.reduce((sum, [one]) => sum + one.requests, 0);
const inFiles = readdirSync(path.join(folder, 'records'), { recursive: true, encoding: 'utf8' })
  .map((file) => readSegmentFile(path.basename(file))?.predictions ?? 0)
  .reduce((sum, kept) => sum + kept, 0);
figure({
  name: 'the same: share of the answers in files',
  value: Math.min(1, inFiles / asked) * 100,
  unit: '%',
  better: 'higher',
});
report();
process.exit(0);

/** Where the median of all such pairs lies in 95 of 100 cases, whatever their distribution: by their order alone (binomial). */
function medianWithin(values: readonly number[]): [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  let chance = 0.5 ** n;
  let below = 0;
  let rank = 0;
  // Chance that at most `rank` of them lie below the median.
  for (; rank < n / 2 && below + chance <= 0.025; rank++) {
    below += chance;
    chance *= (n - rank) / (rank + 1);
  }
  // Few pairs do not say so much: then all of them.
  const from = Math.max(0, rank - 1);
  return [sorted[from]!, sorted[n - 1 - from]!];
}
