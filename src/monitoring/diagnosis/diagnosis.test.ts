import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import type { AlertReport, Signal } from '../contract.ts';
import { aucOf, classify } from './classifier.ts';
import { decompose } from './decompose.ts';
import { encode } from './encode.ts';
import type { LossParts } from './questions.ts';
import { rankCauses } from './rank-causes.ts';
import { recommend } from './recommend.ts';

const N = 2000;

/**
 * A world of one input that matters: `x` decides how often the model errs, and `y` is the outcome. `at` is the mean of x, `wrong` the chance of an
 * error at x, `share` how often y is 1 whatever x.
 */
function rowsOf(
  seed: number,
  {
    at = 0,
    wrong,
    share = 0.5,
    harder = 0,
  }: { at?: number; wrong(x: number): number; share?: number; harder?: number },
) {
  const seeded = random(seed);
  const x = Array.from({ length: N }, () => seeded.normal() + at);
  const label = Int32Array.from(x, () => Number(seeded.uniform() < share));
  const loss = Float64Array.from(x, (one, i) =>
    Number(seeded.uniform() < wrong(one) + (label[i] === 1 ? harder : 0)),
  );
  return { x, label, loss };
}

function partsOf(before: ReturnType<typeof rowsOf>, now: ReturnType<typeof rowsOf>): LossParts {
  const odds = classify([encode('in_x', before.x, now.x)], { before: N, now: N });
  const parts = decompose({ ...before, odds: odds.before }, { ...now, odds: odds.now });
  assert.ok(parts);
  assert.ok(
    Math.abs(parts.mix + parts.labels + parts.concept - (parts.now - parts.before)) < 1e-9,
    'they add up',
  );
  return parts;
}

/** Harder where x is large. */
const wrong = (x: number): number => (x > 1 ? 0.5 : 0.1);

test('a change of the loss is put down to what was changed', () => {
  const before = rowsOf(1, { wrong });
  const same = partsOf(before, rowsOf(2, { wrong }));
  for (const part of [same.mix, same.labels, same.concept])
    assert.ok(Math.abs(part) < 0.03, JSON.stringify(same));

  const mix = partsOf(before, rowsOf(3, { at: 1, wrong }));
  const change = mix.now - mix.before;
  assert.ok(change > 0.1 && mix.mix > 0.75 * change, JSON.stringify(mix));
  assert.ok(
    Math.abs(mix.concept) < 0.25 * change && Math.abs(mix.labels) < 0.1 * change,
    JSON.stringify(mix),
  );

  const concept = partsOf(before, rowsOf(4, { wrong: (x) => wrong(x) + 0.2 }));
  assert.ok(concept.concept > 0.85 * (concept.now - concept.before), JSON.stringify(concept));

  const harder = { wrong, harder: 0.4 };
  const labels = partsOf(rowsOf(5, { ...harder, share: 0.2 }), rowsOf(6, { ...harder, share: 0.8 }));
  assert.ok(labels.labels > 0.85 * (labels.now - labels.before), JSON.stringify(labels));
  assert.ok(mix.effective < same.effective, 'weights cost rows');
});

test('without enough outcomes on both sides nothing is put down to anything', () => {
  const before = rowsOf(1, { wrong });
  const none = { ...before, loss: before.loss.map(() => NaN), odds: new Float64Array(N) };
  assert.equal(decompose({ ...before, odds: new Float64Array(N) }, none), undefined);
});

test('rows that are alike are not told apart, others are; missing and unseen ones are places of their own', () => {
  const seeded = random(9);
  const normal = (n: number, at = 0): number[] => Array.from({ length: n }, () => seeded.normal() + at);
  const noise = encode('in_n', normal(N), normal(N));
  const auc = (column: ReturnType<typeof encode>) => aucOf(classify([noise, column], { before: N, now: N }));
  assert.ok(Math.abs(auc(encode('in_x', normal(N), normal(N))) - 0.5) < 0.03);
  assert.ok(auc(encode('in_x', normal(N), normal(N, 1))) > 0.7);
  const words = Array.from({ length: N }, (_, i) => ['a', 'b'][i % 2]!);
  assert.ok(
    auc(
      encode(
        'in_w',
        words,
        words.map((word, i) => (i % 3 === 0 ? 'z' : word)),
      ),
    ) > 0.6,
  );
  assert.ok(
    auc(
      encode(
        'in_w',
        words,
        words.map((word, i) => (i % 3 === 0 ? null : word)),
      ),
    ) > 0.6,
  );
  assert.deepEqual([...encode('in_w', ['a'], ['a', 'z', null]).now], [0, 1, 2]);
});

const signal = (name: Signal['signal'], column: string, value: number): Signal => ({
  signal: name,
  column,
  value,
  state: 'alert',
  reason: `${name} of much`,
  evidence: {},
});

test('a column is one cause, by its gravest signal; what moves the answers more comes first', () => {
  const bad = [
    {
      signals: [
        signal('drift', 'in_distance', 0.4),
        signal('range', 'in_distance', 0.2),
        signal('unit', 'in_distance', 0.3),
        signal('drift', 'in_month', 0.9),
        signal('drift', 'in_origin', 0.9),
        { ...signal('missing', 'in_quiet', 0), state: 'ok' as const },
      ],
    },
  ];
  const effects = [
    { column: 'in_month', moved: 0.5, score_effect: 0.01 },
    { column: 'in_origin', moved: 0.5, score_effect: 0.8 },
  ];
  const causes = rankCauses({ cause: 'data' }, bad, effects);
  assert.deepEqual(
    causes.map(({ kind, column }) => `${kind} ${column}`),
    ['unit in_distance', 'drift in_origin', 'drift in_month'],
  );
});

test('what is recommended follows from what is known, by the first reason that holds', () => {
  const DAY = 86_400_000;
  const known = {
    endpoint: 'late',
    window_ms: DAY,
    since: { at: 100 * DAY, words: '' },
    causes: [] as AlertReport['causes'],
    timeline: [] as AlertReport['timeline'],
  };
  const parts = { before: 0.1, now: 0.2, rows_before: 1, rows_now: 1, effective: 1, words: '' };
  const deploy = {
    at: 99.5 * DAY,
    kind: 'deploy',
    words: 'revision 4 began to answer',
    ref: 'revision:x',
  } as const;
  const broken = [{ kind: 'unit', column: 'in_distance', words: 'in_distance: in kilometres', share: 0.3 }];
  const concept = { ...parts, mix: 0.01, labels: 0, concept: 0.09 };
  const mix = { ...parts, mix: 0.08, labels: 0.01, concept: 0.01 };
  const of = (more: object) => recommend({ ...known, cause: 'performance', ...more }).do;
  assert.equal(of({ cause: 'data' }), 'fix_data');
  assert.equal(of({ causes: broken, timeline: [deploy], parts: concept }), 'fix_data');
  assert.equal(of({ timeline: [deploy], parts: concept }), 'roll_back');
  assert.equal(of({ timeline: [{ ...deploy, at: 50 * DAY }], parts: concept }), 'retrain');
  assert.match(recommend({ ...known, cause: 'performance', parts: mix }).words, /other rows .*90 %/);
  assert.equal(of({}), 'wait');
  assert.equal(of({ cause: 'drift' }), 'wait');
  assert.equal(of({ cause: 'labels', causes: broken }), 'mend');
  assert.equal(of({ cause: 'monitor' }), 'mend');
});
