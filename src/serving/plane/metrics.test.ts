import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { makeIds } from '../prediction-id.ts';
import { Counters } from './counters.ts';
import { prometheus } from './metrics.ts';
import type { TableEndpoint } from './protocol.ts';
import { Records } from './records.ts';

const own = path.join(import.meta.dirname, '..', '..', '..', '.setup', 'promtool');
const promtool = process.env['TREADLE_PROMTOOL'] ?? (existsSync(own) ? own : undefined);

const endpoint: TableEndpoint = {
  id: 'id',
  workspace: 'default',
  name: 'flight-delay',
  revision: 2,
  serial: 5,
  variants: [
    { role: 'champion', percent: 100, model: 'a "quoted" \\ name\n', version: 3, key: 'a' },
    { role: 'shadow', percent: 50, model: 'other', version: 4, key: 'b' },
  ],
  fallback: {
    revision: 1,
    serial: 4,
    variants: [{ role: 'champion', percent: 100, model: 'other', version: 2, key: 'c' }],
  },
  sticky: false,
  queue: { most: 10, deadline: 10 },
  strict: false,
};

function text(): string {
  const counted = new Map(
    (['champion', 'shadow'] as const).map((role) => [`5/${role}`, new Counters('id', 5, role, role)]),
  ).set('4/champion', new Counters('id', 4, 'champion', 'c'));
  const champion = counted.get('5/champion')!;
  for (const ms of [0.05, 0.1, 4, 99_999]) champion.answered(2, ms, 1);
  champion.refused = 7;
  return prometheus([endpoint], counted, {
    lines: new Map([['id', { waiting: 3 }]]),
    models: 3,
    records: new Records(makeIds('k'), 4),
  });
}

test('the histogram adds up, and labels are escaped', () => {
  const lines = text().split('\n');
  const labels =
    'endpoint="flight-delay",model="a \\"quoted\\" \\\\ name\\n",version="3",revision="2",role="champion"';
  const name = 'treadle_serving_request_duration_seconds';
  for (const line of [
    `${name}_bucket{${labels},le="0.0001"} 2`,
    `${name}_bucket{${labels},le="0.005"} 3`,
    `${name}_bucket{${labels},le="+Inf"} 4`,
    `${name}_count{${labels}} 4`,
    `treadle_serving_requests_total{${labels},outcome="refused"} 7`,
    `treadle_serving_rows_total{${labels}} 8`,
    'treadle_serving_queue_requests{endpoint="flight-delay"} 3',
  ])
    assert.ok(lines.includes(line), line);
});

test(
  'promtool finds no fault in it',
  { skip: promtool === undefined ? 'promtool is not here: node scripts/setup.mjs tests fetches it' : false },
  () => {
    const { status, stdout, stderr } = spawnSync(promtool!, ['check', 'metrics'], { input: text() });
    assert.deepEqual([status, stdout.toString(), stderr.toString()], [0, '', '']);
  },
);

test('a second tells what happened in it, and nothing when nothing did', () => {
  const counters = new Counters('id', 5, 'champion', 'a');
  assert.equal(counters.report(), undefined);
  counters.answered(3, 1.2, 1);
  counters.bad++;
  const first = counters.report()!;
  assert.deepEqual(
    [first.requests, first.rows, first.bad, first.latency.reduce((a, b) => a + b)],
    [2, 3, 1, 1],
  );
  assert.equal(counters.report(), undefined);
  counters.waiting = 1;
  assert.deepEqual([counters.report()!.requests, counters.report()!.waiting], [0, 1]);
});
