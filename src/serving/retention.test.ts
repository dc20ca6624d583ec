import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { addTestEndpoint, makeSegment } from '../../test/made-segments.ts';
import { onDatabases } from '../../test/on-databases.ts';
import { listEntries } from '../ledger/index.ts';
import type { Endpoint, EndpointDetail } from './contract.ts';
import { createSegments } from './segments.ts';
import { findDeletion, selectSegments } from './store-segments.ts';

const HOUR = 3_600_000;

onDatabases('retention of predictions', (on, open) => {
  test(`${on}: hours that are older than their endpoint keeps them go, but for what is needed; what went is known`, async () => {
    await using server = await open();
    const { ctx, data } = server;
    const now = Math.floor(ctx.clock.now() / HOUR) * HOUR;
    const old = await addTestEndpoint(ctx, 'old');
    const other = await addTestEndpoint(ctx, 'other');
    const patch = async (body: object): Promise<{ status: number; told: unknown }> => {
      const answer = await fetch(`${server.url}/api/v1/endpoints/old`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, told: await answer.json() };
    };
    for (const [body, field] of [
      [{}, 'body'],
      [{ keep_ms: HOUR + 1 }, 'keep_ms'],
      [{ keep_ms: 1 }, 'keep_ms'],
    ] as const) {
      const { status, told } = await patch(body);
      assert.deepEqual([status, (told as { error: { field: string } }).error.field], [400, field]);
    }
    const { status, told } = await patch({ keep_ms: 72 * HOUR });
    const { endpoint } = told as EndpointDetail;
    assert.deepEqual([status, endpoint.keep_ms], [200, 72 * HOUR]);
    const list = (await (await fetch(`${server.url}/api/v1/endpoints`)).json()) as { items: Endpoint[] };
    assert.equal(
      list.items.find(({ name }) => name === 'other')?.keep_ms,
      30 * 24 * HOUR,
      'as the server does',
    );

    const needed = now - 90 * HOUR;
    const segments = createSegments(ctx, data, { bytes: 1e9, days: 30 }, [
      async (_ctx, id) => (id === old.id ? [{ from: needed, to: needed + HOUR }] : []),
    ]);
    const made = [100, 90, 73, 72].map((ago, place) => {
      const at = [now - ago * HOUR + 1, now - ago * HOUR + 2];
      const one = makeSegment(path.join(segments.folder, old.id), {
        at,
        first: place * 2,
        maker: `a${place}`,
        serial: old.serial,
      });
      segments.announce({ endpoint: old.id, ...one });
      return { ...one, at: at[0]! };
    });
    const kept = makeSegment(path.join(segments.folder, other.id), {
      at: [now - 100 * HOUR],
      first: 0,
      maker: 'b0',
      serial: other.serial,
    });
    segments.announce({ endpoint: other.id, ...kept });
    segments.start();
    await segments.settled();
    const left = async (id: string): Promise<number[]> =>
      (await selectSegments(ctx, id, { limit: 9 })).map(({ from_at }) => Math.round((now - from_at) / HOUR));
    assert.deepEqual(await left(old.id), [72, 90]);
    assert.deepEqual(await left(other.id), [100]);
    for (const [place, there] of [false, true, false, true].entries())
      assert.equal(existsSync(path.join(segments.folder, old.id, made[place]!.file)), there);
    const { items } = await listEntries(ctx, { limit: 100 });
    assert.deepEqual(
      items
        .filter(({ action }) => /^(predictions\.deleted|endpoint\.changed)$/.test(action))
        .map(({ action, after }) => [action, after]),
      [
        [
          'predictions.deleted',
          {
            reason: 'age',
            keep_ms: 72 * HOUR,
            predictions: 4,
            rows: 5,
            files: 2,
            from: made[0]!.at,
            to: made[2]!.at + 1,
          },
        ],
        ['endpoint.changed', { keep_ms: 72 * HOUR }],
      ],
    );
    const why = async (at: number) =>
      (await findDeletion(ctx, { endpoint_id: old.id, serial: old.serial }, 'champion', at))?.reason;
    assert.deepEqual(
      await Promise.all(made.map(({ at }) => why(at))),
      ['age', undefined, 'age', undefined],
      'what is still there was not deleted',
    );
    const since = new Map((await segments.keptSince()).map((one) => [one.id, one.since]));
    assert.equal(since.get(old.id), needed, 'and what belongs to it stays');
    await segments.close();
    assert.deepEqual(server.errors, []);
  });
});
