// What rights cost: one decision with 10,000 grants in the workspace, what a request reads of them, and pages of lists for somebody who is
// there by grants alone beside somebody who has a role, at 100,000 runs and 1,000 models. Both ask in turn, so that both meet the same machine.
//   npm run bench -- rights --runs 100000 --grants 10000 --calls 400
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decide } from '../src/access/index.ts';
import { holding, type Said } from '../src/access/grants/held.ts';
import type { Actor } from '../src/platform/ctx/index.ts';
import { figure, median, option, percentile, report, scratch, settled, startTreadle } from './harness.ts';

const runs = option('runs', 100_000);
const grants = option('grants', 10_000);
const calls = option('calls', 400);
/** What one principal can have at most. */
const MOST = 1000;
const EXPERIMENTS = 10;
const MODELS = 1000;

const kinds = ['model', 'dataset', 'endpoint', 'experiment'] as const;
const said = (at: number): Said => ({
  level: at % 3 === 0 ? 'editor' : 'viewer',
  kind: kinds[at % kinds.length]!,
  // A third are patterns, one in ten of them with its * within.
  name:
    at % 3 !== 1
      ? `team-${at % 97}-thing-${at}`
      : at % 10 === 0
        ? `team-${at % 97}-*-${at}`
        : `team-${at % 97}-of-${at}-*`,
});

for (const count of [20, MOST, grants]) {
  const actor: Actor = {
    kind: 'user',
    id: 'u',
    name: 'u',
    user: 'u',
    role: 'guest',
    roles: [],
    grants: holding(Array.from({ length: count }, (_, at) => said(at))),
  };
  const times: number[] = [];
  const ROUND = 1000;
  let allowed = 0;
  for (let round = 0; round < 200; round++) {
    const began = performance.now();
    for (let at = 0; at < ROUND; at++) {
      const asked = said((round * 7919 + at * 104_729) % (2 * count));
      if (decide(actor, 'model:write', { kind: asked.kind, name: asked.name.replace('*', 'x') }).allowed)
        allowed++;
    }
    times.push(((performance.now() - began) / ROUND) * 1000);
  }
  if (allowed === 0) throw new Error('nothing was allowed: no grant was met');
  figure({
    name: `a decision, ${count.toLocaleString('en')} grants of the one who asks: p99 of 200 rounds of 1,000`,
    value: percentile(times, 0.99),
    unit: 'µs',
    better: 'lower',
  });
}

const folder = path.join(scratch(), 'data');
let server = await startTreadle(folder);
const owner = async (method: string, route: string, body?: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(server.url + route, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${route}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
};
/** So many at once: they share commits. */
async function many(count: number, make: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (next < count) await make(next++);
    }),
  );
}
const password = randomBytes(16).toString('hex');
await owner('POST', '/api/v1/users', { name: 'viewer', password, roles: ['viewer'] });
await owner('POST', '/api/v1/users', { name: 'guest', password });
const grant = (user: string, kind: string, name: string, level = 'viewer') =>
  owner('POST', '/api/v1/grants', { user, level, kind, name });
const ids: string[] = [];
for (let at = 0; at < EXPERIMENTS; at++) {
  ids.push(String((await owner('POST', '/api/v1/experiments', { name: `exp-${at}` }))['id']));
  await grant('guest', 'experiment', `exp-${at}`);
}
await many(MODELS, (at) => owner('POST', '/api/v1/models', { name: `model-${at}` }));
await grant('guest', 'model', 'model-*');
await many(MOST - EXPERIMENTS - 1, (at) => grant('guest', said(at).kind, said(at).name));
const others = Math.ceil((grants - MOST) / MOST);
await many(others, (at) => owner('POST', '/api/v1/users', { name: `other-${at}`, roles: ['viewer'] }));
await many(grants - MOST, (at) => grant(`other-${at % others}`, said(at).kind, said(at).name));
for (const id of ids) await owner('POST', '/api/v1/runs', { experiment: id, name: 'first' });
await server.stop();

// A hundred thousand requests would take longer than all that is measured.
const database = new DatabaseSync(path.join(folder, 'treadle.db'));
const columns = database
  .prepare(`select name from pragma_table_info('run')`)
  .all()
  .map(({ name }) => String(name));
const chosen = columns.map((name) =>
  name === 'id'
    ? `printf('%032x', n + 1000000 * experiment_id)`
    : name === 'started_at'
      ? 'started_at - n'
      : `"${name}"`,
);
database.exec(`
  with recursive count (n) as (select 1 union all select n + 1 from count where n < ${Math.floor(runs / EXPERIMENTS) - 1})
  insert into run (${columns.map((name) => `"${name}"`).join(', ')})
  select ${chosen.join(', ')} from run cross join count`);
database.close();
server = await startTreadle(folder);
await settled(server.pid);

const as = async (who: string, method: string, route: string, body?: object): Promise<number> => {
  const began = performance.now();
  const answer = await fetch(server.url + route, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${who}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${who}: ${method} ${route}: ${text}`);
  const { items } = JSON.parse(text) as { items: unknown[] };
  if (items.length === 0) throw new Error(`${who} sees nothing at ${route}`);
  return performance.now() - began;
};
const pages: Array<[string, string, string, object?]> = [
  [
    'runs of one experiment, newest first',
    'POST',
    '/api/v1/runs/search',
    { experiments: [ids[0]], limit: 100 },
  ],
  ['runs of all experiments, newest first', 'POST', '/api/v1/runs/search', { experiments: [], limit: 100 }],
  ['experiments with their counts of runs', 'GET', '/api/v1/experiments'],
  ['models', 'GET', '/api/v1/models?limit=100'],
];
for (const [name, method, route, body] of pages) {
  const times = { viewer: new Array<number>(), guest: new Array<number>() };
  for (let at = 0; at < calls + 20; at++)
    for (const who of at % 2 === 0 ? (['viewer', 'guest'] as const) : (['guest', 'viewer'] as const)) {
      const took = await as(who, method, route, body);
      if (at >= 20) times[who].push(took);
    }
  figure({
    name: `a page of ${name}, by grants alone: median of ${calls}`,
    value: median(times.guest),
    unit: 'ms',
    better: 'lower',
    peer: 'by a role',
    peerValue: median(times.viewer),
  });
}
await server.stop();
report();
