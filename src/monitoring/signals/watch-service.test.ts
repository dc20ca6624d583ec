import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import { latencyBucket } from '../../evidence/index.ts';
import type { ServedMinute } from '../../serving/index.ts';
import type { Signal } from '../contract.ts';
import { hasLearnt, learnNormal, watchService, type ServiceEvidence } from './watch-service.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A minute in which so many were asked; latencies are lognormal around 10 ms. */
function minuteAt(
  r: Random,
  at: number,
  {
    requests = 20,
    slower = 1,
    failing = 0.001,
  }: { requests?: number; slower?: number; failing?: number } = {},
): ServedMinute {
  const latency = new Map<number, number>();
  let errors = 0;
  for (let i = 0; i < requests; i++)
    if (r.uniform() < failing) errors++;
    else {
      const bucket = latencyBucket(10 * slower * Math.exp(0.5 * r.normal()));
      latency.set(bucket, (latency.get(bucket) ?? 0) + 1);
    }
  const answered = requests - errors;
  return {
    at,
    model: 'm',
    version: 1,
    requests,
    bad: 0,
    errors,
    refused: 0,
    rows: answered,
    queued_ms: answered,
    latency: [...latency],
  };
}

/** A version in windows of an hour whose first day has been learnt from; what is stored goes through JSON. */
function learnt(r: Random, requests = 20) {
  let hour = 24;
  const day = Array.from({ length: 24 * 60 }, (_one, k) => minuteAt(r, k * MINUTE, { requests }));
  let kept = JSON.stringify({ began: 0, bets: learnNormal(day) });
  return (made: (at: number) => ServedMinute): Signal[] => {
    const window = { from: hour * HOUR, to: ++hour * HOUR };
    const minutes = Array.from({ length: 60 }, (_one, k) => made(window.from + k * MINUTE));
    const { evidence, signals } = watchService(minutes, window, JSON.parse(kept) as ServiceEvidence);
    kept = JSON.stringify(evidence);
    return signals;
  };
}

const alarms = (signals: readonly Signal[]): string[] =>
  signals.flatMap(({ signal, state }) => (state === 'alert' ? [signal] : []));

test('figures are exact, and nothing is green before its first day is over', () => {
  assert.equal(hasLearnt(0, { from: 22 * HOUR, to: 23 * HOUR }), false);
  assert.equal(hasLearnt(0, { from: 23 * HOUR, to: 24 * HOUR }), true);
  assert.equal(hasLearnt(0, { from: 24 * HOUR, to: 48 * HOUR }), false, 'three windows of a day');
  assert.equal(hasLearnt(0, { from: 48 * HOUR, to: 72 * HOUR }), true);
  const minute = { ...minuteAt(random(1), 0, { requests: 0 }), requests: 100, bad: 3, errors: 1, refused: 1 };
  const latency = [[latencyBucket(2), 94] as const, [latencyBucket(900), 1] as const];
  const window = { from: 0, to: 2 * MINUTE };
  const { evidence, signals } = watchService([{ ...minute, queued_ms: 190, latency }], window, { began: 0 });
  const of = (name: Signal['signal']): Signal | undefined => signals.find(({ signal }) => signal === name);
  assert.deepEqual(
    signals.map(({ signal, state }) => [signal, state]),
    [
      ['latency', 'no_reference'],
      ['throughput', 'ok'],
      ['errors', 'no_reference'],
      ['queue', 'ok'],
    ],
  );
  const { p50_ms, p99_ms } = of('latency')!.evidence as { p50_ms: number; p99_ms: number };
  assert.ok(p50_ms >= 2 && p50_ms <= 2.1 && p99_ms >= 900 && p99_ms <= 945, of('latency')!.reason);
  assert.deepEqual([of('throughput')!.value, of('errors')!.value, of('queue')!.value], [100 / 120, 0.02, 2]);
  assert.deepEqual(evidence, { began: 0 });
  assert.deepEqual(watchService([], window, evidence), { evidence, signals: [] }, 'nothing was asked');
  assert.equal(learnNormal([minute]), undefined, 'a minute says nothing of what is normal');
});

test('weeks without a change, one slow request and one failure make no alarm', () => {
  for (const requests of [1, 20]) {
    const r = random(requests);
    const look = learnt(r, requests);
    const found = Array.from({ length: 300 }, () => look((at) => minuteAt(r, at, { requests })));
    assert.deepEqual(found.flatMap(alarms), []);
    const once = look((at) => {
      const one = minuteAt(r, at, { requests: 1, failing: at % HOUR === 0 ? 1 : 0 });
      return at % HOUR === MINUTE ? { ...one, latency: [[latencyBucket(60_000), 1]] } : one;
    });
    assert.deepEqual(alarms(once), []);
  }
});

test('answers that are slow for an hour, and a short outage, are told, and are over when they are', () => {
  const r = random(3);
  const look = learnt(r);
  const calm = (at: number): ServedMinute => minuteAt(r, at);
  look(calm);
  assert.deepEqual(alarms(look((at) => minuteAt(r, at, { slower: 2 }))), ['latency']);
  assert.deepEqual(alarms(look(calm)), []);
  const outage = look((at) => minuteAt(r, at, { failing: at % HOUR < 6 * MINUTE ? 1 : 0.001 }));
  assert.deepEqual(alarms(outage), ['errors']);
  assert.match(outage.find(({ signal }) => signal === 'errors')!.reason, /are put up with; since 1970-01-02/);
  assert.deepEqual(alarms(look(calm)), []);
  // Twice as slow is more than half as long again; a tenth slower is not.
  assert.deepEqual(alarms(look((at) => minuteAt(r, at, { slower: 1.1 }))), []);
});
