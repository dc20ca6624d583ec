import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tensor, TensorSpec } from '../tensor.ts';
import { tryBatches, type Batching } from './batches.ts';

const NUMBER: TensorSpec = { name: 'x', datatype: 'FP64', shape: [-1], column: 'double' };
const WORD: TensorSpec = { name: 'word', datatype: 'BYTES', shape: [-1], column: 'string' };

const column = (spec: TensorSpec, values: ReadonlyArray<number | string>): Tensor => ({
  name: spec.name,
  datatype: spec.datatype,
  shape: [values.length],
  data: spec.datatype === 'BYTES' ? (values as string[]) : Float64Array.from(values as number[]),
});
const answer = (values: Iterable<number>): Tensor[] => {
  const data = Float64Array.from(values);
  return [{ name: 'y', datatype: 'FP64', shape: [data.length], data }];
};
const xs = (inputs: readonly Tensor[]): number[] => [...(inputs[0]!.data as Float64Array)];
const words = (inputs: readonly Tensor[]): string[] => [...(inputs[0]!.data as string[])];
const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);

const trial = (
  run: (inputs: Tensor[]) => Tensor[],
  spec = NUMBER,
  values: ReadonlyArray<number | string> = [spec === NUMBER ? 2 : 'b'],
): Promise<Batching> =>
  tryBatches(run, [column(spec, values)], [spec], { most: 32, ms: 10_000, nulls: false });

test('rows that are answered alone as they are together may be joined, and the trial says what it asked', async () => {
  const seen: number[] = [];
  const found = await trial((inputs) => {
    seen.push(inputs[0]!.data.length);
    return answer(xs(inputs).map((x) => 3 * x + 1));
  });
  assert.deepEqual(found, {
    joined: true,
    why: '4 rows (1 of its example, 1 near it, 1 far from it, 1 with missing or empty values) were answered alike alone and beside others',
    rows: { example: 1, near: 1, far: 1, missing: 1 },
    difference: 0,
  });
  assert.equal(Math.max(...seen), 32, 'a whole batch was asked, too');
});

test('a row that another one changes is never joined, also when the example has one row', async () => {
  const mean = (all: readonly number[]): number => sum(all) / all.length;
  const known = (all: readonly number[]): number[] => all.filter((x) => !Number.isNaN(x));
  const cases: Record<string, (inputs: Tensor[]) => Tensor[]> = {
    centring: (inputs) => answer(xs(inputs).map((x) => x - mean(xs(inputs)))),
    // Seen only where a value is missing beside one that is not.
    imputation: (inputs) => {
      const others = known(xs(inputs));
      const fill = others.length === 0 ? 0 : mean(others);
      return answer(xs(inputs).map((x) => (Number.isNaN(x) ? fill : x)));
    },
    // Seen only where one is far away.
    quantisation: (inputs) => {
      const step = Math.max(1, ...known(xs(inputs)).map(Math.abs)) / 127;
      return answer(xs(inputs).map((x) => Math.round(x / step) * step));
    },
    'a little of the others': (inputs) => answer(xs(inputs).map((x) => x + 1e-12 * sum(known(xs(inputs))))),
    sorting: (inputs) => answer(xs(inputs).toSorted((a, b) => a - b)),
    'one step behind': (inputs) => answer(xs(inputs).map((x, i, all) => x - (all[i - 1] ?? x))),
    'how many there are': (inputs) => answer(xs(inputs).map((x) => x / inputs[0]!.data.length)),
    'how many there are, from three on': (inputs) =>
      answer(xs(inputs).map((x, _i, all) => (all.length > 20 ? 0 : x))),
    // Integers alone become floats beside a missing value.
    'the type of the answer': (inputs) => {
      const [y] = answer(xs(inputs));
      return xs(inputs).some(Number.isNaN)
        ? [y!]
        : [{ ...y!, datatype: 'INT64', data: BigInt64Array.from(xs(inputs), (x) => BigInt(Math.round(x))) }];
    },
  };
  for (const [name, run] of Object.entries(cases)) {
    const { joined, why } = await trial(run);
    assert.equal(joined, false, name);
    assert.match(why, /answered otherwise/, name);
  }
  const codes = await trial((inputs) => {
    const sorted = [...new Set(words(inputs))].toSorted((a, b) => (a < b ? -1 : 1));
    return answer(words(inputs).map((word) => sorted.indexOf(word)));
  }, WORD);
  assert.match(codes.why, /is answered otherwise beside another one/);
});

test('an answer that is not one a row is never joined', async () => {
  for (const [name, run, why] of [
    ['an aggregate', (inputs) => answer([sum(xs(inputs))]), /it gives 1 rows in 'y' for 2/],
    ['equal rows once', (inputs) => answer(new Set(xs(inputs))), /it gives 1 rows in 'y' for 2/],
    ['always two', () => answer([1, 2]), /it gives 2 rows in 'y' for 1/],
    ['no shape', () => [{ name: 'y', datatype: 'FP64', shape: [], data: Float64Array.of(1) }], /no rows/],
  ] as const satisfies Array<[string, (inputs: Tensor[]) => Tensor[], RegExp]>) {
    const found = await trial(run);
    assert.deepEqual([found.joined, why.test(found.why)], [false, true], `${name}: ${found.why}`);
  }
});

test('a model that answers by chance or keeps a state is found out, and asked nothing that its example does not have', async () => {
  const asked = new Set<number>();
  let calls = 0;
  let before = 0;
  for (const run of [
    (inputs: Tensor[]) => answer(xs(inputs).map((x) => x + Math.random())),
    (inputs: Tensor[]) => answer(xs(inputs).map(() => calls++)),
    // What it was asked before: equal calls in a row are answered alike.
    (inputs: Tensor[]) => {
      const last = before;
      before = xs(inputs).at(-1)!;
      return answer(xs(inputs).map((x) => x - last));
    },
  ]) {
    before = 2;
    const found = await trial(
      (inputs) => {
        for (const x of xs(inputs)) asked.add(x);
        return run(inputs);
      },
      NUMBER,
      [2, 5],
    );
    assert.equal(found.joined, false);
    assert.match(found.why, /random or keeps a state/);
  }
  assert.deepEqual(
    [...asked].toSorted((a, b) => a - b),
    [2, 5],
  );
});

test('rows that the model refuses alone are left out; an input that it answered with one value alone proves nothing', async () => {
  const strict = (inputs: Tensor[]): Tensor[] =>
    answer(
      words(inputs).map((word) => {
        const at = ['a', 'b'].indexOf(word);
        if (at < 0) throw new Error(`unknown word '${word}'`);
        return at;
      }),
    );
  const one = await trial(strict, WORD);
  assert.deepEqual(one, {
    joined: false,
    why: "input 'word' was answered with one value alone: log an example of several rows that differ",
  });
  const two = await trial(strict, WORD, ['b', 'a']);
  assert.deepEqual([two.joined, two.rows], [true, { example: 2 }]);
  const together = await trial((inputs) => {
    if (inputs[0]!.data.length > 2) throw new Error('too many');
    return answer(xs(inputs));
  });
  assert.match(together.why, /it fails on rows that it answers one by one: too many/);
  const never = await trial(() => {
    throw new Error('not these');
  });
  assert.match(never.why, /does not take one row of its example by itself: not these/);
});

test('floats may move by the order of adding, and say how far; a model that is too slow to be tried is not joined', async () => {
  const rounded = await trial((inputs) =>
    answer(xs(inputs).map((x) => x * (inputs[0]!.data.length === 1 ? 1 : 1 + 1e-15))),
  );
  assert.equal(rounded.joined, true);
  assert.ok((rounded.difference ?? 0) > 0 && (rounded.difference ?? 1) < 1e-14);
  const slow = await tryBatches((inputs) => answer(xs(inputs)), [column(NUMBER, [2])], [NUMBER], {
    most: 32,
    ms: -1,
    nulls: false,
  });
  assert.deepEqual(slow, { joined: false, why: 'the trial of joined rows did not end within -0.001 s' });
});

test('a model that has no time for a whole batch is joined up to the rows that were tried', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let largest = 0;
  const slow = (inputs: readonly Tensor[]): Tensor[] => {
    const numbers = xs(inputs);
    largest = Math.max(largest, numbers.length);
    now += numbers.length * 20; // ms
    return answer(numbers);
  };
  const limits = { most: 100_000, ms: 10_000, nulls: false };
  const tried = await tryBatches(slow, [column(NUMBER, [1, 2, 3])], [NUMBER], limits);
  assert.equal(tried.joined, true, tried.why);
  assert.equal(tried.most, largest);
  assert.ok(largest > 20 && largest < 250, `${largest}`);
});
