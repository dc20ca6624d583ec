import assert from 'node:assert/strict';
import test from 'node:test';
import type { ExecutionDetail } from '../pipelines/contract.ts';
import type { Evaluation, MetricValue } from '../validation/contract.ts';
import { compareMetrics, compareSlices } from './compare-metrics.ts';
import type { CiReport } from './contract.ts';
import { judgeExecution } from './judge.ts';
import { toJunit } from './junit.ts';
import { toMarkdown } from './markdown.ts';

const metric = (name: string, value: number, half: number): MetricValue => ({
  name,
  value,
  low: value - half,
  high: value + half,
  n: 100,
});

/** Of an evaluation the report reads these. */
const evaluation = (own: Partial<Evaluation>): Evaluation =>
  ({ metrics: [], slices: [], rules: [], ...own }) as unknown as Evaluation;

test('a change counts past chance alone, whichever way is good, and a pair of models knows more than two intervals', () => {
  const now = evaluation({
    metrics: [
      metric('auc', 0.8, 0.02),
      metric('mae', 5, 0.1),
      metric('f1', 0.5, 0.02),
      metric('odd', 1, 0.1),
    ],
  });
  const metrics = [metric('auc', 0.77, 0.02), metric('mae', 4, 0.1), metric('f1', 0.5, 0.02)];
  const alone = compareMetrics(now, { metrics, slices: [], paired: false });
  assert.deepEqual(
    alone.map(({ name, says, paired }) => [name, says, paired]),
    [
      ['auc', 'open', false],
      ['mae', 'worse', false],
      ['f1', 'same', false],
      ['odd', 'alone', false],
    ],
  );
  assert.equal(alone[0]?.difference?.low, undefined, 'what nobody measured is not told');

  // Left less right, where right has the margin in it.
  const rules = [
    {
      rule: 'auc >= champion.auc - 0.005',
      verdict: 'pass' as const,
      rows: 100,
      reason: '',
      difference: { value: 0.035, low: 0.015, high: 0.055 },
    },
  ];
  const [auc, mae] = compareMetrics({ ...now, rules }, { metrics, slices: [], paired: true });
  assert.deepEqual([auc?.says, auc?.paired, mae?.paired], ['better', true, false]);
  assert.ok(Math.abs(auc!.difference!.low! - 0.01) < 1e-9, 'without the margin');
  assert.deepEqual(
    compareMetrics(now, undefined).map(({ says }) => says),
    ['alone', 'alone', 'alone', 'alone'],
  );
});

test('slices are told of that got worse or are weak, and no others', () => {
  const slice = (where: string, auc: number, worse = false) => ({
    where,
    column: 'c',
    value: where,
    rows: 50,
    metrics: [metric('auc', auc, 0.01)],
    worse,
  });
  const slices = [slice('a', 0.7), slice('b', 0.8), slice('c', 0.6, true)];
  const before = [slice('a', 0.8), slice('b', 0.8), slice('c', 0.6)];
  assert.deepEqual(
    compareSlices(evaluation({ slices }), { metrics: [], slices: before, paired: false }).map(
      ({ where, worse, weak }) => [where, worse, weak],
    ),
    [
      ['a', true, false],
      ['c', false, true],
    ],
  );
});

test('only what was judged passes', () => {
  const gate = { data: 'd', reasons: ['too low'], rules: [] };
  const of = (own: Partial<ExecutionDetail>) => {
    // Of an execution the verdict reads these.
    const {
      verdict,
      exit_code: code,
      reasons,
    } = judgeExecution({ steps: [], ...own } as unknown as ExecutionDetail);
    return [verdict, code, reasons];
  };
  assert.deepEqual(of({ state: 'succeeded', gate: { ...gate, state: 'judged', verdict: 'pass' } }), [
    'pass',
    0,
    [],
  ]);
  assert.deepEqual(of({ state: 'succeeded', gate: { ...gate, state: 'skipped', problem: 'not made' } }), [
    'undecided',
    2,
    ['not made'],
  ]);
  assert.deepEqual(of({ state: 'rejected', gate: { ...gate, state: 'judged', verdict: 'fail' } }), [
    'fail',
    1,
    ['too low'],
  ]);
  assert.equal(of({ state: 'rejected', gate: { ...gate, state: 'judged', verdict: 'inconclusive' } })[1], 2);
  assert.deepEqual(of({ state: 'failed', gate: { ...gate, state: 'failed', problem: 'no label' } }), [
    'undecided',
    2,
    ['no label'],
  ]);
  const gateless = { state: 'succeeded', steps: [] } as unknown as ExecutionDetail;
  assert.equal(judgeExecution(gateless, { number: 3 }).exit_code, 0, 'no file has a gate');
  const taken = judgeExecution(gateless, { number: 3, gate: { ...gate, state: 'judged', verdict: 'pass' } });
  assert.deepEqual([taken.verdict, taken.exit_code], ['undecided', 2], 'a gate that is taken away');
  assert.match(taken.reasons[0]!, /execution 3 .* put gate: back/);
  const change = { kind: 'version_registered' as const, model: 'm', version: '1' };
  assert.equal(
    judgeExecution({ ...gateless, ci: { change } }).exit_code,
    2,
    'a change that no gate looked at',
  );
  assert.equal(of({ state: 'failed', reason: 'gone' })[1], 2);
  const none = { state: 'failed', outcome: { reason: 'input', message: 'a sample of 0.001% has no row' } };
  const steps = [
    { name: 'prep', ...none },
    { name: 'train', ...none },
  ] as unknown as ExecutionDetail['steps'];
  assert.deepEqual(of({ state: 'failed', steps, ci: { sample: 0.000_01 } }), [
    'undecided',
    2,
    ['a sample of 0.001% has no row; take a larger share, or all of the data'],
  ]);
  assert.equal(
    of({ state: 'failed', steps, ci: {} })[1],
    1,
    'what a check on all of the data cannot read is the commit’s',
  );
  assert.equal(of({ state: 'cancelled' })[1], 2);
});

const EVIL =
  'a|b <img src=x onerror=alert(1)> @team #12 `x` [y](javascript:z) ``` \u0000\u001b[31m\n# h "q" ]]>';

const report = (own: Partial<CiReport>): CiReport => ({
  verdict: 'fail',
  exit_code: 1,
  summary: EVIL,
  reasons: [EVIL],
  execution: '0'.repeat(32),
  pipeline: 'p',
  number: 1,
  branch: EVIL,
  base: { branch: EVIL, execution: '1', number: 1, same_model: false, same_rows: false },
  metrics: [
    {
      name: 'auc',
      better: 'higher',
      now: { value: 0.7, low: 0.6, high: 0.8 },
      base: { value: 0.6, low: 0.5, high: 0.7 },
      difference: { value: 0.1 },
      paired: false,
      says: 'open',
    },
  ],
  slices: [],
  rules: [{ rule: EVIL, verdict: 'fail', reason: EVIL }],
  proof: { verdict: 'pass', summary: EVIL, warnings: [EVIL], leaks: [EVIL] },
  data: [{ name: 'd', dataset: 'x', version: 'v2', before: 'v1', text: EVIL }],
  steps: [
    { name: 'train', state: 'failed', needs: [], reasons: [], outcome: { reason: 'exit', message: EVIL } },
  ],
  warnings: [EVIL],
  links: { execution: 'javascript:alert(1)' },
  ...own,
});

test('nothing of a project becomes markup, a mention, a link or a row of its own', () => {
  // What stands in a block of code is text.
  const text = toMarkdown(report({})).replace(/```text[^]*?```/g, '');
  assert.doesNotMatch(text, /<img/, 'no element');
  assert.doesNotMatch(text, /@team|#12/, 'nobody is called, no issue is named');
  assert.doesNotMatch(text, /javascript:alert/, 'no link but to a page');
  assert.doesNotMatch(text, /[^\\]\]\(javascript/);
  // oxlint-disable-next-line no-control-regex -- it looks for them
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]/);
  for (const row of text.split('\n').filter((one) => one.startsWith('| ') && one.includes('train')))
    assert.equal(row.replaceAll(String.raw`\|`, '').split('|').length, 7, row);
  assert.equal(text.match(/^# /gm), null);
});

test('JUnit says it in XML that any reader takes', () => {
  const xml = toJunit(report({}));
  // oxlint-disable-next-line no-control-regex -- it looks for them
  assert.doesNotMatch(xml, /[\u0000-\u0009\u000b-\u001f]/);
  assert.doesNotMatch(xml, /<img|="[^"]*<|]]>/);
  assert.match(xml, /<testsuites name="p" tests="3" failures="2" errors="0" skipped="0"/);
  const opened = [...xml.matchAll(/<(\w+)[^<>]*?(\/?)>/g)].filter(([, , end]) => end === '');
  assert.equal(opened.length, [...xml.matchAll(/<\/[\w-]+>/g)].length, 'each element is closed');
  const quiet = toJunit(report({ rules: [], steps: [], verdict: 'undecided', summary: 'cancelled' }));
  assert.match(quiet, /<testcase classname="p\.verdict" name="cancelled" .*<error /);
});
