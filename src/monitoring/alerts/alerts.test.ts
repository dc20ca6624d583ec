import assert from 'node:assert/strict';
import test from 'node:test';
import type { AlertState, Signal } from '../contract.ts';
import { damped, findingsOf, inhibited, labelsOf, PATIENCE } from './causes.ts';
import { stepOf, type Standing } from './step.ts';

/** The states of an alert after each window, as `b`ad and `g`ood ones come. */
function lifeOf(
  windows: string,
  patience: { fires: number; resolves: number },
  from?: AlertState,
  sequential = false,
): string[] {
  let standing: Standing | undefined = from && { state: from, bad: 1, good: 0 };
  return Array.from(windows, (one) => {
    const next = stepOf(standing, { is: one === 'b' ? 'bad' : 'good', sequential }, patience);
    standing = next === 'gone' || next === undefined ? undefined : next;
    if (standing?.state === 'resolved') standing = undefined;
    return next === undefined ? '' : next === 'gone' ? 'gone' : next.state;
  });
}

test('an alert fires after enough bad windows in a row, and is resolved after enough good ones in a row', () => {
  const patience = { fires: 2, resolves: 2 };
  assert.deepEqual(lifeOf('ggbbbgg', patience), [
    '',
    '',
    'pending',
    'firing',
    'firing',
    'firing',
    'resolved',
  ]);
  // One window by chance, and one that flaps.
  assert.deepEqual(lifeOf('bgbg', patience), ['pending', 'gone', 'pending', 'gone']);
  assert.deepEqual(lifeOf('bbgbgbgg', patience), [
    'pending',
    'firing',
    'firing',
    'firing',
    'firing',
    'firing',
    'firing',
    'resolved',
  ]);
  assert.deepEqual(lifeOf('bg', { fires: 1, resolves: 1 }), ['firing', 'resolved']);
  // Evidence of all windows so far needs no second one that says so.
  assert.deepEqual(lifeOf('bgg', patience, undefined, true), ['firing', 'firing', 'resolved']);
});

test('what people said of it holds until it is resolved', () => {
  const patience = { fires: 1, resolves: 2 };
  assert.deepEqual(lifeOf('bbgg', patience, 'acknowledged'), [
    'acknowledged',
    'acknowledged',
    'acknowledged',
    'resolved',
  ]);
  assert.deepEqual(lifeOf('bgg', patience, 'silenced'), ['silenced', 'silenced', 'resolved']);
});

const signal = (name: Signal['signal'], state: Signal['state'], column?: string): Signal => ({
  signal: name,
  state,
  reason: `${name} of ${column ?? 'all'}`,
  evidence: {},
  ...(column === undefined ? {} : { column }),
});
const whole = { rows: 100, problem: undefined, usual: undefined };
const said = (signals: readonly Signal[], window: Parameters<typeof findingsOf>[1] = whole): string[] =>
  findingsOf(signals, window).map(({ cause, is, members }) => `${cause} ${is} ${members.join(' ')}`.trim());

test('all that one cause makes is one finding', () => {
  assert.deepEqual(
    said([
      signal('volume', 'ok'),
      signal('drift', 'alert', 'in_a'),
      signal('drift', 'alert', 'in_b'),
      signal('drift', 'ok', 'in_c'),
      signal('missing', 'ok', 'in_a'),
    ]),
    ['data good', 'drift bad in_a in_b', 'monitor good'],
  );
});

test('a column whose data is broken explains its own drift, and no other', () => {
  assert.deepEqual(
    said([
      signal('missing', 'alert', 'in_a'),
      signal('drift', 'alert', 'in_a'),
      signal('drift', 'ok', 'in_b'),
    ]),
    ['data bad in_a', 'drift good', 'monitor good'],
  );
  assert.deepEqual(said([signal('unseen', 'alert', 'in_a'), signal('drift', 'alert', 'in_b')]).slice(0, 2), [
    'data bad in_a',
    'drift bad in_b',
  ]);
});

test('a column that is otherwise since the version began explains its drift, unless its data is broken: that comes first', () => {
  const skew = (...columns: string[]): Signal => ({
    ...signal('skew', columns.length > 0 ? 'alert' : 'ok'),
    evidence: { columns },
  });
  const moved = [signal('drift', 'alert', 'in_a'), signal('drift', 'alert', 'in_b')];
  assert.deepEqual(said([skew('in_a'), ...moved]).slice(0, 2), ['skew bad in_a', 'drift bad in_b']);
  assert.deepEqual(said([skew('in_a', 'in_b'), ...moved, signal('missing', 'alert', 'in_a')]).slice(0, 2), [
    'data bad in_a',
    'skew bad in_b',
  ]);
  const broken = [skew('in_a'), moved[0]!, signal('missing', 'alert', 'in_a')];
  assert.deepEqual(said(broken), ['data bad in_a', 'monitor good']);
  assert.deepEqual(said([skew(), signal('drift', 'ok', 'in_a')]).slice(0, 2), ['skew good', 'drift good']);
  const [found] = findingsOf([skew('in_a')], whole);
  assert.equal(found?.sequential, true);
  const estimated = findingsOf([signal('estimated', 'alert')], whole);
  assert.deepEqual(
    estimated.flatMap(({ cause, sequential }) => (cause === 'drift' ? [sequential] : [])),
    [false],
    'an estimate is of its window alone',
  );
});

test('what was not compared says nothing, for or against; what could not be read is said', () => {
  assert.deepEqual(
    said([
      signal('volume', 'ok'),
      signal('drift', 'no_reference', 'in_a'),
      signal('drift', 'no_data', 'in_b'),
      signal('drift', 'not_recorded', 'in_c'),
      signal('performance', 'no_labels'),
      signal('coverage', 'ok'),
    ]),
    ['monitor good'],
  );
  assert.deepEqual(said([], { ...whole, problem: 'no reader' }), ['monitor bad']);
  assert.deepEqual(said([signal('drift', 'failed', 'in_a')]), ['monitor bad in_a']);
});

test('rows are few or many only against what is usual', () => {
  const of = (rows: number, usual?: number): string | undefined =>
    said([signal('volume', rows === 0 ? 'no_data' : 'ok')], { rows, problem: undefined, usual }).find((one) =>
      one.startsWith('volume'),
    );
  assert.equal(of(0), undefined);
  assert.equal(of(0, 100), 'volume bad');
  assert.equal(of(19, 100), 'volume bad');
  assert.equal(of(20, 100), 'volume good');
  assert.equal(of(501, 100), 'volume bad');
});

test('columns that are known to be broken explain their drift in later windows, too', () => {
  const drift = { cause: 'drift', is: 'bad', members: ['in_a', 'in_b'], summary: '' } as const;
  const of = (...members: string[]) => ({ ...drift, members });
  const known = (broken: string[], skewed: string[] = []) => ({
    broken: new Set(broken),
    skewed: new Set(skewed),
  });
  assert.deepEqual(inhibited(of('in_a', 'in_b'), known(['in_a']))?.members, ['in_b']);
  assert.equal(inhibited(of('in_a'), known(['in_a', 'in_c'])), undefined);
  assert.deepEqual(inhibited(of('in_a'), known([]))?.members, ['in_a']);
  assert.deepEqual(inhibited(of('in_a', 'in_b', 'in_c'), known(['in_a'], ['in_b']))?.members, ['in_c']);
  assert.equal(inhibited(of('out_y'), known(['in_a'])), undefined, 'answers follow their inputs');
  assert.equal(inhibited(of('out_y'), known([], ['in_a']))?.members.length, 1);
  const skew = { ...of('in_a', 'in_b'), cause: 'skew' as const };
  assert.deepEqual(
    inhibited(skew, known(['in_a'], ['in_b']))?.members,
    ['in_b'],
    'skew does not explain itself',
  );
  const worse = { ...of('in_a'), cause: 'performance' as const };
  assert.equal(inhibited(worse, known(['in_a'])), worse, 'harm is told whatever explains it');
});

test('what was resolved and came again is believed later', () => {
  assert.equal(damped(PATIENCE.drift, 0).resolves, 2);
  assert.equal(damped(PATIENCE.drift, 1).resolves, 4);
  assert.equal(damped(PATIENCE.drift, 9).resolves, 8);
  assert.deepEqual(lifeOf('bbgggg', damped(PATIENCE.drift, 1)), [
    'pending',
    'firing',
    'firing',
    'firing',
    'firing',
    'resolved',
  ]);
});

test('outcomes that stop are news only where some came before, and where there was something to come', () => {
  const coverage = (state: Signal['state'], rows: number): Signal => ({
    ...signal('coverage', state),
    evidence: { rows },
  });
  assert.deepEqual(
    labelsOf([coverage('no_labels', 10)], true).map(({ cause, is }) => [cause, is]),
    [['labels', 'bad']],
  );
  assert.deepEqual(labelsOf([coverage('no_labels', 10)], false), []);
  assert.deepEqual(labelsOf([coverage('no_labels', 0)], true), []);
  assert.equal(labelsOf([coverage('ok', 10)], true)[0]?.is, 'good');
  assert.deepEqual(labelsOf([], true), []);
  const others = labelsOf([coverage('ok', 10), signal('labels', 'alert')], true);
  assert.deepEqual(
    others.map(({ cause, is }) => [cause, is]),
    [['labels', 'bad']],
    'outcomes that are others than the version learnt from',
  );
});
