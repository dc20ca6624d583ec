import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { openModel, sliceRows, type LoadedModel, type Tensor } from '../../src/runtimes/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createProcesses } from '../../src/platform/processes/index.ts';
import { makeIds } from '../../src/serving/prediction-id.ts';
import { createPlane } from '../../src/serving/plane/create-plane.ts';
import { packagedModels, placeOf } from '../packaged-models.ts';

/** Requests over all kinds of models; `TREADLE_JOINED=12000` is the whole campaign, `npm run test:deep` does it. */
const REQUESTS = Number(process.env['TREADLE_JOINED'] ?? 400);
/** Of what is much like another kind each takes a Python of its own, and is left to the campaign. */
const ALIKE: readonly string[] = [
  'whole-codes',
  'whole-quantised',
  'whole-counting',
  'sklearn-proba',
  'whole-imputed',
  'whole-ranked',
  'whole-since',
  'whole-integers',
  'whole-summed',
  'sklearn-regressor',
];
/** Callers that each wait for their answer before they ask again. */
const CALLERS = 24;

/** Kinds of models, and whether their rows may be joined; `never`: answers differ between equal calls, so there is nothing to compare. */
const KINDS = {
  'whole-rowwise': true,
  'whole-centred': false,
  'whole-imputed': false,
  'whole-codes': false,
  'whole-quantised': false,
  'whole-ranked': false,
  'whole-since': false,
  'whole-integers': false,
  'whole-dropped': false,
  'whole-summed': false,
  'whole-random': 'never',
  'whole-counting': 'never',
  'whole-strict': true,
  'whole-onnx-mean': false,
  'whole-onnx-norm': false,
  'whole-onnx-normed': true,
  'whole-onnx-softmax': false,
  'whole-onnx-quantised': false,
  'whole-onnx-noise': 'never',
  'sklearn-iris': true,
  'sklearn-proba': true,
  'sklearn-regressor': true,
  'onnx-iris': true,
  'onnx-columns': true,
} as const satisfies Record<string, boolean | 'never'>;

const processes = createProcesses();
after(() => processes.close());
const kinds = Object.keys(KINDS) as Array<keyof typeof KINDS>;
const names =
  process.env['TREADLE_JOINED'] === undefined ? kinds.filter((one) => !ALIKE.includes(one)) : kinds;
const folders = await packagedModels(...names);

/** Small, and the same every time: a failure can be asked again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const TEXTS = ['a', 'b', 'Ünited', '', 'AA', 'zz top', '日本'];
const TIMES = [
  '2001-02-03T04:05:06',
  '1971-01-01T00:00:00.5',
  '2024-02-29T23:59:59+05:30',
  '2030-01-01T00:00:00Z',
  'NaT',
];

/** One to three rows like the model's own, small, far, missing. */
function question(model: LoadedModel, random: () => number): Tensor[] {
  const sample = model.spec.sample!;
  const rows = 1 + Math.floor(random() * 3);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return sample.map((tensor, i) => {
    const spec = model.spec.inputs[i]!;
    const one = sliceRows(tensor, 0, 1);
    const width = one.data.length;
    const shape = [rows, ...tensor.shape.slice(1)];
    const number = (): number => {
      const kind = random();
      if (kind < 0.1) return NaN;
      if (kind < 0.2) return (random() - 0.5) * 1e7;
      return (random() - 0.3) * 20;
    };
    const length = rows * width;
    if (tensor.datatype === 'BYTES')
      return {
        ...tensor,
        shape,
        data: Array.from({ length }, () => pick(spec.column === 'datetime' ? TIMES : TEXTS)),
      };
    if (tensor.datatype === 'INT64')
      return {
        ...tensor,
        shape,
        data: BigInt64Array.from({ length }, () => BigInt(Math.floor(random() * 4))),
      };
    const values = Array.from({ length }, number);
    return {
      ...tensor,
      shape,
      data: tensor.datatype === 'FP32' ? Float32Array.from(values) : Float64Array.from(values),
    };
  });
}

/** As the trial allows: everything equal, floats but for the order of sums. */
function alike(alone: readonly Tensor[], beside: readonly Tensor[]): boolean {
  return (
    alone.length === beside.length &&
    alone.every((one, i) => {
      const other = beside[i]!;
      if (
        one.name !== other.name ||
        one.datatype !== other.datatype ||
        !isDeepStrictEqual(one.shape, other.shape)
      )
        return false;
      const most = one.datatype === 'FP64' ? 1e-9 : one.datatype === 'FP32' ? 1e-4 : 0;
      return Array.from<unknown, unknown>(one.data, (value) => value).every((value, at) => {
        const against: unknown = other.data[at];
        if (most === 0 || typeof value !== 'number' || typeof against !== 'number')
          return isDeepStrictEqual(value, against);
        if (Object.is(value, against) || value === against) return true;
        return Math.abs(value - against) <= most * Math.max(1, Math.abs(value), Math.abs(against));
      });
    })
  );
}

test('what is answered among other callers is what is answered alone, for models of every kind', async (t) => {
  let asked = 0;
  let joined = 0;
  for (const name of names) {
    const place = placeOf(folders[name]);
    const model = await openModel(place, { processes, log: silentLog });
    try {
      assert.equal(model.spec.batchable, KINDS[name] === true, `${name}: ${model.spec.batching?.why}`);
      if (KINDS[name] === 'never') continue;
      const random = generator(kinds.indexOf(name) + 1);
      const each = Math.ceil(REQUESTS / names.filter((one) => KINDS[one] !== 'never').length);
      const questions = Array.from({ length: each }, () => question(model, random));
      const alone: Array<Tensor[] | undefined> = [];
      for (const one of questions) alone.push(await model.run(one).catch(() => undefined));

      const plane = createPlane({
        ids: makeIds('key'),
        report: () => undefined,
        open: () => Promise.resolve(model),
      });
      try {
        plane.command({ type: 'load', place });
        await new Promise(setImmediate);
        const variant = { role: 'champion', percent: 100, model: name, version: 1, key: place.key } as const;
        const queue = { most: 1000, deadline: 120_000 };
        const endpoint = {
          id: name,
          workspace: 'default',
          name,
          revision: 1,
          serial: 1,
          variants: [variant],
          sticky: false,
          queue,
          strict: false,
        };
        plane.command({ type: 'table', sequence: 1, endpoints: [endpoint], keep: [] });
        const ask = (inputs: Tensor[]): Promise<Tensor[] | undefined> =>
          new Promise((resolve) =>
            plane.predict({ workspace: 'default', endpoint: name, inputs }, (_error, answer) =>
              resolve(answer?.outputs),
            ),
          );
        let next = 0;
        const caller = async (): Promise<void> => {
          for (let at = next++; at < each; at = next++) {
            const beside = await ask(questions[at]!);
            const own = alone[at];
            assert.ok(
              own === undefined ? beside === undefined : beside !== undefined && alike(own, beside),
              `${name}, question ${at}: ${JSON.stringify([questions[at], own, beside], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
            );
          }
        };
        await Promise.all(Array.from({ length: CALLERS }, caller));
        const { counts } = plane.find('default', name)!;
        asked += each;
        if (KINDS[name]) {
          // A batch with a row that the model refuses is asked again one by one.
          if (alone.every(Boolean)) assert.ok(counts.batches < counts.ok, `${name}: its rows were joined`);
          joined += counts.ok;
        } else assert.equal(counts.batches, counts.ok, `${name}: each was asked by itself`);
      } finally {
        await plane.close();
      }
    } finally {
      await model.close();
    }
  }
  t.diagnostic(
    `${asked} requests of ${names.length} kinds of models, ${joined} of them to models whose rows are joined`,
  );
});
