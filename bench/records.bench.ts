// What recording predictions costs: in the thread that answers, for each prediction of 100 features, and in answers a second and
// their latency, the plane with records beside the plane without. The thread that writes files is on the plane's one core, too.
// What it costs is less than p99 differs from one second to the next, and than one start of a plane differs from the next: so many short
// blocks, with and without in turn and each first as often as the other, of planes that are started anew many times.
//   npm run bench -- records --predictions 200000 --starts 6 --seconds 3 --rounds 2 --pairs 6 --block 1
import type { ChildProcess } from 'node:child_process';
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
const starts = option('starts', 6);
const seconds = option('seconds', 3);
const rounds = option('rounds', 2);
const pairs = option('pairs', 6);
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
  const endpoint: Answered['route']['endpoint'] = {
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
  };
  const route: Answered['route'] = {
    endpoint,
    champion: target,
    canary: undefined,
    shadows: [],
    fallback: undefined,
    line: { waiting: 0, endpoint },
  };
  const records = path.join(folder, 'alone');
  const aside = convertAside();
  let passed = 0;
  const sink = new RecordSink({
    key: 'key',
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
type Plane = Awaited<ReturnType<typeof start>>;
/** Two planes, one with records. */
interface Pair {
  with: Plane;
  without: Plane;
}
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
const recordsOf = (at: number): string => path.join(folder, `records-${at}`);

/** The one with records is started first in every other pair. */
async function startPair(at: number): Promise<Pair> {
  const recorded = () => start(`with-${at}`, recordsOf(at));
  const plain = () => start(`without-${at}`);
  const pair =
    at % 2 === 0
      ? { with: await recorded(), without: await plain() }
      : { without: await plain(), with: await recorded() };
  for (const plane of [pair.with, pair.without]) {
    running.add(plane.child);
    load({ url: plane.url, file: body, type: 'application/json', headers, connections: 32, seconds: 1 });
  }
  return pair;
}

interface Measured extends Load {
  rate: number;
  cost: number;
}
/** `pause`: ms that each connection waits between its questions, about; none: as fast as it is answered. */
function measure({ url, pid }: Plane, pause = 0, length = seconds): Measured {
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

type Both = [recorded: Measured, plain: Measured];
/** In turn, so that both see the same moments of the machine; and in both orders, so that neither always comes second. */
function inTurn(pair: Pair, count: number, pause?: number, length?: number): Both[] {
  return Array.from({ length: count }, (_, at) => {
    const one = (side: keyof Pair): Measured => measure(pair[side], pause, length);
    if (at % 2 === 0) return [one('with'), one('without')];
    const second = one('without');
    return [one('with'), second];
  });
}

/** By start: two planes that are alike differ from one start to the next by more than what is looked for. */
const blocks: Both[][] = [];
const paused: Both[][] = [];
const flooded: Both[][] = [];
const waited: number[] = [];
for (let at = 0; at < starts; at++) {
  const pair = await startPair(at);
  blocks.push(inTurn(pair, rounds));
  // With time to spare, as a plane should have it, and with none.
  paused.push(inTurn(pair, pairs, 8, block));
  flooded.push(inTurn(pair, pairs, 0, block));
  const since = performance.now();
  await pair.with.show('linear');
  waited.push((performance.now() - since) / 1000);
  await Promise.all([pair.with.stop(), pair.without.stop()]);
  running.clear();
}
const peer = 'without records';
const medians = (of: Both[][], value: (one: Measured) => number): [recorded: number, plain: number] => {
  const all = of.flat();
  return [median(all.map(([one]) => value(one))), median(all.map(([, one]) => value(one)))];
};
/** What records add to a value, as a share of it, %: the median of the starts, and where it lies in 95 of 100 cases. */
function shareOf(of: Both[][], value: (one: Measured) => number): { share: number; within: string } {
  const shares = of.map((one) => median(one.map(([a, b]) => (value(a) / value(b) - 1) * 100)));
  const [low, high] = medianWithin(shares).map((share) => share.toFixed(1));
  return { share: median(shares), within: `95 % of ${starts} starts within ${low} to ${high}` };
}
for (const [name, unit, better, value] of [
  ['answers a second', '/s', 'higher', (one) => one.rate],
  ['p50', 'ms', 'lower', (one) => one.p50],
  ['p99', 'ms', 'lower', (one) => one.p99],
  ['processor time of all threads', 'µs', 'lower', (one) => one.cost],
] as Array<[string, string, 'higher' | 'lower', (one: Measured) => number]>) {
  const [recorded, plain] = medians(blocks, value);
  figure({ name: `32 connections: ${name}`, value: recorded, unit, better, peer, peerValue: plain });
}
const rate = shareOf(blocks, (one) => one.rate);
figure({
  name: `the same: what records add to the answers a second, ${rate.within}`,
  value: rate.share,
  unit: '%',
  better: 'higher',
});
for (const [of, pace] of [
  [paused, `${Math.round(medians(paused, (one) => one.rate)[0] / 100) * 100} a second`],
  [flooded, 'flooded'],
] as const) {
  const [recorded, plain] = medians(of, (one) => one.p99);
  figure({
    name: `32 connections, ${pace}, ${pairs} pairs of ${block} s a start: p99`,
    value: recorded,
    unit: 'ms',
    better: 'lower',
    peer,
    peerValue: plain,
  });
  const { share, within } = shareOf(of, (one) => one.p99);
  figure({ name: `the same: what records add to p99, ${within}`, value: share, unit: '%', better: 'lower' });
}
figure({
  name: 'the same: until all of it lay in files, afterwards',
  value: median(waited),
  unit: 's',
  better: 'lower',
});
const asked = [blocks, paused, flooded].flat(2).reduce((sum, [one]) => sum + one.requests, 0);
const inFiles = Array.from({ length: starts }, (_, at) => recordsOf(at))
  .flatMap((records) => readdirSync(records, { recursive: true, encoding: 'utf8' }))
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
