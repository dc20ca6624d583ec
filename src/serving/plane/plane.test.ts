import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../test/until.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { ModelFault, type LoadedModel, type ModelPlace, type Tensor } from '../../runtimes/index.ts';
import { makeIds } from '../prediction-id.ts';
import { createPlane, type Plane } from './create-plane.ts';
import type { Answer, Question } from './plane.ts';
import type { Answered, Hook } from './hooks/hook.ts';
import type { Report, Role, TableEndpoint, TableVariant } from './protocol.ts';
import { partOf, placeOf } from './part.ts';

const limits = { load: 1000, predict: 1000, memory: 2 ** 30, batch: 8, threads: 1, hosts: 1 };
const place = (key: string): ModelPlace => ({ key, folder: '/none', runtime: 'onnx', limits });

/** y = factor · x, row by row; what it was asked, and ways to hold it up and to break it. */
class Scaler implements LoadedModel {
  readonly place: ModelPlace;
  readonly loaded = { ms: 1, sample_ms: 1 };
  ready = true;
  closed = false;
  batches: number[] = [];
  gate: Promise<void> | undefined;
  fail: ((rows: Float32Array) => Error | undefined) | undefined;
  readonly spec: LoadedModel['spec'] = {
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    params: [],
    returns: 'onnx',
    batchable: true,
  };
  private readonly factor: number;
  constructor(key: string, factor: number) {
    this.place = place(key);
    this.factor = factor;
  }
  async run(inputs: ReadonlyArray<Tensor | undefined>): Promise<Tensor[]> {
    const { shape, data } = inputs[0]!;
    this.batches.push(shape[0]!);
    await this.gate;
    const error = this.fail?.(data as Float32Array);
    if (error) throw error;
    return [
      { name: 'y', datatype: 'FP32', shape, data: (data as Float32Array).map((one) => one * this.factor) },
    ];
  }
  onCrash = () => () => undefined;
  async close(): Promise<void> {
    this.closed = true;
  }
}

interface Bench {
  plane: Plane;
  models: Map<string, Scaler>;
  reports: Report[];
  load(key: string, factor?: number): Promise<Scaler>;
  table(endpoints: TableEndpoint[], keep?: string[]): void;
  ask(question?: Partial<Question>): Promise<Answer>;
}

const ids = makeIds('key');

function open(t: TestContext, hooks: Hook[] = []): Bench {
  const models = new Map<string, Scaler>();
  const reports: Report[] = [];
  const factors = new Map<string, number>();
  const plane = createPlane({
    ids,
    hooks,
    report: (report) => reports.push(report),
    async open({ key }) {
      if (key.startsWith('broken')) throw new ModelFault('the file is no ONNX');
      const made = new Scaler(key, factors.get(key) ?? 2);
      models.set(key, made);
      return made;
    },
  });
  t.after(() => plane.close());
  let sequence = 0;
  return {
    plane,
    models,
    reports,
    async load(key, factor = 2) {
      factors.set(key, factor);
      plane.command({ type: 'load', place: place(key) });
      await sleep(1);
      return models.get(key)!;
    },
    table: (endpoints, keep = []) => plane.command({ type: 'table', sequence: ++sequence, endpoints, keep }),
    ask: (question) =>
      new Promise((resolve, reject) =>
        plane.predict(
          { workspace: 'default', endpoint: 'e', inputs: [tensor([1, 2])], ...question },
          (error, answer) => (answer ? resolve(answer) : reject(error!)),
        ),
      ),
  };
}

const tensor = (values: number[], shape = [values.length / 2, 2]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data: new Float32Array(values),
});
const variant = (key: string, more: Partial<TableVariant> = {}): TableVariant => ({
  role: 'champion',
  percent: 100,
  model: 'm',
  version: 1,
  key,
  ...more,
});
const endpoint = (variants: TableVariant[], more: Partial<TableEndpoint> = {}): TableEndpoint => ({
  id: 'id-e',
  workspace: 'default',
  name: 'e',
  revision: 1,
  serial: 11,
  variants,
  sticky: true,
  queue: { most: 100, deadline: 1000 },
  strict: false,
  ...more,
});
/** What a variant did until now: the plane is asked, and what it said before counts, too. */
function counted(
  plane: Plane,
  reports: readonly Report[],
  role: Role,
): { requests: number; refused: number } {
  plane.command({ type: 'tell', id: 1, about: { what: 'metrics', workspace: 'default' } });
  const all = reports.flatMap((one) => (one.type === 'stats' ? one.variants : []));
  const own = all.filter((one) => one.role === role);
  return {
    requests: own.reduce((sum, { requests }) => sum + requests, 0),
    refused: own.reduce((sum, { refused }) => sum + refused, 0),
  };
}
/** Until the model has so many batches: what is asked from then on waits behind them. */
const has = (model: Scaler, batches = 1): Promise<true> =>
  until('the model to be asked', () => model.batches.length >= batches, 1);
const values = ({ outputs }: Answer): number[] => Array.from(outputs[0]!.data as Float32Array);
const kind = (expected: string, field?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TreadleError, String(error));
  assert.equal(error.kind, expected, error.message);
  if (field) assert.match(`${error.field} ${error.message}`, field);
  return true;
};

test('answers with the revision that the table names, and the id says which', async (t) => {
  const { load, table, ask, reports } = open(t);
  await load('a', 3);
  table([endpoint([variant('a')])]);
  const answer = await ask();
  assert.deepEqual(values(answer), [3, 6]);
  assert.equal(answer.revision, 1);
  const { serial, role } = ids.read(answer.prediction)!;
  assert.deepEqual({ serial, role }, { serial: 11, role: 'champion' });
  assert.deepEqual(
    reports.map(({ type }) => type),
    ['loaded', 'switched'],
  );
});

test('questions of one turn share a batch, up to its limit, and each gets its own rows', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  table([endpoint([variant('a')])]);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => ask({ inputs: [tensor([index, index, index + 0.5, 0])] })),
  );
  assert.deepEqual(model.batches, [8, 4]);
  answers.forEach((answer, index) => {
    assert.deepEqual(values(answer), [2 * index, 2 * index, 2 * index + 1, 0]);
    assert.deepEqual(answer.outputs[0]!.shape, [2, 2]);
  });
  assert.equal(new Set(answers.map(({ prediction }) => prediction)).size, 6);
});

test('a question of many rows lets those of one row in between, and is answered whole', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  table([endpoint([variant('a')])]);
  const many = Array.from({ length: 40 }, (_, index) => index);
  const order: string[] = [];
  const large = ask({ inputs: [tensor(many)] }).then((answer) => (order.push('large'), answer));
  const small = ask().then((answer) => (order.push('small'), answer));
  assert.deepEqual(values(await small), [2, 4]);
  const answer = await large;
  assert.deepEqual(
    values(answer),
    many.map((one) => one * 2),
  );
  assert.deepEqual(answer.outputs[0]!.shape, [20, 2]);
  assert.deepEqual(order, ['small', 'large']);
  assert.equal(Math.max(...model.batches), 8);
  model.fail = (rows) => (rows.includes(30) ? new ModelFault('cannot take 30') : undefined);
  await assert.rejects(ask({ inputs: [tensor(many)] }), /cannot take 30/);
  assert.deepEqual(values(await ask()), [2, 4]);
});

test('a question that the model chokes on does not fail those in its batch', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  model.fail = (rows) => (rows.includes(666) ? new ModelFault('cannot take 666') : undefined);
  table([endpoint([variant('a')])]);
  const [good, bad, other] = await Promise.allSettled([
    ask(),
    ask({ inputs: [tensor([666, 0])] }),
    ask({ inputs: [tensor([5, 5])] }),
  ]);
  assert.deepEqual([good.status, bad.status, other.status], ['fulfilled', 'rejected', 'fulfilled']);
  assert.match(String((bad as PromiseRejectedResult).reason), /666/);
});

test('what does not fit the model is invalid and names the input', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  table([endpoint([variant('a')])]);
  const wrong: Array<[Tensor[], RegExp]> = [
    [[], /inputs\.x .*missing/],
    [[{ ...tensor([1, 2]), name: 'z' }], /inputs\.z .*takes no input 'z'/],
    [[tensor([1, 2]), tensor([1, 2])], /inputs\.x .*twice/],
    [
      [{ ...tensor([1, 2]), datatype: 'FP64', data: new Float64Array(2) }],
      /inputs\.x\.datatype .*FP64.*FP32/,
    ],
    [[tensor([1, 2, 3], [1, 3])], /inputs\.x\.shape .*\[1, 3\].*\[-1, 2\]/],
    [[tensor([1, 2], [2])], /inputs\.x\.shape /],
    [[tensor([1, 2], [2, 2])], /inputs\.x\.data .*2 values.*says 4/],
    [[tensor([], [0, 2])], /inputs\.x\.shape .*no rows/],
  ];
  for (const [inputs, words] of wrong) await assert.rejects(ask({ inputs }), kind('invalid', words));
  await assert.rejects(ask({ endpoint: 'other' }), kind('missing'));
  await assert.rejects(ask({ workspace: 'other' }), kind('missing'));
  await assert.rejects(ask({ version: '7' }), kind('missing', /version 7/));
  assert.deepEqual(model.batches, [], 'none of them reached the model');
});

test('a full queue refuses at once; a question past its time is not computed', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  let free = (): void => {};
  model.gate = new Promise((resolve) => (free = resolve));
  table([endpoint([variant('a')], { queue: { most: 3, deadline: 100_000 } })]);
  const first = ask();
  await has(model);
  const late = ask({ deadline: 20 });
  const third = ask();
  await assert.rejects(ask(), kind('limited', /3 requests waiting/));
  await assert.rejects(late, kind('unavailable', /too late/));
  free();
  await first;
  await third;
  assert.deepEqual(model.batches, [1, 1]);
});

test('a wait that would pass the deadline is refused before it begins', async (t) => {
  const { load, table, ask } = open(t);
  const model = await load('a');
  table([endpoint([variant('a')], { queue: { most: 3, deadline: 100_000 } })]);
  model.gate = sleep(60);
  await ask();
  let free = (): void => {};
  model.gate = new Promise((resolve) => (free = resolve));
  const first = ask();
  await has(model, 2);
  await assert.rejects(ask({ deadline: 10 }), kind('unavailable', /would take about/));
  free();
  await first;
});

test('a switch is one step: who asked before is answered by the old revision, and its model closes after', async (t) => {
  const { load, table, ask, models, plane } = open(t);
  const old = await load('a', 2);
  table([endpoint([variant('a')], { queue: { most: 100, deadline: 100_000 } })]);
  let free = (): void => {};
  old.gate = new Promise((resolve) => (free = resolve));
  const before = ask();
  await has(old);
  await load('b', 10);
  table([endpoint([variant('b', { version: 2 })], { revision: 2, serial: 12 })]);
  const after = await ask();
  assert.deepEqual([values(after), after.revision, after.version], [[10, 20], 2, 2]);
  assert.equal(old.closed, false);
  free();
  const answer = await before;
  assert.deepEqual([values(answer), answer.revision, answer.version], [[2, 4], 1, 1]);
  await until('the end of the old model', () => old.closed, 1);
  assert.equal(models.get('b')!.closed, false);
  assert.deepEqual(plane.find('default', 'e')?.versions, [2]);
});

test('what is kept for a table to come stays loaded; what nobody names goes', async (t) => {
  const { load, table, models, reports } = open(t);
  await load('a');
  await load('b');
  await load('c');
  table([endpoint([variant('a')])], ['b']);
  await until('the end of what nobody names', () => models.get('c')!.closed, 1);
  assert.deepEqual(
    [...models.values()].map(({ closed }) => closed),
    [false, false, true],
  );
  await load('broken');
  assert.deepEqual(reports.at(-1), { type: 'failed', key: 'broken', problem: 'the file is no ONNX' });
});

test('a canary gets its share; a key stays where it is while the share grows', async (t) => {
  const { load, table, ask } = open(t);
  await load('a');
  await load('b');
  const share = (percent: number): void =>
    table([
      endpoint(
        [variant('a', { percent: 100 - percent }), variant('b', { role: 'canary', percent, version: 2 })],
        { queue: { most: 5000, deadline: 100_000 } },
      ),
    ]);
  const keys = Array.from({ length: 2000 }, (_, index) => `user-${index}`);
  const versions = async (): Promise<number[]> =>
    (await Promise.all(keys.map((key, index) => sleep(index % 20).then(() => ask({ key }))))).map(
      ({ version }) => version,
    );
  share(10);
  const ten = await versions();
  share(50);
  const fifty = await versions();
  const count = (all: number[]): number => all.filter((version) => version === 2).length;
  assert.ok(Math.abs(count(ten) - 200) < 60, `${count(ten)} of 2000`);
  assert.ok(Math.abs(count(fifty) - 1000) < 120, `${count(fifty)} of 2000`);
  ten.forEach((version, index) => assert.ok(version === 1 || fifty[index] === 2, 'no key goes back'));
  assert.equal((await ask({ version: '2' })).version, 2, 'a version that is asked for by number');
});

test('a host that is down: the champion answers for its canary, the revision before for the champion', async (t) => {
  const { load, table, ask, models } = open(t);
  await load('old', 1);
  await load('a', 2);
  await load('b', 3);
  table([
    endpoint([variant('a', { percent: 0 }), variant('b', { role: 'canary', percent: 100, version: 2 })], {
      revision: 5,
      serial: 15,
      fallback: { revision: 4, serial: 14, variants: [variant('old', { version: 9 })] },
    }),
  ]);
  assert.deepEqual(values(await ask()), [3, 6]);
  models.get('b')!.fail = () => new ModelFault('the host ended', { retriable: true });
  const byChampion = await ask();
  assert.deepEqual([values(byChampion), byChampion.revision, byChampion.version], [[2, 4], 5, 1]);
  models.get('a')!.ready = false;
  models.get('b')!.ready = false;
  const byOld = await ask();
  assert.deepEqual([values(byOld), byOld.revision, byOld.version], [[1, 2], 4, 9]);
  assert.equal(ids.read(byOld.prediction)!.serial, 14, 'the id names who really answered');
  models.get('old')!.ready = false;
  await assert.rejects(ask(), kind('unavailable', /cannot answer now/));
});

test('a shadow is asked the same, compared, and never waited for', async (t) => {
  const { load, table, ask, models, plane, reports } = open(t);
  await load('a', 2);
  const shadow = await load('s', 2.5);
  let free = (): void => {};
  shadow.gate = new Promise((resolve) => (free = resolve));
  table([endpoint([variant('a'), variant('s', { role: 'shadow', version: 2 })])]);
  const answer = await ask();
  assert.deepEqual([values(answer), answer.version], [[2, 4], 1], 'answered while the shadow hangs');
  free();
  models.get('s')!.gate = undefined;
  await ask();
  const comparisons = () =>
    reports
      .flatMap((one) => (one.type === 'stats' ? one.variants : []))
      .filter(({ role }) => role === 'shadow')
      .map((one) => one.shadow!);
  const sum = (field: 'pairs' | 'different') => comparisons().reduce((total, one) => total + one[field], 0);
  await until('both pairs in the reports', () => sum('pairs') >= 2);
  const compared = comparisons();
  assert.deepEqual([sum('pairs'), sum('different')], [2, 2]);
  assert.equal(Math.max(...compared.map(({ largest }) => largest)), 1);
  assert.ok(compared.some(({ examples }) => examples.some((one) => one.prediction === answer.prediction)));
  assert.deepEqual(counted(plane, reports, 'champion').requests, 2);
});

test('a hook hears of each moment of a question, of a shadow’s copy, too, and after the answer', async (t) => {
  const moments: string[] = [];
  const heard: Answered[] = [];
  const hook: Hook = {
    asked: ({ role }) => void moments.push(`asked ${role}`),
    called: ({ role }) => void moments.push(`called ${role}`),
    diverted: (from, to) => void moments.push(`diverted ${from.role} ${to.role}`),
    failed: ({ role }, error, waited) =>
      void moments.push(`failed ${role} ${error.message.slice(0, 8)} ${waited}`),
    answered(answered) {
      moments.push(`answered ${answered.target.role}`);
      heard.push(answered);
    },
  };
  const { load, table, ask, models } = open(t, [hook]);
  await load('a', 2);
  await load('b', 3);
  await load('s', 4);
  table([
    endpoint([
      variant('a', { percent: 0 }),
      variant('b', { role: 'canary', percent: 100, version: 2 }),
      variant('s', { role: 'shadow', version: 3 }),
    ]),
  ]);
  models.get('b')!.fail = () => new ModelFault('the host ended', { retriable: true });
  const answer = await ask({ key: 'me' }).finally(() => moments.push('told'));
  while (heard.length < 2) await sleep(1);
  assert.deepEqual(moments, [
    'asked canary',
    'diverted canary champion',
    'called champion',
    'answered champion',
    'asked shadow',
    'told', // a promise's turn later than the callback
    'called shadow',
    'answered shadow',
  ]);
  const [first, copy] = heard;
  assert.equal(first?.prediction, answer.prediction);
  assert.deepEqual([first?.key, first?.inputs[0]?.data, first?.rows], ['me', new Float32Array([1, 2]), 1]);
  assert.deepEqual(first?.outputs?.[0]?.data, new Float32Array([2, 4]));
  assert.equal(copy?.copyOf?.prediction, answer.prediction);
  assert.deepEqual(copy?.outputs?.[0]?.data, new Float32Array([4, 8]));
  assert.deepEqual(ids.read(copy?.prediction ?? '')?.role, 'shadow');
  moments.length = 0;
  await assert.rejects(ask({ inputs: [] }), kind('invalid'));
  assert.deepEqual(moments, ['asked canary', "failed canary input 'x true"]);
});

test('a hook that throws costs nobody an answer', async (t) => {
  const hook: Hook = {
    answered() {
      throw new Error('out of order');
    },
  };
  const { load, table, ask, reports } = open(t, [hook]);
  await load('a', 3);
  table([endpoint([variant('a')])]);
  const answers = await Promise.all([ask(), ask()]);
  assert.deepEqual(answers.map(values), [
    [3, 6],
    [3, 6],
  ]);
  const said = reports.filter(({ type }) => type === 'log');
  assert.equal(said.length, 2);
});

test('the last answers are kept, and make room for newer ones', async (t) => {
  const reports: Report[] = [];
  const plane = createPlane({
    ids,
    report: (one) => reports.push(one),
    open: async ({ key }) => new Scaler(key, 2),
    records: 4,
  });
  t.after(() => plane.close());
  plane.command({ type: 'load', place: place('a') });
  await sleep(1);
  plane.command({ type: 'table', sequence: 1, keep: [], endpoints: [endpoint([variant('a')])] });
  const made: string[] = [];
  for (let index = 0; index < 6; index++)
    await new Promise<void>((resolve) =>
      plane.predict({ workspace: 'default', endpoint: 'e', inputs: [tensor([1, 2])] }, (_error, answer) => {
        made.push(answer!.prediction);
        resolve();
      }),
    );
  plane.command({
    type: 'tell',
    id: 7,
    about: { what: 'latest', workspace: 'default', endpoint: 'e', limit: 10 },
  });
  const told = reports.find((one) => one.type === 'told');
  assert.equal(told?.id, 7);
  assert.deepEqual(
    told.latest?.map(({ prediction }) => prediction),
    made.slice(2).toReversed(),
  );
  reports.length = 0;
  plane.command({
    type: 'tell',
    id: 8,
    about: { what: 'latest', workspace: 'other', endpoint: 'e', limit: 10 },
  });
  assert.deepEqual(reports, [{ type: 'told', id: 8 }]);
});

test('a server that does not read hears later, and nothing twice or never', async (t) => {
  const reports: Report[] = [];
  let stalled = true;
  const plane = createPlane({
    ids,
    report: (one) => reports.push(one),
    stalled: () => stalled,
    open: async ({ key }) => new Scaler(key, 2),
  });
  t.after(() => plane.close());
  plane.command({ type: 'load', place: place('a') });
  await sleep(1);
  plane.command({ type: 'table', sequence: 1, keep: [], endpoints: [endpoint([variant('a')])] });
  const ask = () =>
    new Promise((resolve) =>
      plane.predict({ workspace: 'default', endpoint: 'e', inputs: [tensor([1, 2])] }, resolve),
    );
  await ask();
  await sleep(1100);
  assert.equal(reports.filter(({ type }) => type === 'stats').length, 0);
  stalled = false;
  await ask();
  assert.equal(counted(plane, reports, 'champion').requests, 2);
});

test('a question behind others is given up when its caller leaves, and its place is free', async (t) => {
  const { load, table, ask, plane, reports } = open(t);
  const model = await load('a');
  table([endpoint([variant('a')], { queue: { most: 3, deadline: 100_000 } })]);
  let free = (): void => undefined;
  model.gate = new Promise((resolve) => (free = resolve));
  const caller = { gone: false };
  const first = ask();
  await has(model);
  const [left, stays] = [ask({ caller }), ask({ inputs: [tensor([3, 4, 5, 6])], caller: { gone: false } })];
  await assert.rejects(ask(), kind('limited'));
  caller.gone = true;
  await assert.rejects(left, kind('unavailable', /the caller ended the connection/));
  const next = ask({ inputs: [tensor([7, 8])] });
  free();
  assert.deepEqual(values(await first), [2, 4]);
  assert.deepEqual([...values(await stays), ...values(await next)], [6, 8, 10, 12, 14, 16]);
  assert.deepEqual(model.batches, [1, 3], 'one of one row, then three rows of the two that stayed');
  assert.equal(counted(plane, reports, 'champion').refused, 2);
});

test('who asks is asked once, and again after tokens changed; a refusal is not remembered for long', (t) => {
  const { plane, reports } = open(t);
  const heard: string[] = [];
  const ask = (): void =>
    plane.authenticate({ authorization: 'Bearer x', workspace: undefined, proxied: false }, (verdict) =>
      heard.push(verdict.ok ? verdict.name : verdict.message),
    );
  const asked = () => reports.filter(({ type }) => type === 'authenticate');
  ask();
  ask();
  assert.equal(asked().length, 1, 'two at once are one question');
  const { id } = asked()[0] as Extract<Report, { type: 'authenticate' }>;
  plane.command({ type: 'caller', id, verdict: { ok: true, workspace: 'w', may: true, name: 'ada' } });
  ask();
  assert.deepEqual(heard, ['ada', 'ada', 'ada']);
  const epoch = plane.callersEpoch;
  plane.command({ type: 'forget-callers' });
  assert.notEqual(plane.callersEpoch, epoch);
  ask();
  assert.equal(asked().length, 2);
});

test('a part of a workspace holds the endpoints that its patterns name, and a whole one all', () => {
  const whole = placeOf(partOf('team', undefined));
  assert.deepEqual([whole.workspace, whole.holds('anything')], ['team', true]);
  const part = placeOf(partOf('team', ['flights*', 'prices']));
  assert.equal(part.workspace, 'team');
  assert.deepEqual(
    ['flights', 'flights-2', 'prices', 'prices-2', ''].map((name) => part.holds(name)),
    [true, true, true, false, false],
  );
});
