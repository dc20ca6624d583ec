import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { sql } from 'kysely';
import { CANARY, openHouse, rowsOf, SECRET, type Granted, type House, type Known } from './security/house.ts';
import { requestTo, send, urlValue, type Answer } from './security/requests.ts';
import type { About, Endpoint } from '../../src/platform/http/contract.ts';

/** Every live route × every principal, generated from the routes themselves: a new one is in here without anybody's doing. */

/** What needs no token. A route that joins must be added here by hand. */
const PUBLIC = new Set([
  'GET /health',
  'GET /ready',
  'GET /version',
  'GET /openapi.json',
  'GET /docs',
  'GET /schema/treadle.json',
  // Whoever signs in has nothing yet, and whoever signs out may have nothing any more.
  'POST /api/v1/session',
  'DELETE /api/v1/session',
  'GET /api/v1/session/ways',
  'GET /sign-in/oidc',
  'GET /sign-in/oidc/callback',
  // It shows a token of an issuer that a service account trusts, or gets nothing.
  'POST /api/v1/token-exchange',
  // It shows a secret of its own, or hears nothing.
  'POST /api/v1/hooks/git/:id',
  'POST /api/v1/hooks/loops/:id',
  ...['api', 'ajax-api'].flatMap((twin) => [
    `GET /${twin}/3.0/mlflow/server-info`,
    // What MLflow has and we have not: the answer is that there is no such call.
    ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
      `${method} /${twin}/2.0/*`,
      `${method} /${twin}/3.0/*`,
    ]),
  ]),
]);

/** Every wrong credential on every route, some twenty thousand requests; `npm run test:deep` asks for it. */
const WHOLE = process.env['TREADLE_TEST_WHOLE'] === '1';

/** Present, and wrong: none of these may be taken for the absence of a credential, or for somebody. */
const MALFORMED = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer null',
  'Bearer undefined',
  'Bearer trd_',
  `Bearer trd_${'A'.repeat(43)}`,
  `Bearer trd_${'A'.repeat(100_0)}`,
  "Bearer ' or 1=1 --",
  'Bearer %00',
  'bearer\ttoken',
  'Basic',
  'Basic !!!!',
  `Basic ${Buffer.from('admin:password1234').toString('base64')}`,
  `Basic ${Buffer.from('admin').toString('base64')}`,
  `Basic ${Buffer.from(':').toString('base64')}`,
  'Digest username="admin"',
  'AWS4-HMAC-SHA256 Credential=x',
  'Negotiate abc',
];

const label = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path}`;

/** What each may do, said here a second time and by hand: what the server decides by is not what judges it. */
const MAY: Record<Known, readonly string[]> = {
  viewer: ['read'],
  editor: ['read', 'write'],
  approver: ['read'],
  admin: ['read', 'write', 'admin'],
  owner: ['read', 'write', 'admin', 'server'],
  'person-viewer': ['read', 'own'],
  'person-editor': ['read', 'write', 'own'],
  'person-approver': ['read', 'approve', 'own'],
  'person-admin': ['read', 'write', 'approve', 'admin', 'own'],
  'person-owner': ['read', 'write', 'approve', 'admin', 'own', 'server'],
  'person-by-group': ['read', 'write', 'own'],
  'personal-token': ['read', 'write'],
  service: ['read', 'write', 'admin'],
  step: ['read'],
};
const KNOWN = Object.keys(MAY) as Known[];
const STEP_ALSO = new Set(['run:write', 'logged_model:write']);

const verbOf = ({ action }: Endpoint): string =>
  action.startsWith('server:') ? 'server' : action.slice(action.lastIndexOf(':') + 1);
const may = (who: Known, endpoint: Endpoint): boolean =>
  MAY[who].includes(verbOf(endpoint)) || (who === 'step' && STEP_ALSO.has(endpoint.action));
/** Who has just enough, for what an order of calls goes by. */
const JUST: Record<string, Known> = {
  read: 'viewer',
  own: 'person-viewer',
  approve: 'person-approver',
  write: 'editor',
  admin: 'admin',
  server: 'owner',
};
const needs = (endpoint: Endpoint): number => Object.keys(JUST).indexOf(verbOf(endpoint));

let house: House;
let guarded: Endpoint[];
before(async () => {
  house = await openHouse('0.0.0.0');
  guarded = house.routes.map(({ endpoint }) => endpoint).filter((endpoint) => endpoint.action !== 'public');
});
after(async () => {
  await house[Symbol.asyncDispose]();
});

function call(
  endpoint: Endpoint,
  authorization: string | undefined,
  url = house.seeds,
  body = house.seeds,
): Promise<Answer> {
  const sent = requestTo(endpoint, url, body);
  return send(house.port, {
    ...sent,
    headers: { ...sent.headers, ...(authorization === undefined ? {} : { authorization }) },
  });
}

/** What an answer says beyond the names that the request itself held: those it may repeat. */
function unasked(answer: Answer): string {
  const { model, dataset, user, group } = house.seeds;
  const echoed = [model, dataset, `${model}-new`, user, group];
  return echoed.reduce(
    (text, name) => text.replaceAll(name, '').replaceAll(encodeURIComponent(name), ''),
    answer.all,
  );
}

/** Some at a time: one after the other takes long, all at once is another test. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

/** The datasets that the house committed are profiled in the background: a change of its own. */
async function profiled(): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from job where type = 'dataset.profile' and state in ('queued', 'running')`.execute(
      house.ctx.db,
    );
    if (Number(rows[0]?.n) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the public routes are these and no others', () => {
  const open = house.routes.map(({ endpoint }) => endpoint).filter(({ action }) => action === 'public');
  assert.deepEqual(new Set(open.map(label)), PUBLIC);
  assert.ok(guarded.length > 150, `only ${guarded.length} guarded routes were found`);
});

test('without a credential, or with one that expired, was revoked or is malformed, or of somebody disabled, every route refuses and changes nothing', async (t) => {
  await profiled();
  const held = [await rowsOf(house.ctx), await rowsOf(house.rival)];
  let sent = 0;
  const refused = async (endpoint: Endpoint, what: string, authorization: string | undefined) => {
    const answer = await call(endpoint, authorization);
    sent++;
    // Whoever guesses a password too often has to wait before the next guess.
    const waits = answer.status === 429 && authorization?.startsWith('Basic ') === true;
    assert.ok(
      answer.status === 401 || waits,
      `${label(endpoint)} with ${what}: ${answer.status} ${answer.body.slice(0, 200)}`,
    );
    assert.ok(!answer.all.includes(CANARY));
  };
  const { authorization } = house;
  // What is wrong with a credential is found before it is known which route is asked: each route is shown some of the ways, and they take turns.
  const wrong: Array<[string, string]> = [
    ['a revoked token', authorization.revoked],
    ['the password of somebody disabled', authorization.disabled],
    ...MALFORMED.map((malformed): [string, string] => [`'${malformed.slice(0, 40)}'`, malformed]),
    // The same secret, cut short or made longer, is another secret.
    ['half a token', authorization.admin.slice(0, -5)],
    ['a token and more', `${authorization.admin}A`],
    ['a token and a word', `${authorization.admin} junk`],
  ];
  assert.ok(guarded.length > wrong.length, 'each way had its turn');
  await each([...guarded.entries()], async ([at, endpoint]) => {
    await refused(endpoint, 'no credential', undefined);
    await refused(endpoint, 'an expired token', authorization.expired);
    await refused(endpoint, 'the token of somebody disabled', authorization['disabled-token']);
    for (const [what, shown] of WHOLE
      ? wrong
      : [wrong[at % wrong.length]!, wrong[(at * 7 + 3) % wrong.length]!])
      await refused(endpoint, what, shown);
  });
  assert.deepEqual([await rowsOf(house.ctx), await rowsOf(house.rival)], held);
  t.diagnostic(`${guarded.length} routes, ${sent} requests, all refused`);
});

test('every route × everybody whose rights are known: who may not is told so, and nothing changes', async (t) => {
  const held = await rowsOf(house.ctx);
  let forbidden = 0;
  let allowed = 0;
  await each(guarded, async (endpoint) => {
    assert.ok(verbOf(endpoint) in JUST, `${label(endpoint)} needs what nobody is asked for`);
    for (const who of KNOWN) {
      if (may(who, endpoint)) {
        allowed++;
        continue;
      }
      const answer = await call(endpoint, house.authorization[who]);
      assert.equal(answer.status, 403, `${label(endpoint)} as ${who}: ${answer.body.slice(0, 200)}`);
      assert.ok(!unasked(answer).includes(CANARY), `${label(endpoint)} as ${who}`);
      forbidden++;
    }
  });
  assert.equal(forbidden + allowed, guarded.length * KNOWN.length, 'the matrix has holes');
  assert.ok(forbidden > 500 && allowed > 500, `${forbidden} refused, ${allowed} allowed`);
  assert.deepEqual(await rowsOf(house.ctx), held);
  t.diagnostic(`${guarded.length} routes × ${KNOWN.length} principals: ${forbidden} refused`);
});

/** What a level lets somebody do with a thing, by hand. */
const LEVELS: Record<Granted['level'], readonly string[]> = {
  viewer: ['read'],
  editor: ['read', 'write'],
  approver: ['read', 'approve'],
  admin: ['read', 'write', 'approve', 'admin'],
};

/** The thing that a value of a request means, by hand: what the server resolves it by is not what judges it. */
function meant(kind: string, value: unknown): { kind: string; name: string } | undefined {
  const { seeds } = house;
  const text = String(value);
  const ours = { kind: 'experiment', name: 'Default' };
  switch (kind) {
    case 'dataset':
    case 'model':
    case 'endpoint':
    case 'environment':
      return { kind, name: text };
    case 'dataset_ref':
      return { kind: 'dataset', name: text.split('@')[0]! };
    case 'model_name':
      return { kind: 'model', name: text };
    case 'experiment_name':
      return { kind: 'experiment', name: text };
    case 'experiment':
      return text === '0' ? ours : undefined;
    case 'artifact':
      return text.startsWith('0/') ? ours : undefined;
    case 'run':
    case 'trace':
      return text === seeds.run ? ours : undefined;
    case 'logged_model':
      return text === seeds.loggedModel ? ours : undefined;
    case 'source':
      return text === `models:/${seeds.loggedModel}` ? ours : undefined;
    case 'granted':
      return value as { kind: string; name: string };
    // Of these there is none in the house, or only roles open them.
    default:
      return undefined;
  }
}

/** Values of a request at the place that a route says; of MLflow's calls wherever they stand. */
function sentAt(endpoint: Endpoint, about: Extract<About, { field: string }>): unknown[] {
  const { path, body = '{}' } = requestTo(endpoint, house.seeds, house.seeds);
  const query = Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? ''));
  const params = Object.fromEntries(
    [...endpoint.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => [
      name!,
      urlValue(name!, endpoint.path, house.seeds),
    ]),
  );
  if (endpoint.path.endsWith('*'))
    params['*'] = path.split('?')[0]!.split('/artifacts/').slice(1).join('/artifacts/');
  const json: Record<string, unknown> =
    endpoint.body === 'bytes' ? {} : (JSON.parse(body) as Record<string, unknown>);
  const from = { params, query, body: json, message: { ...query, ...json, ...params } }[about.in];
  if (about.field === '') return [from];
  let at: unknown[] = [from];
  for (const part of about.field.split('.'))
    at = at.flatMap((one) => {
      const value =
        typeof one !== 'object' || one === null
          ? undefined
          : part === '{}'
            ? Object.keys(one)
            : (one as Record<string, unknown>)[part];
      return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
    });
  return at;
}

/** Whether what was granted opens a route, as a request to it stands: by what the route says that it is about. */
function opens(granted: readonly Granted[], endpoint: Endpoint, person: boolean): boolean {
  const { about = [] } = endpoint;
  const own = verbOf(endpoint);
  const may = (verb: string, thing: { kind: string; name?: string } | undefined): boolean =>
    thing !== undefined &&
    (verb !== 'approve' || person) &&
    granted.some(
      ({ kind, level, name }) =>
        kind === thing.kind &&
        LEVELS[level].includes(verb) &&
        (thing.name === undefined ||
          new RegExp(`^${name.split('*').map(RegExp.escape).join('.*')}$`).test(thing.name)),
    );
  let named = 0;
  for (const one of about) {
    if ('listed' in one) continue;
    named++;
    if ('any' in one) {
      if (!may(own, { kind: one.kind })) return false;
      continue;
    }
    const values = sentAt(endpoint, one);
    if (values.length === 0 && one.optional !== true) return false;
    if (values.length === 0) named--;
    if (!values.every((value) => may(one.verb ?? own, meant(one.kind, value)))) return false;
  }
  return named > 0 || (own === 'read' && about.some((one) => 'listed' in one));
}

test('every route × everybody who has grants alone: what is not granted is refused, and nothing changes', async (t) => {
  await profiled();
  const held = await rowsOf(house.ctx);
  const count = { refused: 0, open: 0, about: 0 };
  await each(guarded, async (endpoint) => {
    if (endpoint.about) count.about++;
    for (const [guest, { authorization, granted }] of Object.entries(house.guests)) {
      const person = authorization.startsWith('Basic');
      const own = verbOf(endpoint) === 'own';
      if (own ? person : opens(granted, endpoint, true)) {
        count.open++;
        if (own || (verbOf(endpoint) !== 'read' && endpoint.about?.some((one) => 'listed' in one) !== true))
          continue;
        const { status, body } = await call(endpoint, authorization);
        assert.ok(
          status !== 401 && status !== 403,
          `${label(endpoint)} as ${guest}: ${status} ${body.slice(0, 300)}`,
        );
        continue;
      }
      const answer = await call(endpoint, authorization);
      // What cannot be read names nothing that a grant could be about.
      const unread = answer.status === 400 && endpoint.about !== undefined;
      assert.ok(
        answer.status === 403 || unread,
        `${label(endpoint)} as ${guest}: ${answer.status} ${answer.body.slice(0, 300)}`,
      );
      assert.ok(!unasked(answer).includes(CANARY), `${label(endpoint)} as ${guest}`);
      count.refused++;
    }
  });
  assert.equal(
    count.refused + count.open,
    guarded.length * Object.keys(house.guests).length,
    'the matrix has holes',
  );
  assert.ok(count.open > 200 && count.refused > 1000, JSON.stringify(count));
  assert.deepEqual(await rowsOf(house.ctx), held);
  t.diagnostic(
    `${guarded.length} routes, ${count.about} of them about things, × ${Object.keys(house.guests).length} guests: ${count.refused} refused, ${count.open} open`,
  );
});

test('a guest sees and changes nothing of what is not theirs, whatever ids they name beside their own', async (t) => {
  const marks = [CANARY, house.seeds.run, house.seeds.loggedModel];
  const marked = async () =>
    [...(await rowsOf(house.ctx))].flatMap(([table, rows]) =>
      (JSON.parse(rows) as object[])
        .map((row) => `${table} ${JSON.stringify(row)}`)
        .filter((row) => marks.some((mark) => row.includes(mark))),
    );
  const held = await marked();
  assert.ok(held.length > 30, `only ${held.length} rows are marked`);
  const { authorization } = house.guests.apart;
  let done = 0;
  await each(guarded, async (endpoint) => {
    for (const [url, body] of [
      [house.seeds, house.seeds],
      [house.apart, house.seeds],
      [house.seeds, house.apart],
      [house.apart, house.apart],
    ] as const) {
      // What is theirs is spared, or the rest would prove nothing.
      if (url === house.apart && (endpoint.method === 'DELETE' || verbOf(endpoint) === 'own')) continue;
      const answer = await call(endpoint, authorization, url, body);
      if (answer.status === 200) done++;
      const seen = unasked(answer);
      assert.ok(!seen.includes(CANARY), `${label(endpoint)} shows what is not theirs: ${seen.slice(0, 500)}`);
      assert.ok(
        answer.status < 500 || answer.status === 501,
        `${label(endpoint)}: ${answer.status} ${answer.body.slice(0, 300)}`,
      );
    }
  });
  assert.deepEqual(await marked(), held);
  assert.ok(done > 100, `only ${done} calls did what they are for: the guest was not tried at all`);
  t.diagnostic(`${done} calls were theirs to make`);
});

test('whoever may read is let in by every route that reads, however they came', async () => {
  const reading = guarded.filter((one) => verbOf(one) === 'read');
  await each(reading, async (endpoint) => {
    for (const who of KNOWN) {
      const { status, body } = await call(endpoint, house.authorization[who]);
      assert.ok(
        status !== 401 && status !== 403,
        `${label(endpoint)} as ${who}: ${status} ${body.slice(0, 200)}`,
      );
    }
  });
});

test('their own people do see it: the canary sings where it should', async (t) => {
  const singing: string[] = [];
  for (const endpoint of guarded.filter((one) => verbOf(one) === 'read')) {
    const answer = await call(endpoint, house.authorization.viewer);
    if (answer.status === 200 && unasked(answer).includes(CANARY)) singing.push(label(endpoint));
  }
  // If these were silent, the silence towards a rival would prove nothing.
  assert.ok(singing.length >= 40, `only ${singing.length} routes show the canary: ${singing.join(', ')}`);
  t.diagnostic(`${singing.length} routes show it`);
});

test('an admin of another workspace sees nothing and changes nothing here, whatever ids they name', async (t) => {
  const held = await rowsOf(house.ctx);
  assert.ok([...held.values()].filter((rows) => rows !== '[]').length > 15, 'few tables hold anything');
  let sent = 0;
  await each(guarded, async (endpoint) => {
    for (const [url, body] of [
      [house.seeds, house.seeds],
      [house.rivalSeeds, house.seeds],
      [house.seeds, house.rivalSeeds],
    ] as const) {
      // Their own credential is spared, or the rest would prove nothing.
      if (label(endpoint) === 'DELETE /api/v1/tokens/:id' && url === house.rivalSeeds) continue;
      const answer = await call(endpoint, house.authorization.rival, url, body);
      sent++;
      const seen = unasked(answer);
      assert.ok(!seen.includes(CANARY), `${label(endpoint)} shows what is not theirs: ${seen.slice(0, 500)}`);
      assert.ok(
        ['server', 'own', 'approve'].includes(verbOf(endpoint)) ||
          (answer.status !== 401 && answer.status !== 403),
        `${label(endpoint)} was not tried at all: ${answer.status}`,
      );
      assert.ok(
        answer.status < 500 || answer.status === 501,
        `${label(endpoint)}: ${answer.status} ${answer.body.slice(0, 300)}`,
      );
    }
  });
  const now = await rowsOf(house.ctx);
  for (const [table, rows] of held) assert.equal(now.get(table), rows, `the rival changed ${table}`);
  t.diagnostic(`${guarded.length} routes, ${sent} requests`);
});

test('naming another workspace in a header changes nothing of that', async () => {
  const sent = { method: 'GET', path: '/api/v1/models' };
  for (const header of ['x-treadle-workspace', 'x-mlflow-workspace']) {
    const answer = await send(house.port, {
      ...sent,
      headers: { authorization: house.authorization.rival, [header]: 'default' },
    });
    assert.equal(answer.status, 403, answer.body);
    assert.ok(!answer.all.includes(CANARY));
  }
});

test('the roles that may, can: no route turns its own people away', async () => {
  let done = 0;
  // What reads comes first: what writes may delete what is read.
  for (const endpoint of guarded.toSorted(
    (a, b) => needs(a) - needs(b) || Number(a.method === 'DELETE') - Number(b.method === 'DELETE'),
  )) {
    const answer = await call(endpoint, house.authorization[JUST[verbOf(endpoint)]!]);
    if (answer.status === 200) done++;
    assert.ok(
      answer.status !== 401 && answer.status !== 403,
      `${label(endpoint)}: ${answer.status} ${answer.body.slice(0, 300)}`,
    );
    assert.ok(
      answer.status < 500 || answer.status === 501,
      `${label(endpoint)}: ${answer.status} ${answer.body.slice(0, 300)}`,
    );
    assert.ok(!answer.all.includes(SECRET));
  }
  // Of MLflow's routes, each under two addresses, many name things by ids that are not here; of the rest most must have done something.
  assert.ok(done > guarded.length / 3, `only ${done} of ${guarded.length} calls did what they are for`);
  assert.deepEqual(house.errors, []);
});
