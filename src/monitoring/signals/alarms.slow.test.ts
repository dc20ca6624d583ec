// What the monitor says of windows of which the truth is known: the way of a window from counts to signals, with all that is stored in between.
import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import type { Signal } from '../contract.ts';
import { DAY, quantile, sampler } from '../detectors/streams.suite.ts';
import { anchorNumeric } from '../statistics/anchor.ts';
import { count, type Histogram } from '../statistics/histogram.ts';
import { normalTail } from '../../platform/mathematics/index.ts';
import { findingsOf, PATIENCE } from '../alerts/causes.ts';
import { stepOf, type Standing } from '../alerts/step.ts';
import { judgeColumns } from './judge-columns.ts';
import type { Watched } from './questions.ts';
import { performanceOf } from './score.ts';
import { watchDrift, type DriftEvidence } from './watch-drift.ts';
import { watchHarm, type HarmEvidence } from './watch-harm.ts';

/** `npm run test:deep` takes the whole size. */
const TIMES = Number(process.env['TREADLE_DETECTORS'] ?? 1);
const COLUMNS = TIMES > 1 ? 50 : 12;
const REFERENCE = 10_000;

interface Column extends Watched {
  /** Shares of its bins if it has moved by so much, and so much is missing. */
  shares(shift?: number, missing?: number): number[];
  missing: number;
}

function normalColumn(r: Random, column: string, missing: number): Column {
  const values = Float64Array.from({ length: REFERENCE }, () => (r.uniform() < missing ? NaN : r.normal()));
  const anchor = anchorNumeric(values);
  const shares = (shift = 0, lost = missing): number[] => {
    const below = [-Infinity, ...anchor.edges, Infinity].map((edge) => normalTail(shift - edge));
    const bins = Array.from(
      { length: anchor.edges.length + 1 },
      (_one, bin) => below[bin + 1]! - below[bin]!,
    );
    return [...bins.map((share) => (1 - lost) * share), 0, 0, lost];
  };
  return { column, anchor, histogram: count(anchor, values), shares, missing };
}

/** A model whose windows are looked at one after the other. */
function modelOf(r: Random) {
  // Two columns in five have no missing values, the others few, some and many.
  const missing = [0, 0, 0.0003, 0.02, 0.2];
  const columns = Array.from({ length: COLUMNS }, (_one, k) =>
    normalColumn(r, `in_${k}`, missing[k % missing.length]!),
  );
  const calm = columns.map(({ shares }) => sampler(shares()));
  let kept: string | undefined;
  let day = 0;
  return {
    columns,
    look(rows: number, moved?: (r: Random, rows: number) => Float64Array): Signal[] {
      const counted = columns.map(({ column, anchor }, k) => ({
        column,
        histogram: histogram(anchor.id, (k === 0 ? (moved ?? calm[k]!) : calm[k]!)(r, rows)),
        misfits: 0,
        outside: 0,
      }));
      const window = { from: day * DAY, to: ++day * DAY };
      const before = kept === undefined ? undefined : (JSON.parse(kept) as DriftEvidence);
      const { evidence, result } = watchDrift(columns, counted, window, before);
      kept = JSON.stringify(evidence);
      return judgeColumns(columns, { counted, unread: [] }, result);
    },
  };
}

const histogram = (anchor: string, counts: Float64Array): Histogram => ({
  version: 1,
  anchor,
  counts: [...counts],
  low: -3,
  high: 3,
});

const alarmed = (signals: readonly Signal[], only?: string): boolean =>
  signals.some(({ state, column }) => state === 'alert' && (only === undefined || column === only));

test('no change: at most one alarm a model-year, and no page', () => {
  const years = TIMES > 1 ? TIMES : 1;
  const days = TIMES > 1 ? 365 : 60;
  const sizes = [50, 100, 200, 500, 1000, 2000, 5000];
  let alarms = 0;
  let pages = 0;
  let fired = 0;
  for (let year = 0; year < years; year++) {
    const r = random(year + 1);
    const model = modelOf(r);
    let before = false;
    let drift: Standing | undefined;
    for (let day = 0; day < days; day++) {
      const signals = model.look(r.pick(sizes));
      const now = alarmed(signals);
      if (now && !before) alarms++;
      before = now;
      const findings = findingsOf(signals, { rows: 1, problem: undefined, usual: undefined });
      pages += findings.filter(({ cause, is }) => cause === 'performance' && is === 'bad').length;
      for (const finding of findings) {
        if (finding.cause !== 'drift') continue;
        const next = stepOf(drift, finding, PATIENCE.drift);
        if (next !== 'gone' && next?.state === 'firing' && drift?.state !== 'firing') fired++;
        drift = next === 'gone' || next?.state === 'resolved' ? undefined : next;
      }
    }
  }
  console.log(
    `signals of ${years} model-years without a change, ${COLUMNS} columns × ${days} windows: ${alarms} alarms, ${fired} alerts of drift, ${pages} pages`,
  );
  assert.ok(alarms <= years && fired <= years);
  assert.equal(pages, 0);
});

/** Windows of 500 from the change to the alarm of that column, the one of the alarm counted. */
function delays(runs: number, shift: number, missing: number, signal: Signal['signal']): number[] {
  return Array.from({ length: runs }, (_one, run) => {
    const r = random(1000 + run);
    const model = modelOf(r);
    for (let day = 0; day < 10; day++) model.look(500);
    const moved = sampler(model.columns[0]!.shares(shift, missing));
    for (let day = 1; ; day++) {
      const found = model
        .look(500, moved)
        .some((one) => one.signal === signal && one.column === 'in_0' && one.state === 'alert');
      if (found || day === 100) return day;
    }
  });
}

test('a shift of 0.2 σ in one column, and one point more missing, are seen within few windows', () => {
  const runs = TIMES > 1 ? 100 : 5;
  for (const [what, shift, missing, signal, most] of [
    ['+0.2 σ', 0.2, 0, 'drift', 4],
    ['missing 0 → 1 %', 0, 0.01, 'missing', 1],
  ] as const) {
    const found = delays(runs, shift, missing, signal);
    console.log(
      `signals of ${COLUMNS} columns, ${what} in one: median ${quantile(found, 0.5)}, p90 ${quantile(found, 0.9)} windows of 500 (${runs} runs)`,
    );
    assert.ok(quantile(found, 0.5) <= most, what);
  }
});

const JUDGED = [{ name: 'accuracy', value: 0.85, n: 10_000 }];
const ERRORS = 0.15;

/** Windows of 100 outcomes: those from the change to the page, or none; and pages where nothing changes. */
function outcomes(run: number, windows: number, rate: (window: number) => number): number[] {
  const r = random(7000 + run);
  const pages: number[] = [];
  let kept: string | undefined;
  for (let window = 0; window < windows; window++) {
    const values = Array.from({ length: 100 }, () => Number(r.uniform() < rate(window)));
    const span = { from: (window * DAY) / 10, to: ((window + 1) * DAY) / 10 };
    const losses = [{ loss: 'error' as const, values }];
    const before = kept === undefined ? undefined : (JSON.parse(kept) as HarmEvidence);
    const harm = watchHarm(losses, span, JUDGED, before);
    kept = JSON.stringify(harm.evidence);
    const wrong = values.reduce((sum, one) => sum + one, 0);
    const figures = [{ name: 'accuracy', value: 1 - wrong / 100 }];
    const signal = performanceOf(
      { labelled: 100, task: 'classes', figures, losses },
      JUDGED,
      harm,
      undefined,
    );
    const [finding] = findingsOf([signal], { rows: 0, problem: undefined, usual: undefined });
    if (finding?.cause === 'performance' && finding.is === 'bad') pages.push(window);
  }
  return pages;
}

test('no harm makes no page; five points of error more are paged within 1,300 outcomes', () => {
  const years = TIMES > 1 ? TIMES : 1;
  const calm = Array.from({ length: years }, (_one, year) =>
    outcomes(year, TIMES > 1 ? 3650 : 400, () => ERRORS),
  );
  const pages = calm.filter((one) => one.length > 0).length;
  const runs = TIMES > 1 ? 200 : 21;
  const found = Array.from({ length: runs }, (_one, run) => {
    const [first = Infinity] = outcomes(100 + run, 80, (window) => (window < 20 ? ERRORS : ERRORS + 0.05));
    return (first - 19) * 100;
  });
  console.log(
    `pages of ${years} model-years of 1,000 outcomes a day without harm: ${pages}; errors 15 → 20 %: paged after a median of ${quantile(found, 0.5)}, p90 ${quantile(found, 0.9)} outcomes (${runs} runs)`,
  );
  assert.equal(pages, 0);
  assert.ok(quantile(found, 0.5) <= 1300);
});
