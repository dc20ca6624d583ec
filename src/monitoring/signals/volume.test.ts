import assert from 'node:assert/strict';
import test from 'node:test';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { ServedMinute } from '../../serving/index.ts';
import type { MonitorRow } from '../store-monitors.ts';
import { volumeOf } from './volume.ts';

const minute = (version: number, rows: number): ServedMinute => ({
  at: 0,
  model: 'm',
  version,
  requests: rows,
  bad: 0,
  errors: 0,
  refused: 0,
  rows,
  latency: [],
});

test('of a share the volume is what was answered, so that a smaller share is no smaller traffic', async () => {
  const serving = { served: () => Promise.resolve([minute(1, 600), minute(2, 50), minute(1, 400)]) };
  const of = async (window_ms: number, rows: number, least: number, version?: number) => {
    const one = await volumeOf(
      {} as Ctx, // handed on to what stands for serving, and never looked at
      { serving },
      { window_ms } as MonitorRow, // the one thing of it that is read
      { endpoint: 'e', from: 0 },
      {
        rows,
        dropped: 0,
        rules: { least },
        ...(version === undefined ? {} : { version: { model: 'm', version, ref: 'r' } }),
      },
    );
    return [one.value, one.state, one.reason];
  };
  assert.deepEqual(await of(3_600_000, 1000, 1, 1), [1000, 'ok', '1,000 rows']);
  assert.deepEqual(await of(3_600_000, 97, 0.1, 1), [
    1000,
    'ok',
    '1,000 rows, of which 97 are recorded: the endpoint records 10 % of predictions',
  ]);
  assert.deepEqual((await of(3_600_000, 0, 0.1)).slice(0, 2), [1050, 'no_data']);
  assert.deepEqual((await of(2_000, 97, 0.1, 1)).slice(0, 2), [970, 'ok'], 'minutes say nothing of it');
});
