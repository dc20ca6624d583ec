import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { exposition } from '../platform/exposition/index.ts';
import type { Variant } from './contract.ts';
import { createLive } from './live.ts';
import { planeMeasures } from './measures.ts';
import { Counters } from './plane/counters.ts';
import type { TableEndpoint } from './plane/protocol.ts';

const own = path.join(import.meta.dirname, '..', '..', '.setup', 'promtool');
const promtool = process.env['TREADLE_PROMTOOL'] ?? (existsSync(own) ? own : undefined);

const entry: TableEndpoint = {
  id: 'id',
  workspace: 'default',
  name: 'flight-delay',
  revision: 2,
  serial: 5,
  variants: [],
  sticky: false,
  queue: { most: 10, deadline: 10 },
  strict: false,
};
const variant = (role: Variant['role'], model: string): Variant => ({
  role,
  percent: 100,
  model,
  version: 3,
  version_ref: `model_version:${model}/3`,
  runtime: 'onnx',
});

/** Two planes, each with a champion and a shadow that did something. */
function text(workspace = 'default'): string {
  const live = createLive();
  live.know({ serial: 5, workspace: 'default', endpoint_id: 'id', endpoint: 'flight-delay', revision: 2 }, [
    variant('champion', 'a "quoted" \\ name\n'),
    variant('shadow', 'other'),
  ]);
  for (const plane of [0, 1]) {
    const champion = new Counters('id', 5, 'champion', 'a');
    const shadow = new Counters('id', 5, 'shadow', 'b');
    for (const ms of [0.05, 0.1, 4, 99_999]) champion.answered({ rows: 2, ms, queued: 0, at: 1 });
    champion.refused = 7;
    champion.waiting = 3;
    champion.kept = 5;
    champion.lost.full = 2;
    shadow.compared(1, () => ({ prediction: 'p', at: 1, champion: 1, shadow: 2 }));
    live.add(plane, [champion.report()!, shadow.report()!]);
    // A second look within the same second tells what waits once more, and that is not more that waits.
    live.add(plane, [champion.report()!]);
  }
  return exposition(planeMeasures(workspace, { all: [], entries: () => [entry].values(), models: 4 }, live));
}

test('what several planes did adds up, the histogram too, and labels are escaped', () => {
  const lines = text().split('\n');
  const labels =
    'workspace="default",endpoint="flight-delay",model="a \\"quoted\\" \\\\ name\\n",version="3",revision="2",role="champion"';
  const name = 'treadle_serving_request_duration_seconds';
  for (const line of [
    `${name}_bucket{${labels},le="0.0001"} 4`,
    `${name}_bucket{${labels},le="0.005"} 6`,
    `${name}_bucket{${labels},le="+Inf"} 8`,
    `${name}_count{${labels}} 8`,
    `treadle_serving_requests_total{${labels},outcome="ok"} 8`,
    `treadle_serving_requests_total{${labels},outcome="refused"} 14`,
    `treadle_serving_rows_total{${labels}} 16`,
    `treadle_serving_records_total{${labels}} 10`,
    `treadle_serving_records_dropped_total{${labels},reason="full"} 4`,
    'treadle_serving_queue_requests{workspace="default",endpoint="flight-delay"} 6',
    'treadle_serving_models_loaded 4',
  ])
    assert.ok(lines.includes(line), line);
  assert.match(text(), /treadle_serving_shadow_pairs_total\{.*role="shadow",result="different"\} 2\n/);
  assert.doesNotMatch(text('other'), /flight-delay/, 'nothing of another workspace');
});

test(
  'promtool finds no fault in it',
  { skip: promtool === undefined ? 'promtool is not here: node scripts/setup.mjs tests fetches it' : false },
  () => {
    const { status, stdout, stderr } = spawnSync(promtool!, ['check', 'metrics'], { input: text() });
    assert.deepEqual([status, stdout.toString(), stderr.toString()], [0, '', '']);
  },
);
