import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryMetrics } from '../metrics/binary.ts';
import { byGroup, byTime, type Structure } from '../metrics/dependence.ts';
import type { Estimates } from '../metrics/estimate.ts';
import { random, type Random } from '../../../test/random.ts';
import { regressionMetrics } from '../metrics/regression.ts';
import { widened } from '../metrics/widen.ts';
import { measureDependence } from '../scoring/dependence.ts';
import { figuresOf, judge } from './models.suite.ts';

/**
 * How often one of two equal models wins where the rows go together: 2.5 % is promised. TREADLE_DEPENDENCE is the number of drawn
 * data sets, 150 unless said; the bounds leave room for what so few can show.
 */
const TIMES = Number(process.env['TREADLE_DEPENDENCE'] ?? 80);

interface Pair {
  candidate: Estimates;
  champion: Estimates;
  /** What is asked of each alone must hold the truth. */
  truth: number;
}
interface World {
  name: string;
  rule: string;
  metric: 'mae' | 'auc';
  rows: number;
  structure(declared: boolean): Structure;
  draw(r: Random): Pair;
  /** The share that passes if the rows are taken as independent, at least and at most. */
  naive: readonly [number, number];
}

/** A normal series with this correlation of neighbours. */
function series(r: Random, n: number, correlation: number): Float64Array {
  const values = new Float64Array(n);
  const fresh = Math.sqrt(1 - correlation ** 2);
  let last = r.normal();
  for (let i = 0; i < n; i++) {
    values[i] = last;
    last = correlation * last + fresh * r.normal();
  }
  return values;
}

const times = (n: number) => (declared: boolean) =>
  byTime(
    Uint32Array.from({ length: n }, (_one, i) => i),
    n,
    ['date'],
    declared,
  );

/** Two forecasts whose errors are two series of the same kind. */
const forecasts = (rows: number, correlation: number, naive: World['naive']): World => ({
  name: `${rows} moments, lag-one correlation ${correlation}`,
  rule: 'mae < champion.mae',
  metric: 'mae',
  rows,
  structure: times(rows),
  draw(r) {
    const label = new Float64Array(rows).fill(10);
    const said = (): Estimates =>
      regressionMetrics(
        label,
        series(r, rows, correlation).map((off) => 10 + off),
      );
    return { candidate: said(), champion: said(), truth: Math.sqrt(2 / Math.PI) };
  },
  naive,
});

/** Two classifiers that see one truth with noise that each entity has of its own. */
const entities = (groups: number, each: number, together: number, naive: World['naive']): World => {
  const rows = groups * each;
  const codes = Uint32Array.from({ length: rows }, (_one, i) => Math.floor(i / each));
  return {
    name: `${groups} entities of ${each} rows, ${together > 0 ? 'going together' : 'independent'}`,
    rule: 'auc > champion.auc',
    metric: 'auc',
    rows,
    structure: (declared) => byGroup(codes, groups, ['patient'], declared),
    draw(r) {
      const own = Float64Array.from({ length: groups }, () => r.normal());
      const z = Float64Array.from(
        codes,
        (g) => Math.sqrt(together) * own[g]! + Math.sqrt(1 - together) * r.normal(),
      );
      const label = Uint8Array.from(z, (one) => Number(r.uniform() < 1 / (1 + Math.exp(-1.5 * one))));
      const said = (): Estimates => {
        const off = Float64Array.from({ length: groups }, () => r.normal());
        return binaryMetrics(label, {
          score: Float64Array.from(
            z,
            (one, i) =>
              one + 0.8 * (Math.sqrt(together) * off[codes[i]!]! + Math.sqrt(1 - together) * r.normal()),
          ),
          probable: false,
        }).metrics;
      };
      return { candidate: said(), champion: said(), truth: NaN };
    },
    naive,
  };
};

const WORLDS: readonly World[] = [
  forecasts(1000, 0.95, [0.25, 0.42]),
  forecasts(300, 0.95, [0.25, 0.42]),
  forecasts(1000, 0, [0.005, 0.045]),
  entities(40, 50, 0.6, [0.06, 0.3]),
  entities(40, 50, 0, [0.005, 0.045]),
];

for (const { name, rule, metric, rows, structure, draw, naive } of WORLDS) {
  test(`two equal models: about 2.5 % pass ${rule} on ${name}`, { timeout: 600_000 }, () => {
    const passed = { independent: 0, declared: 0, found: 0 };
    let held = 0;
    let warned = 0;
    for (let i = 0; i < TIMES; i++) {
      const pair = draw(random(i * 7919 + rows));
      const wins = (structures: readonly Structure[]): number => {
        const figures = figuresOf(rows, new Map(pair.candidate), new Map(pair.champion));
        return Number(judge(rule, { ...figures, structures }).verdict === 'pass');
      };
      const counting = (declared: boolean) =>
        measureDependence(
          [structure(declared)],
          metric === 'mae' ? 'regression' : 'binary',
          [metric],
          pair,
          rows,
        );
      const declared = counting(true);
      const found = counting(false);
      assert.equal(declared.dependence.length, 1);
      passed.independent += wins([]);
      passed.declared += wins(declared.counting);
      passed.found += wins(found.counting);
      warned += found.dependence.length;
      const own = widened(pair.candidate, declared.counting, rows).get(metric);
      if (typeof own === 'object' && own.low! <= pair.truth && pair.truth <= own.high!) held++;
    }
    const share = (count: number): number => count / TIMES;
    const room = 2.6 * Math.sqrt((0.025 * 0.975) / TIMES);
    console.log(
      `${name}: independent ${(100 * share(passed.independent)).toFixed(1)} %, declared ${(100 * share(passed.declared)).toFixed(1)} %, found ${(100 * share(passed.found)).toFixed(1)} %; warned ${(100 * share(warned)).toFixed(1)} %${metric === 'mae' ? `; declared mae holds the truth ${(100 * share(held)).toFixed(1)} %` : ''}`,
    );
    assert.ok(share(passed.independent) >= naive[0] && share(passed.independent) <= naive[1]);
    assert.ok(share(passed.declared) <= 0.033 + room, `declared: ${share(passed.declared)}`);
    assert.ok(share(passed.found) <= 0.033 + room, `found: ${share(passed.found)}`);
    // Independent rows are told apart from those that go together.
    if (naive[0] > 0.05) assert.ok(share(warned) > 0.95, String(share(warned)));
    else assert.ok(share(warned) < 0.06, String(share(warned)));
  });
}
