import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import { dateChange } from './change-point.ts';
import { planDrift, startDrift, stepDrift, type DriftOptions, type ReferenceCounts } from './e-detector.ts';
import { DAY, MISSING, normalColumn, ORDER, quantile, sampler, wobble } from './streams.suite.ts';

/** `npm run test:deep` takes the whole size: 40 model-years, 400 changes of each kind. */
const TIMES = Number(process.env['TREADLE_DETECTORS'] ?? 1);
const REFERENCE = 10_000;

const reference = (name: string, counts: ArrayLike<number>, windows?: Float64Array[]): ReferenceCounts => ({
  name,
  counts,
  order: ORDER,
  shares: { missing: MISSING },
  ...(windows ? { windows } : {}),
});

test('no change: at most one drift alarm a model-year of 50 columns, 365 windows of 50 rows and more', () => {
  const years = TIMES > 1 ? 2 * TIMES : 1;
  const sizes = [50, 100, 200, 500, 1000, ...(TIMES > 1 ? [2000, 5000] : [])];
  const alarms = { shape: 0, share: 0 };
  const highest: number[] = [];
  for (let year = 0; year < years; year++) {
    const r = random(year + 1);
    // Two columns in five have no missing values, the others few, some and many.
    const missing = [0, 0, 0.0003, 0.02, 0.2];
    const columns = Array.from({ length: 50 }, (_one, k) => normalColumn(r, REFERENCE, missing[k % 5]!));
    const plan = planDrift(columns.map(({ counts }, k) => reference(`c${k}`, counts)));
    const draws = columns.map(({ shares }) => sampler(shares()));
    let state = startDrift(plan);
    const before = { shape: false, share: false };
    let high = 0;
    for (let day = 0; day < 365; day++) {
      const rows = r.pick(sizes);
      const counts = Object.fromEntries(draws.map((draw, k) => [`c${k}`, draw(r, rows)]));
      const step = stepDrift(plan, state, { from: day * DAY, to: (day + 1) * DAY, counts });
      ({ state } = step);
      for (const family of ['shape', 'share'] as const) {
        const { alarm, evidence } = step.result[family];
        if (alarm && !before[family]) alarms[family]++;
        before[family] = alarm;
        high = Math.max(high, evidence);
      }
    }
    highest.push(high);
  }
  console.log(
    `no change, ${years} model-years: ${alarms.shape} alarms of shapes, ${alarms.share} of missing values; highest evidence of a year, of 1 that alarms: median ${quantile(highest, 0.5).toPrecision(2)}, most ${Math.max(...highest).toPrecision(2)}`,
  );
  assert.ok(alarms.shape + alarms.share <= years);
});

interface Change {
  shift?: number;
  scale?: number;
  missing?: number;
  before?: number;
  rows?: number;
  reference?: number;
}

/** Windows from the change to the alarm, the window of the alarm counted. The other 49 columns add nothing to it. */
function delays(runs: number, change: Change, options: DriftOptions = {}): number[] {
  const { shift = 0, scale = 1, before = 0, missing = before, rows = 500 } = change;
  return Array.from({ length: runs }, (_one, run) => {
    const r = random(1000 + run);
    const { counts, shares } = normalColumn(r, change.reference ?? REFERENCE, before);
    const others = Array.from({ length: 49 }, (_other, k) => ({
      ...reference(`c${k}`, [1, 1]),
      order: [0, 1],
      shares: { missing: 1 },
    }));
    const plan = planDrift([reference('moved', counts), ...others], options);
    const [draw, moved] = [sampler(shares()), sampler(shares(shift, scale, missing))];
    let state = startDrift(plan);
    for (let day = 0; ; day++) {
      const own = (day < 30 ? draw : moved)(r, rows);
      const step = stepDrift(plan, state, { from: day * DAY, to: (day + 1) * DAY, counts: { moved: own } });
      ({ state } = step);
      const { alarm } = missing === before ? step.result.shape : step.result.share;
      if (day >= 30 && (alarm || day > 500)) return day - 29;
    }
  });
}

const told = (what: string, of: number[]): number => {
  const [median, most] = [quantile(of, 0.5), quantile(of, 0.9)];
  const once = of.filter((one) => one === 1).length / of.length;
  console.log(
    `${what}: median ${median}, p90 ${most} windows, ${(100 * once).toFixed(0)} % in the first (${of.length} runs)`,
  );
  return median;
};

test('what has changed is seen within few windows', () => {
  const runs = TIMES > 1 ? 20 * Math.min(20, TIMES) : 8;
  assert.ok(told('+0.2 σ in one of 50 columns, windows of 500', delays(runs, { shift: 0.2 })) <= 4);
  assert.ok(told('the same, reference of 1,000 rows', delays(runs, { shift: 0.2, reference: 1000 })) <= 12);
  assert.ok(told('+0.3 σ', delays(runs, { shift: 0.3 })) <= 2);
  assert.ok(told('+0.5 σ', delays(runs, { shift: 0.5 })) <= 1);
  assert.ok(told('spread × 1.15', delays(runs, { scale: 1.15 })) <= 5);
  assert.ok(told('missing 0 → 1 %', delays(runs, { missing: 0.01 })) <= 1);
  assert.ok(
    told(
      'missing 0.1 → 1.1 %, windows of 2,000',
      delays(runs, { before: 0.001, missing: 0.011, rows: 2000 }),
    ) <= 1,
  );
  assert.ok(
    told('missing 2 → 3 %, windows of 5,000', delays(runs, { before: 0.02, missing: 0.03, rows: 5000 })) <= 6,
  );
  if (TIMES === 1) return;
  told('missing 2 → 3 %, windows of 500', delays(runs, { before: 0.02, missing: 0.03 }));
  told('+0.15 σ', delays(runs, { shift: 0.15 }));
  told('+0.1 σ', delays(runs, { shift: 0.1 }));
});

/** Alarms of columns that are each watched as one of 50, begun anew after each alarm. Their windows' means move by themselves. */
function wobbling(columns: number, effect: number, rho: number, fitted: boolean, shift = 0) {
  let alarms = 0;
  const found: number[] = [];
  for (let column = 0; column < columns; column++) {
    const r: Random = random(5000 + column);
    const { shares } = normalColumn(r, REFERENCE);
    const effects = wobble(r, rho);
    const next = (by = 0): Float64Array => sampler(shares(effect * effects.next().value! + by))(r, 500);
    const windows = Array.from({ length: 60 }, () => next());
    const counts = windows.reduce(
      (sum, one) => sum.map((value, bin) => value + one[bin]!),
      new Float64Array(MISSING + 1),
    );
    const plan = planDrift([reference('one', counts, fitted ? windows : undefined)], { alarmsAYear: 1 / 50 });
    let state = startDrift(plan);
    for (let day = 0; day < 365; day++) {
      const step = stepDrift(plan, state, { from: day * DAY, to: (day + 1) * DAY, counts: { one: next() } });
      state = step.result.shape.alarm ? startDrift(plan) : step.state;
      alarms += Number(step.result.shape.alarm);
    }
    if (shift === 0) continue;
    let day = 365;
    state = { ...startDrift(plan), until: day * DAY };
    for (; day < 730; day++) {
      const step = stepDrift(plan, state, {
        from: day * DAY,
        to: (day + 1) * DAY,
        counts: { one: next(shift) },
      });
      ({ state } = step);
      if (step.result.shape.alarm) break;
    }
    found.push(day - 364);
  }
  return { alarms, found };
}

test('windows that differ by themselves: alarms with and without the fitted over-dispersion', () => {
  const columns = TIMES > 1 ? 100 : 4;
  for (const [effect, rho] of [
    [0.1, 0],
    [0.1, 0.7],
    [0.2, 0.7],
  ] as const) {
    const { alarms, found } = wobbling(columns, effect, rho, true, 0.2);
    const plain = wobbling(columns, effect, rho, false).alarms;
    const per = (count: number): string => ((count * 7300) / (columns * 365)).toFixed(1);
    console.log(
      `wobble of ${effect} σ, ρ ${rho}: ${per(alarms)} alarms in 7,300 column-days fitted, ${per(plain)} not; +0.2 σ then in a median of ${quantile(found, 0.5)} windows`,
    );
    assert.ok(alarms <= plain);
  }
});

test('the 90 % interval of when a column changed holds that time', () => {
  const runs = TIMES > 1 ? 1000 : 20;
  let held = 0;
  let exact = 0;
  const widths: number[] = [];
  for (let run = 0; run < runs; run++) {
    const r = random(9000 + run);
    const { counts, shares } = normalColumn(r, REFERENCE);
    const plan = planDrift([reference('one', counts)]);
    const change = 20 + r.integer(20);
    const windows = Array.from({ length: change + 8 }, (_one, day) => ({
      from: day * DAY,
      to: (day + 1) * DAY,
      counts: { one: sampler(shares(day < change ? 0 : 0.2))(r, 500) },
    }));
    const { since, low, high } = dateChange(plan, 'one', windows);
    held += Number(low <= change * DAY && change * DAY <= high);
    exact += Number(since === change * DAY);
    widths.push((high - low) / DAY + 1);
  }
  console.log(
    `when +0.2 σ began, eight windows of 500 later: the interval holds it in ${held} of ${runs} runs, median width ${quantile(widths, 0.5)} windows; the very window in ${exact}`,
  );
  assert.ok(held >= 0.85 * runs);
});
