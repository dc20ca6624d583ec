import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { addUser, createWorkspace, Requests, setRoles, updateUser } from '../../src/access/index.ts';
import { setQuotas } from '../../src/access/quotas/quotas.ts';
import { commitVersion } from '../../src/data/index.ts';
import { openTest, type TestServer } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { call, framed } from './inference/bad/kind.ts';
import { play, python } from './mlflow-servers.ts';
import { quiet, rowsOf } from './security/house.ts';
import { requestTo, send } from './security/requests.ts';
import { apiOf, type Api } from './serving/api.ts';

/**
 * Two people with names and passwords, each in a workspace of their own, whose things are called the same, and one who is in
 * both. A canary of each sings through every door in its own workspace, and through none in the other.
 */

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const PASSWORD = 'four words nobody joins';
const basic = (name: string): string => `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;

/** What a model answers, as a number and, where bytes are sent, as the text that these bytes are. */
const ANSWERS = { ana: 'red!', ben: 'blue' } as const;
type Who = keyof typeof ANSWERS;
const answerOf = (who: Who): number => Buffer.from(ANSWERS[who]).readFloatLE(0);
const canary = (who: Who): string => `canary-of-${who}`;
const OTHER = { ana: 'ben', ben: 'ana' } as const;
const WORKSPACE = { ana: 'red', ben: 'blue' } as const;
const BOTH = ['ana', 'ben'] as const;

interface Made {
  api: Api;
  run: string;
  hash: string;
  size: number;
  prediction: string;
  loggedModel: string;
  seen: Record<string, unknown>;
}
let server: TestServer;
const made = {} as Record<Who, Made>;
/** What each hears of events, from before anything was made. */
const heard: Record<Who, string> = { ana: '', ben: '' };
const listening = new AbortController();

const as = (name: string, more: Record<string, string> = {}) =>
  play('mlflow-people.py', server.url, {
    MLFLOW_TRACKING_USERNAME: name,
    MLFLOW_TRACKING_PASSWORD: PASSWORD,
    ...more,
  });

before(async () => {
  if (skip !== false) return;
  server = await openTest();
  const { ctx } = server;
  for (const who of BOTH) await createWorkspace(ctx, WORKSPACE[who]);
  for (const who of BOTH)
    await addUser(ctx.as({ workspace: WORKSPACE[who] }), { name: who, password: PASSWORD, roles: ['admin'] });
  await addUser(ctx.as({ workspace: 'red' }), { name: 'cy', password: PASSWORD, roles: ['editor'] });
  await setRoles(ctx.as({ workspace: 'blue' }), 'cy', ['viewer']);
  await addUser(ctx.as({ workspace: 'red' }), { name: 'eve', password: PASSWORD, roles: ['viewer'] });
  for (const who of BOTH) await listen(who);
  for (const who of BOTH) made[who] = await make(who);
  await quiet(server.ctx);
});
after(async () => {
  listening.abort();
  await (server as TestServer | undefined)?.[Symbol.asyncDispose]();
});

async function listen(who: Who): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/events`, {
    headers: { authorization: basic(who) },
    signal: listening.signal,
  });
  assert.equal(answer.status, 200);
  void (async () => {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) heard[who] += chunk;
  })().catch(() => undefined);
}

/** Everything once, by each door: the real client makes runs and models, the native face data and endpoints. */
async function make(who: Who): Promise<Made> {
  const workspace = WORKSPACE[who];
  const api = apiOf(server.url, { authorization: basic(who) });
  const seen = await as(who, {
    MARK: canary(who),
    // Who comes second tries to reach what the first has made.
    ...(who === 'ben' ? { OTHER_RUN: made.ana.run, OTHER_MODEL: `model-${canary('ana')}` } : {}),
  });
  assert.equal(seen['registered'], 'done');
  const ctx = server.ctx.as({ workspace });
  const version = await registerOnnx(ctx, 'churn', constantOnnx(answerOf(who)), { mark: canary(who) });
  const blob = await ctx.blobs.put(Buffer.from(`id,word\n1,${canary(who)}\n`));
  for (const dataset of ['flights', `only-of-${who}`])
    await commitVersion(ctx, {
      dataset,
      files: [{ path: 'rows.csv', hash: blob.hash, size: blob.size }],
      message: canary(who),
    });
  for (const endpoint of ['churn', `only-of-${who}`])
    assert.equal((await api.deploy(endpoint, '1', { model: 'churn' })).state, 'live');
  const { prediction, value } = await api.ask('churn');
  assert.equal(Math.fround(value ?? 0), answerOf(who));
  return {
    api,
    run: String(seen['run']),
    seen,
    hash: blob.hash,
    size: blob.size,
    prediction,
    loggedModel: /models:\/(m-\w+)/.exec(version.source)?.[1] ?? '',
  };
}

/** What a client's call of somebody else's things may end with; where a download fails, the client says the second. */
const NOT_THERE = /^(RESOURCE_DOES_NOT_EXIST|INTERNAL_ERROR|HTTPError)$/;

test(
  'MLflow’s client lists, finds and opens what is of its own workspace, and reaches nothing by the ids of the other',
  { skip },
  async () => {
    const held = await rowsOf(server.ctx.as({ workspace: 'blue' }));
    const ana = await as('ana', {
      LOOK_ONLY: '1',
      MARK: canary('ana'),
      OTHER_RUN: made.ben.run,
      OTHER_MODEL: `model-${canary('ben')}`,
    });
    const now = await rowsOf(server.ctx.as({ workspace: 'blue' }));
    assert.deepEqual(
      [...held].filter(([table, rows]) => now.get(table) !== rows).map(([table]) => table),
      [],
      'tables that changed',
    );
    for (const [who, { everything, reached, experiments, runs, models }] of [
      ['ana', ana],
      ['ben', made.ben.seen],
    ] as const) {
      assert.ok(String(everything).split(canary(who)).length > 8, 'their own canary sings');
      assert.ok(!String(everything).includes(canary(OTHER[who])), 'the other one is silent');
      const byOtherDoors = who === 'ana' ? ['churn'] : []; // ben looked before
      const named = (runs as string[]).filter((name) => name.startsWith('run of'));
      assert.deepEqual(
        [experiments, named, models],
        [
          ['Default', `of ${canary(who)}`],
          [`run of ${canary(who)}`],
          [...byOtherDoors, `model-${canary(who)}`],
        ],
      );
      const tries = Object.entries(reached as Record<string, string>);
      assert.equal(tries.length, 16);
      for (const [what, became] of tries) assert.match(became, NOT_THERE, `${who}: ${what}: ${became}`);
    }
    // The same script does reach what it may: who may read sees what the others of the workspace made, and makes nothing.
    const eve = await as('eve', { OTHER_RUN: made.ana.run, OTHER_MODEL: `model-${canary('ana')}` });
    const { run, metric, download, upload, ...more } = eve['reached'] as Record<string, string>;
    assert.deepEqual(
      [eve['made'], run, metric, download, more['delete model']],
      ['PERMISSION_DENIED', 'done', 'PERMISSION_DENIED', 'done', 'PERMISSION_DENIED'],
    );
    assert.notEqual(upload, 'done');
    await updateUser(server.ctx.as({ workspace: 'red' }), 'eve', { disabled: true });
    await assert.rejects(as('eve'), /UNAUTHENTICATED|401|do not belong together/);
  },
);

test(
  'somebody who is in both says which one with MLFLOW_WORKSPACE, and is told so without',
  { skip },
  async () => {
    await assert.rejects(as('cy', { LOOK_ONLY: '1' }), /several workspaces: blue, red.*MLFLOW_WORKSPACE/s);
    const { everything } = await as('cy', { LOOK_ONLY: '1', MLFLOW_WORKSPACE: 'blue' });
    assert.ok(String(everything).includes(canary('ben')));
    assert.ok(!String(everything).includes(canary('ana')));
    // Naming one opens it to nobody else, and whether there is one of that name is told to nobody either.
    for (const [name, workspace] of [
      ['cy', 'default'],
      ['ana', 'blue'],
      ['ana', 'of-nobody'],
    ] as const) {
      const api = apiOf(server.url, { authorization: basic(name), 'x-mlflow-workspace': workspace });
      await assert.rejects(
        api.get('/api/2.0/mlflow/registered-models/search'),
        new RegExp(`: 403 .*no role in workspace '${workspace}'`),
      );
    }
  },
);

test(
  'REST: every route that reads, asked with the ids of the other, lists and searches included',
  { skip },
  async (t) => {
    const reading = server.routes
      .map(({ endpoint }) => endpoint)
      .filter(({ action, response }) => action.endsWith(':read') && response !== 'events');
    const port = Number(new URL(server.url).port);
    for (const who of BOTH) {
      const seedsOf = (one: Who) => ({
        experiment: '0',
        run: made[one].run,
        model: one === who ? 'churn' : `model-${canary(one)}`,
        loggedModel: made[one].loggedModel,
        dataset: one === who ? 'flights' : `only-of-${one}`,
        hash: made[one].hash,
        token: 'none',
        user: one,
        group: 'none',
      });
      const own: string[] = [];
      for (const endpoint of reading) {
        const ask = (of: Who) => {
          const sent = requestTo(endpoint, seedsOf(of), seedsOf(of));
          return send(port, { ...sent, headers: { ...sent.headers, authorization: basic(who) } });
        };
        const foreign = await ask(OTHER[who]);
        const label = `${endpoint.method} ${endpoint.path} as ${who}`;
        assert.notEqual(foreign.status, 401, label);
        const unasked = foreign.all.replaceAll(`model-${canary(OTHER[who])}`, '');
        assert.ok(!unasked.includes(canary(OTHER[who])), `${label}: ${unasked.slice(0, 400)}`);
        if ((await ask(who)).all.includes(canary(who))) own.push(endpoint.path);
      }
      assert.ok(own.length >= 20, `only ${own.length} show what is theirs`);
      t.diagnostic(`${who}: ${reading.length} routes, ${own.length} show their own canary, none the other`);
    }
  },
);

test(
  'SQL reads tables of its own workspace by names that both have, and none that only the other has',
  { skip },
  async () => {
    for (const who of BOTH) {
      const { api } = made[who];
      const sql = (query: string) => api.post<{ rows: unknown[][] }>('/api/v1/data/sql', { query });
      assert.deepEqual((await sql("select word from 'flights@main'")).rows, [[canary(who)]]);
      const failure = (query: string): Promise<string> =>
        sql(query).then(
          () => 'answered',
          (error: unknown) => String(error).replace(/"request_id":"[^"]*"/, ''),
        );
      const refused = await failure(`select * from 'only-of-${OTHER[who]}@main'`);
      assert.match(String(refused), /404.*no dataset/s);
      // What is not there at all is refused in the same words.
      const absent = await failure("select * from 'of-nobody@main'");
      assert.equal(
        String(refused)
          .replaceAll(`only-of-${OTHER[who]}`, 'X')
          .replace(/"request_id":"[^"]*"/, ''),
        String(absent)
          .replaceAll('of-nobody', 'X')
          .replace(/"request_id":"[^"]*"/, ''),
      );
      // Whoever knows a hash has not got the bytes: they count as not uploaded here.
      const { missing } = await api.post<{ missing: string[] }>('/api/v1/data/missing', {
        hashes: [made[who].hash, made[OTHER[who]].hash],
      });
      assert.deepEqual(missing, [made[OTHER[who]].hash]);
      const stolen = await api
        .post('/api/v1/datasets/stolen/versions', {
          files: [{ path: 'rows.csv', hash: made[OTHER[who]].hash, size: 10 }],
        })
        .catch(String);
      assert.match(String(stolen), /: 4\d\d /);
    }
  },
);

const field = (number: number, value: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};
/** ModelInfer of two floats, as gRPC frames it. */
const infer = (model: string): Buffer =>
  framed(
    Buffer.concat([
      field(1, model),
      field(5, Buffer.concat([field(1, 'x'), field(2, 'FP32'), field(3, Buffer.from([1, 2]))])),
      field(7, Buffer.alloc(8)),
    ]),
  );

test(
  'inference: an address that both have answers each with their own model, by HTTP and gRPC, and one of the other is none',
  { skip },
  async () => {
    const { endpoint } = await made.ana.api.get<{ endpoint: { address: string } }>('/api/v1/endpoints/churn');
    for (const who of BOTH) {
      const { api, prediction } = made[who];
      const headers = { authorization: basic(who) };
      const theirs = `only-of-${OTHER[who]}`;
      const naming = ['x-treadle-workspace', 'x-mlflow-workspace'].map((header) => ({
        [header]: WORKSPACE[OTHER[who]],
      }));
      for (const base of [server.url, endpoint.address]) {
        assert.equal(Math.fround((await api.ask('churn', base)).value ?? 0), answerOf(who));
        const foreign = await api.ask(theirs, base);
        const absent = await api.ask('of-nobody', base);
        assert.equal(foreign.status, 404, foreign.text);
        assert.equal(foreign.text.replaceAll(theirs, 'X'), absent.text.replaceAll('of-nobody', 'X'));

        const invocations = (name: string, more: Record<string, string> = {}) =>
          fetch(`${base}/endpoints/${name}/invocations`, {
            method: 'POST',
            headers: { ...headers, ...more, 'content-type': 'application/json' },
            body: JSON.stringify({ inputs: [[1, 2]] }),
          });
        const text = await (await invocations('churn')).text();
        assert.ok(text.includes(String(answerOf(who)).slice(0, 6)), text);
        assert.equal((await invocations(theirs)).status, 404);
        for (const named of naming) assert.equal((await invocations('churn', named)).status, 403);
      }
      // The server's own port speaks HTTP/1.1; a data plane both.
      const grpc = (name: string, more: Record<string, string> = {}) =>
        call(new URL(endpoint.address).host, { headers: { ...headers, ...more }, frames: infer(name) });
      const answer = await grpc('churn');
      assert.deepEqual([answer.status, answer.message.includes(ANSWERS[who])], [0, true], answer.message);
      assert.ok(!answer.message.includes(ANSWERS[OTHER[who]]));
      assert.equal((await grpc(theirs)).status, 5, 'NOT_FOUND');
      for (const named of naming) assert.equal((await grpc('churn', named)).status, 7, 'PERMISSION_DENIED');

      const at = `/api/v1/predictions/${prediction}/lineage`;
      await api.get(at);
      await assert.rejects(made[OTHER[who]].api.get(at), /: 404 /);
    }
  },
);

test('MLflow’s client is told at once that a quota is used up, and asks no more', { skip }, async () => {
  const requests = new Requests();
  const red = server.ctx.as({ workspace: 'red' });
  const limits = { runs: 0, bytes: 0 };
  await setQuotas(red, limits, requests);
  // With its own patience: seven tries, each a while after the one before.
  const said = await as('ana', { QUOTA_RUN: made.ana.run, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '7' });
  await setQuotas(red, { runs: null, bytes: null }, requests);
  assert.match(
    String(said['run']),
    /^RESOURCE_LIMIT_EXCEEDED: .*the quota of runs is used up: workspace 'red'/s,
  );
  assert.match(String(said['bytes']), /the quota of bytes is used up|403/);
  for (const what of ['run', 'bytes'])
    assert.ok(Number(said[`${what} seconds`]) < 20, `${what} took ${String(said[`${what} seconds`])} s`);
});

test('events: each hears of their own workspace alone', { skip }, async () => {
  for (const who of BOTH)
    await commitVersion(server.ctx.as({ workspace: WORKSPACE[who] }), {
      dataset: `last-of-${who}`,
      files: [{ path: 'last.csv', hash: made[who].hash, size: made[who].size }],
      message: 'after all else',
    });
  const told = (who: Who) =>
    heard[who]
      .split('\n')
      .filter((line) => line.startsWith('data: {"seq"') && line.includes('"workspace"'))
      .map((line) => JSON.parse(line.slice('data: '.length)) as { workspace: string; type: string });
  for (const who of BOTH) {
    await until(
      'the last event',
      () => told(who).filter(({ type }) => type === 'dataset_version.committed').length === 3,
    );
    assert.ok(told(who).length > 8, heard[who].slice(0, 500));
    assert.deepEqual(new Set(told(who).map(({ workspace }) => workspace)), new Set([WORKSPACE[who]]));
    assert.ok(!heard[who].includes(canary(OTHER[who])));
  }
  assert.deepEqual(server.errors, []);
});
