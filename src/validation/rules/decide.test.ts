import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryMetrics } from '../metrics/binary.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { regressionMetrics } from '../metrics/regression.ts';
import { CHAMPION_ITSELF, type Figures } from './compute.ts';
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

test('a rule with a margin asks for non-inferiority, says the margin, and how many rows tell it', () => {
  const { candidate, champion } = draw(5, 3000, 0.3);
  const figures = figuresOf(3000, candidate, champion);
  const rule = judge('auc >= champion.auc - 0.02', figures);
  assert.deepEqual([rule.verdict, rule.margin], ['pass', 0.02]);
  assert.match(rule.reason, /not worse than the champion by more than 0\.02 \(candidate less champion /);
  // By the spread of the paired differences, whatever this difference is: four times the margin, a sixteenth of the rows.
  const wide = judge('auc >= champion.auc - 0.08', figures);
  assert.ok(Math.abs(rule.required_rows! / wide.required_rows! - 16) < 1);
  const half = (rule.difference!.high - rule.difference!.low) / 2;
  const wanted = 3000 * ((half * (1.96 + 0.8416)) / 1.96 / 0.02) ** 2;
  assert.ok(Math.abs(rule.required_rows! - wanted) < 2, `${rule.required_rows} for ${wanted}`);

  const tight = judge('auc >= champion.auc - 0.0001', figuresOf(3000, champion, candidate));
  assert.notEqual(tight.verdict, 'pass');
  const close = draw(6, 400, 0.3);
  const open = judge('auc >= champion.auc - 0.005', figuresOf(400, close.candidate, close.candidate));
  assert.equal(open.verdict, 'pass', 'equal answers leave nothing to doubt');
  const swapped = judge('auc >= champion.auc - 0.02', figuresOf(400, close.champion, close.candidate));
  assert.equal(swapped.verdict, 'inconclusive', swapped.reason);
  assert.match(
    swapped.reason,
    /about [\d,]+ rows would show that an equally good candidate is not worse by more/,
  );

  const loss = judge('champion.log_loss * 1.05 >= log_loss', figures);
  const own = champion.get('log_loss') as Estimate;
  assert.ok(Math.abs(loss.margin! - 0.05 * own.value) < 1e-12, 'either way round, and as a share');
  assert.match(loss.reason, /candidate less champion -0\.0/, 'the candidate is the better one');
  assert.equal(judge('auc > champion.auc', figures).margin, undefined, 'superiority');
  assert.equal(judge('auc >= champion.f1 - 0.5', figures).margin, undefined, 'two figures');
  assert.equal(judge('auc >= 0.6', figures).margin, undefined);
});

/** Slices that each have their own pair of models. */
function sliced(pairs: Readonly<Record<string, { rows: number; pair: ReturnType<typeof draw> }>>): Figures {
  const all = Object.values(pairs).reduce((sum, { rows }) => sum + rows, 0);
  return {
    rows: all,
    values: ({ least = 30 }) => {
      const values = Object.entries(pairs).map(([value, { rows }]) => ({ value, rows }));
      const large = values.filter(({ rows }) => rows >= least);
      return { values: large, least, small: values.length - large.length };
    },
    find: (name) => {
      if (name.kind === 'fact' || !name.slice) return { missing: 'asked for a slice' };
      const { pair } = pairs[name.slice.value]!;
      const found = (name.of === 'champion' ? pair.champion : pair.candidate).get(name.name);
      return typeof found === 'object' ? found : { missing: found ?? 'unknown' };
    },
  };
}
const turned = ({ candidate, champion, baseline }: ReturnType<typeof draw>) => ({
  candidate: champion,
  champion: candidate,
  baseline,
});

test('a rule about each slice: all must be shown, one that is shown to be worse fails it, too few rows are inconclusive', () => {
  const rule = 'slice(origin).auc >= champion.slice(origin).auc - 0.02';
  const good = (seed: number, rows = 4000) => ({ rows, pair: draw(seed, rows, 0.4) });
  const shown = judge(rule, sliced({ ATL: good(1), DEN: good(2), JFK: good(3) }));
  assert.equal(shown.verdict, 'pass', shown.reason);
  assert.match(shown.reason, /all 3 slices of origin hold, also after Holm/);
  assert.deepEqual(
    shown.slices?.map(({ value, rows, verdict }) => [value, rows, verdict]),
    ['ATL', 'DEN', 'JFK'].map((value) => [value, 4000, 'pass']),
  );

  const bad = judge(
    rule,
    sliced({ ATL: good(1), DEN: { rows: 4000, pair: turned(draw(2, 4000, 1.5)) }, JFK: good(3) }),
  );
  assert.equal(bad.verdict, 'fail', bad.reason);
  assert.match(bad.reason, /1 of 3 slices of origin does not hold.*the worst: origin = DEN: worse than/);
  assert.deepEqual(
    bad.slices?.map(({ verdict }) => verdict),
    ['pass', 'fail', 'pass'],
  );

  const few = judge(rule, sliced({ ATL: good(1), DEN: good(2, 60), JFK: good(3, 12) }));
  assert.equal(few.verdict, 'inconclusive', few.reason);
  assert.match(
    few.reason,
    /the worst.*: origin = DEN.*about [\d,]+ rows like these.*1 more value has fewer than 30 rows and was not/,
  );
  assert.ok(few.required_rows! > few.rows && few.slices![1]!.required_rows! > 60);
  const large = 'slice(origin, rows >= 500).auc >= champion.slice(origin, rows >= 500).auc - 0.02';
  assert.equal(judge(large, sliced({ ATL: good(1), DEN: good(2, 60), JFK: good(3, 12) })).verdict, 'pass');
  assert.equal(judge(rule, sliced({ JFK: good(3, 12) })).verdict, 'inconclusive', 'no slice is no proof');
  assert.equal(judge(`not (${rule})`, sliced({ ATL: good(1) })).verdict, 'fail');
  const without = sliced({ ATL: good(1) });
  const first = {
    ...without,
    find: (name: Parameters<Figures['find']>[0]) =>
      name.kind === 'figure' && name.of === 'champion' ? ('no champion' as const) : without.find(name),
  };
  assert.match(judge(rule, first).reason, /no champion yet/);
});

test('what is shown of a slice alone need not be shown of it among forty', () => {
  const [bad, alone] = [{ fail: 0 }, { fail: 0 }];
  for (let seed = 0; seed < 3; seed++) {
    const pairs = Object.fromEntries(
      Array.from({ length: 40 }, (_one, i) => [
        `s${i}`,
        { rows: 150, pair: turned(draw(1000 * seed + i, 150, 0.6)) },
      ]),
    );
    const { slices } = judge('slice(s).accuracy >= champion.slice(s).accuracy', sliced(pairs));
    bad.fail += slices!.filter(({ verdict }) => verdict === 'fail').length;
    alone.fail += slices!.filter(({ difference }) => difference!.high < 0).length;
  }
  assert.ok(alone.fail > bad.fail, `${alone.fail} alone, ${bad.fail} together`);
});

test('on fewer rows than tell the margin a pass needs more than luck', () => {
  let lucky = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { candidate, champion } = draw(seed, 200, 0.3);
    const rule = judge('accuracy >= champion.accuracy - 0.005', figuresOf(200, candidate, champion));
    if (rule.verdict === 'pass') {
      const half = (rule.difference!.high - rule.difference!.low) / 2;
      assert.ok(rule.difference!.value / half > 2.57 / 1.97, rule.reason);
    } else if (rule.difference!.low > 0) {
      lucky++;
      assert.equal(rule.verdict, 'inconclusive');
      assert.match(rule.reason, /would be said .* do not tell such a margin.*only a chance of 0\.005/);
    }
  }
  assert.ok(lucky > 0, 'the case came up');
});
