import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestEndpoint } from '../../test/made-segments.ts';
import { onDatabases } from '../../test/on-databases.ts';
import { listEntries } from '../ledger/index.ts';
import { predictionHolder, pruneJob } from './retention.ts';
import { insertAlert, type AlertRow } from './store-alerts.ts';
import {
  insertMonitor,
  insertSignals,
  insertWindow,
  selectSignals,
  selectWindows,
  type MonitorRow,
} from './store-monitors.ts';
import { insertOutcomes, insertTable, selectOutcomes, selectTables } from './store.ts';

const HOUR = 3_600_000;

onDatabases('retention of outcomes and windows', (on, open) => {
  test(`${on}: outcomes, windows and signals go with the predictions that they are of; an alert that goes on needs its windows`, async () => {
    await using server = await open();
    const { ctx } = server;
    const { id: endpoint } = await addTestEndpoint(ctx, 'watched');
    const now = Math.floor(ctx.clock.now() / HOUR) * HOUR;
    const monitor: MonitorRow = {
      id: 'm1',
      workspace: 'default',
      endpoint_id: endpoint,
      generation: 1,
      window_ms: HOUR,
      label_delay_ms: 2 * HOUR,
      settings: '{}',
      created_at: 0,
      updated_at: 0,
      created_by: 'owner',
    };
    const windowOf = (ago: number, scored = true) => ({
      monitor_id: 'm1',
      generation: 1,
      from_at: now - ago * HOUR,
      to_at: now - (ago - 1) * HOUR,
      state: 'ok',
      row_count: 5,
      model: null,
      version: null,
      version_ref: null,
      problem: null,
      looked_at: 0,
      scored_at: scored ? 1 : null,
      stands_for_ms: null,
    });
    const outcomeOf = (id: string, time: number) => ({
      id,
      workspace: 'default',
      endpoint_id: endpoint,
      subject: id,
      prediction: id,
      row_number: 0,
      key: null,
      time,
      label: '1',
      number: 1,
      observed_at: time,
      received_at: time,
    });
    const tableOf = (id: string, received_at: number) => ({
      id,
      workspace: 'default',
      endpoint_id: endpoint,
      kind: 'folded',
      source: 'told one by one',
      files: '[]',
      reading: null,
      digest: id,
      refused: '{}',
      row_count: 3,
      accepted: 3,
      received_at,
      created_by: 'owner',
    });
    const since = now - 200 * HOUR;
    await ctx.write(async (tx) => {
      await insertMonitor(tx, monitor);
      for (let ago = 1; ago <= 250; ago++) {
        await insertWindow(tx, windowOf(ago, ago !== 3));
        await insertSignals(tx, [
          {
            monitor_id: 'm1',
            generation: 1,
            from_at: now - ago * HOUR,
            name: 'rows',
            signal: 'rows',
            column_name: null,
            value: 5,
            state: 'ok',
            reason: '',
            evidence: '{}',
          },
        ]);
      }
      await insertOutcomes(tx, [outcomeOf('o1', since - 1), outcomeOf('o2', since)]);
      await insertTable(tx, tableOf('t1', since - 1));
      await insertTable(tx, tableOf('t2', since));
    });

    assert.deepEqual(await predictionHolder(ctx, endpoint), [
      { from: now - 3 * HOUR, to: Number.POSITIVE_INFINITY },
    ]);
    const alert: AlertRow = {
      id: 'a1',
      workspace: 'default',
      endpoint_id: endpoint,
      monitor_id: 'm1',
      model: null,
      version: null,
      cause: 'drift',
      severity: 'ticket',
      state: 'firing',
      summary: '',
      members: '[]',
      bad_windows: 3,
      good_windows: 0,
      first_window: now - 90 * HOUR,
      last_window: now - 88 * HOUR,
      opened_at: 0,
      fired_at: 0,
      silenced_until: null,
      resolved_at: null,
      updated_at: 0,
      owner: null,
      runbook: null,
      feedback: null,
      feedback_by: null,
    };
    await ctx.write((tx) => insertAlert(tx, alert));
    assert.deepEqual((await predictionHolder(ctx, endpoint))[0], {
      from: now - 90 * HOUR,
      to: now - 87 * HOUR,
    });

    const prune = async (at: number, asked = true): Promise<number[]> => {
      await pruneJob({
        keptSince: async () => [{ workspace: 'default', id: endpoint, since: at, asked }],
      }).run(
        ctx,
        {},
        {
          id: 'x',
          attempt: 1,
          fence: 1,
          signal: new AbortController().signal,
          finish: async () => undefined,
        },
      );
      const windows = await selectWindows(ctx, monitor, { limit: 300 });
      const signals = await selectSignals(
        ctx,
        monitor,
        Array.from({ length: 250 }, (_, index) => now - (index + 1) * HOUR),
      );
      assert.equal(signals.length, windows.length);
      return windows.map(({ from_at }) => (now - from_at) / HOUR);
    };
    const outcomes = async (): Promise<string[]> =>
      (await selectOutcomes(ctx, endpoint, { after: '', limit: 9 })).map(({ id }) => id);
    assert.equal((await prune(since, false)).at(-1), 200);
    assert.deepEqual(await outcomes(), ['o1', 'o2'], 'nobody said how long they are kept');
    await prune(since);
    assert.deepEqual(await outcomes(), ['o2']);
    assert.deepEqual(
      (await selectTables(ctx, endpoint, { limit: 9 })).map(({ id }) => id),
      ['t2'],
    );
    assert.equal((await prune(now - 5 * HOUR)).length, 100, 'the newest stay however old they are');
    const { items } = await listEntries(ctx, { limit: 100 });
    assert.deepEqual(
      items.filter(({ action }) => action === 'outcomes.deleted').map(({ after }) => after),
      [
        { outcomes: 4, tables: 1, before: now - 5 * HOUR },
        { outcomes: 4, tables: 1, before: since },
      ],
    );
    assert.deepEqual(server.errors, []);
  });
});
