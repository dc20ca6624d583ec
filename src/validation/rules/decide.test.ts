import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryMetrics } from '../metrics/binary.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { regressionMetrics } from '../metrics/regression.ts';
import { CHAMPION_ITSELF, type Figures } from './decide.ts';
import { draw, figuresOf, judge } from './models.suite.ts';

test('forty rows decide nothing that thousands decide', () => {
  const few = draw(1, 40);
  const many = draw(1, 20_000);
  const [small, large] = [figuresOf(40, few.candidate), figuresOf(20_000, many.candidate)];
  const unsure = judge('auc >= 0.7', small);
  assert.equal(unsure.verdict, 'inconclusive', unsure.reason);
  assert.ok(unsure.required_rows! > 40 && unsure.rows === 40);
  assert.match(unsure.reason, /decides neither way .* about [\d,]+ rows would decide it/);
  assert.equal(judge('auc >= 0.7', large).verdict, 'pass');
  assert.equal(judge('auc >= 0.85', large).verdict, 'fail');
  assert.equal(judge('auc < 0.85', large).verdict, 'pass');
});

test('near a bound the value decides once the rows would show a difference that matters', () => {
  const { candidate } = draw(3, 60_000);
  const auc = candidate.get('auc') as Estimate;
  const figures = figuresOf(60_000, candidate);
  const near = judge(`auc >= ${auc.value - 0.0005}`, figures);
  assert.equal(near.verdict, 'pass', near.reason);
  assert.match(near.reason, /by less than 0\.01/);
  assert.ok(near.difference!.low < 0 && near.difference!.high > 0);
  assert.equal(judge(`auc >= ${auc.value + 0.0005}`, figures).verdict, 'fail');
  // Against a champion a small difference is the very question, so there it stays open.
  const same = judge(
    `auc >= champion.auc + 0.0005`,
    figuresOf(60_000, candidate, draw(3, 60_000, 0.02).candidate),
  );
  assert.ok(same.verdict !== 'pass');
});

test('a comparison with the champion is paired: what both have in common cancels', () => {
  const { candidate, champion } = draw(5, 3000, 0.3);
  const figures = figuresOf(3000, candidate, champion);
  const paired = judge('auc > champion.auc', figures);
  const [one, two] = [candidate.get('auc') as Estimate, champion.get('auc') as Estimate];
  const alone = Math.hypot(one.high! - one.low!, two.high! - two.low!);
  assert.ok(paired.difference!.high - paired.difference!.low < 0.7 * alone);
  assert.equal(paired.verdict, 'pass', paired.reason);
  assert.ok(Math.abs(paired.difference!.value - (one.value - two.value)) < 1e-12);
});

test('one loses the comparison when it is worse, and equal answers on few rows prove nothing', () => {
  const { candidate, champion } = draw(7, 20_000);
  assert.equal(judge('auc >= champion.auc', figuresOf(20_000, champion, candidate)).verdict, 'fail');
  const few = draw(8, 40).candidate;
  assert.equal(
    judge('accuracy >= champion.accuracy - 0.005', figuresOf(40, few, few)).verdict,
    'inconclusive',
  );
  const many = draw(8, 5000).candidate;
  assert.equal(judge('accuracy >= champion.accuracy - 0.005', figuresOf(5000, many, many)).verdict, 'pass');
});

test('the champion itself is not compared with itself', () => {
  const { candidate } = draw(11, 5000);
  const figures: Figures = {
    ...figuresOf(5000, candidate),
    find: (name) =>
      name.kind === 'figure' && name.of === 'champion'
        ? 'champion itself'
        : figuresOf(5000, candidate).find(name),
  };
  const alone = judge('auc > champion.auc', figures);
  assert.deepEqual([alone.verdict, alone.left, alone.reason], ['pass', undefined, CHAMPION_ITSELF]);
  assert.equal(judge('auc >= champion.auc and auc > 0.99', figures).verdict, 'fail', 'the rest counts');
});

test('without a champion a rule about it says nothing, and carries no other', () => {
  const { candidate, baseline } = draw(11, 5000);
  const figures = figuresOf(5000, candidate, undefined, baseline);
  const alone = judge('auc >= champion.auc - 0.005', figures);
  assert.deepEqual([alone.verdict, alone.left], ['pass', undefined]);
  assert.match(alone.reason, /no champion yet/);
  assert.equal(judge('not auc >= champion.auc', figures).verdict, 'pass');
  assert.equal(judge('auc > champion.auc or auc > 0.99', figures).verdict, 'fail');
  assert.equal(judge('auc > champion.auc and auc > 0.99', figures).verdict, 'fail');
  assert.equal(judge('auc > champion.auc and auc > baseline.auc', figures).verdict, 'pass');
  assert.equal(judge('rmse < champion.rmse', figures).verdict, 'fail', 'the candidate’s own is missing');
});

test('a missing value fails, whatever is asked of it', () => {
  const { candidate } = draw(13, 500);
  const figures = figuresOf(500, candidate);
  for (const rule of [
    'rmse < 3',
    'rmse > 3',
    'not rmse < 3',
    'auc > rmse',
    'auc / 0 > 1',
    'data.missing(x) < 0.1',
  ]) {
    const { verdict, reason } = judge(rule, figures);
    assert.equal(verdict, 'fail', rule);
    assert.match(reason, /missing|divides by 0/, rule);
  }
  assert.equal(judge('rmse < 3 or auc > 0.5', figures).verdict, 'pass');
});

test('what is counted and not sampled is decided by its value', () => {
  const figures = figuresOf(500, draw(13, 500).candidate);
  const rule = judge('data.rows >= 500', figures);
  assert.deepEqual([rule.verdict, rule.left, rule.right, rule.difference], ['pass', 500, 500, undefined]);
  assert.equal(judge('data.rows > 500', figures).verdict, 'fail');
  assert.equal(judge('2 * 3 == 6', figures).verdict, 'pass');
  assert.equal(judge('1 != 1', figures).verdict, 'fail');
});

test('and takes the worst, or the best, and inconclusive stands between', () => {
  const few = draw(1, 40).candidate;
  const figures = figuresOf(40, few);
  const [yes, no, open] = ['data.rows > 1', 'data.rows > 99', 'auc >= 0.7'];
  const table: ReadonlyArray<[string, string]> = [
    [`${yes} and ${open}`, 'inconclusive'],
    [`${no} and ${open}`, 'fail'],
    [`${yes} or ${open}`, 'pass'],
    [`${no} or ${open}`, 'inconclusive'],
    [`not (${open})`, 'inconclusive'],
    [`not (${no})`, 'pass'],
    [`${yes} and ${yes}`, 'pass'],
    [`${no} or ${no}`, 'fail'],
  ];
  for (const [rule, verdict] of table) assert.equal(judge(rule, figures).verdict, verdict, rule);
});

test('perfect separation on few rows is not certain', () => {
  const label = Uint8Array.from({ length: 12 }, (_one, i) => Number(i < 6));
  const score = Float64Array.from(label, (y, i) => (y + i / 100) / 2);
  const { metrics } = binaryMetrics(label, { score, probable: true });
  const auc = metrics.get('auc') as Estimate;
  assert.equal(auc.value, 1);
  assert.ok(auc.low! < 0.7);
  assert.equal(judge('auc >= 0.9', figuresOf(12, metrics)).verdict, 'inconclusive');
});

test('a figure of one row, or one without an end, decides nothing', () => {
  const one = regressionMetrics(Float64Array.of(3), Float64Array.of(3.5));
  const single = judge('rmse < 20', figuresOf(1, one));
  assert.deepEqual([single.verdict, single.difference], ['inconclusive', undefined]);
  assert.match(single.reason, /rmse of 1 row says nothing about others/);
  const endless = new Map([['auc', { name: 'auc', value: 0.7, n: 20, low: -Infinity, high: 1 }]]);
  assert.equal(judge('auc > 0.5', figuresOf(20, endless)).verdict, 'inconclusive');
});

test('rows that all came out alike are no certainty while they are few, or of one entity', () => {
  const alike = (n: number) =>
    regressionMetrics(
      Float64Array.from({ length: n }, (_one, i) => i / 4),
      Float64Array.from({ length: n }, (_one, i) => i / 4 + 0.25),
    );
  const two = judge('rmse < 0.5', figuresOf(2, alike(2)));
  assert.deepEqual([two.verdict, two.required_rows], ['inconclusive', 60]);
  assert.match(two.reason, /all of 2 rows came out alike: so few say nothing about others/);
  assert.equal(judge('rmse < 0.5', figuresOf(100, alike(100))).verdict, 'pass');
  assert.equal(judge('mae >= champion.mae', figuresOf(2, alike(2), alike(2))).verdict, 'inconclusive');
});
