import { expect, json, many, type Stalls } from './stalls.ts';

/** Who hears of changes: live streams and webhooks. */
export async function eventRows({ url, sized, measure, post }: Stalls): Promise<void> {
  const run = (
    JSON.parse(expect(await post('/api/v1/runs', json({ experiment: '0' }))).text) as { id: string }
  ).id;
  const changes = () =>
    Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        post(`/api/v1/runs/${run}/log`, json({ metrics: [{ key: 'heard', value: i, step: i, time: i }] })),
      ),
    );
  const following = new AbortController();
  const streams = await many(sized(900), () => fetch(`${url}/api/v1/events`, { signal: following.signal }));
  for (const { body } of streams) void body?.pipeTo(new WritableStream()).catch(() => undefined);
  await measure('GET /events', `${streams.length} streams hear of 100 changes`, changes);
  following.abort();
  // Nobody listens there, so that each delivery fails and is tried again.
  const hooks = sized(200);
  await many(hooks, async () =>
    expect(await post('/api/v1/webhooks', json({ url: 'https://example.invalid/hook', types: ['*'] }))),
  );
  await measure('POST /webhooks', `${hooks} webhooks hear of 100 changes`, changes);
}
