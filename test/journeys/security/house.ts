import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import {
  addGrant,
  addGroup,
  addService,
  addUser,
  createToken,
  createWorkspace,
  setGroupRoles,
  setMembers,
  updateUser,
} from '../../../src/access/index.ts';
import { commitVersion } from '../../../src/data/index.ts';
import {
  createLoggedModel,
  createVersion,
  finalizeLoggedModel,
  setAlias,
  setModelTag,
} from '../../../src/models/index.ts';
import { createCtx } from '../../../src/platform/ctx/create.ts';
import type { Ctx, Role } from '../../../src/platform/ctx/index.ts';
import { createLog } from '../../../src/platform/log/index.ts';
import { startServer, type RunningServer } from '../../../src/serve.ts';
import {
  createExperiment,
  createRun,
  logBatch,
  logInputs,
  putArtifact,
} from '../../../src/tracking/index.ts';
import { startTrace } from '../../../src/traces/index.ts';
import { until } from '../../until.ts';

/** A text that only its own workspace may ever see. */
export const CANARY = 'canary-7f3a9c';
/** Lies in a file beside the data folder: no answer may ever hold it. */
export const SECRET = 'secret-beside-the-data-folder-51d0';

/** Names of things that exist in one workspace. */
export interface Seeds {
  experiment: string;
  run: string;
  model: string;
  loggedModel: string;
  dataset: string;
  hash: string;
  token: string;
  /** Names of somebody and of a group, who may be changed. */
  user: string;
  group: string;
}

/** Those whose rights a test knows: tokens of nobody, people by name and password, their tokens, a service, a step. */
export type Known =
  | 'viewer'
  | 'editor'
  | 'approver'
  | 'admin'
  | 'owner'
  | 'person-viewer'
  | 'person-editor'
  | 'person-approver'
  | 'person-admin'
  | 'person-owner'
  | 'person-by-group'
  | 'personal-token'
  | 'service'
  | 'step';
/** Those who have no role, and what they were granted. */
export type Guest = 'viewer' | 'editor' | 'approver' | 'by-group' | 'token' | 'apart';
export interface Granted {
  level: 'viewer' | 'editor' | 'approver' | 'admin';
  kind: 'dataset' | 'model' | 'endpoint' | 'environment' | 'experiment';
  name: string;
}
export type Principal = 'none' | 'expired' | 'revoked' | 'disabled' | 'disabled-token' | 'rival' | Known;

export interface House extends RunningServer {
  port: number;
  ctx: Ctx;
  rival: Ctx;
  errors: string[];
  /** `Authorization` of each principal; all but the rival belong to the default workspace. */
  authorization: Record<Exclude<Principal, 'none'>, string>;
  /** What guests send, and what they may act on. */
  guests: Record<Guest, { authorization: string; granted: readonly Granted[] }>;
  seeds: Seeds;
  rivalSeeds: Seeds;
  /** Of the same workspace, and of one guest alone. */
  apart: Seeds;
  /** The folder that holds the data folder and the secret. */
  parent: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The whole server with two workspaces full of things; on `0.0.0.0`, where everybody needs a token, or on loopback. */
export async function openHouse(host: '0.0.0.0' | '127.0.0.1'): Promise<House> {
  const parent = mkdtempSync(path.join(tmpdir(), 'treadle-security-'));
  writeFileSync(path.join(parent, 'secret.txt'), SECRET);
  const data = path.join(parent, 'data');
  const errors: string[] = [];
  const log = createLog('error', (line) => void errors.push(line));
  const config = { port: 0, data, db: undefined, allowHosts: [], log: 'error' as const };
  process.env['TREADLE_CHECK_RESPONSES'] = '1';

  // Tokens come first: without one the server would not listen on any other address.
  const first = await startServer({ ...config, host: '127.0.0.1' }, log);
  const owner = { kind: 'owner' as const, id: 'owner', name: 'local owner', role: 'owner' as const };
  const setUp = createCtx(first.parts, { actor: owner, workspace: 'default' });
  await createWorkspace(setUp, 'rival');
  const token = async (name: string, role: Role, workspace = 'default') => {
    const made = await createToken(setUp, { name, role, workspace });
    return { id: made.token.id, authorization: `Bearer ${made.secret}` };
  };
  const [viewer, editor, approver, admin, all, rival, expired, revoked, spare] = [
    await token('viewer', 'viewer'),
    await token('editor', 'editor'),
    await token('approver', 'approver'),
    await token('admin', 'admin'),
    await token('owner', 'owner'),
    await token('rival', 'admin', 'rival'),
    await token('expired', 'admin'),
    await token('revoked', 'admin'),
    await token(`spare ${CANARY}`, 'viewer'),
  ];
  await setUp.write(async (tx) => {
    await sql`update token set expires_at = 1 where id = ${expired.id}`.execute(tx.db);
    await sql`update token set revoked_at = 1 where id = ${revoked.id}`.execute(tx.db);
  });
  const people = await seedPeople(setUp);
  await addUser(setUp, { name: `spare-${CANARY}`, roles: ['viewer'] });
  await addUser(setUp.as({ workspace: 'rival' }), { name: 'spare-mine', roles: ['viewer'] });
  for (const [name, workspace] of [
    [`group ${CANARY}`, 'default'] as const,
    ['group mine', 'rival'] as const,
  ]) {
    await addGroup(setUp, name);
    await setGroupRoles(setUp.as({ workspace }), name, ['viewer']);
  }
  const seeds = {
    ...(await seed(setUp, CANARY)),
    token: spare.id,
    user: `spare-${CANARY}`,
    group: `group ${CANARY}`,
  };
  const rivalSeeds = {
    ...(await seed(setUp.as({ workspace: 'rival' }), 'mine')),
    token: rival.id,
    user: 'spare-mine',
    group: 'group mine',
  };
  await addUser(setUp, { name: 'spare-apart', roles: ['viewer'] });
  await addGroup(setUp, 'group apart');
  const apart = {
    ...(await seed(setUp, 'apart', (await createExperiment(setUp, { name: 'apart' })).id)),
    token: spare.id,
    user: 'spare-apart',
    group: 'group apart',
  };
  const guests = await seedGuests(setUp, seeds, apart);
  await quiet(setUp);
  await first.close();

  const running = await startServer({ ...config, host }, log);
  const ctx = createCtx(running.parts, { actor: owner, workspace: 'default' });
  // A start revokes those of steps that no longer run.
  const step = await createToken(ctx, { name: 'step', role: 'editor', execution: 'e', life: 3_600_000 });
  return {
    ...running,
    port: Number(new URL(running.url).port),
    ctx,
    rival: ctx.as({ workspace: 'rival' }),
    errors,
    authorization: {
      ...people,
      step: `Bearer ${step.secret}`,
      viewer: viewer.authorization,
      editor: editor.authorization,
      approver: approver.authorization,
      admin: admin.authorization,
      owner: all.authorization,
      rival: rival.authorization,
      expired: expired.authorization,
      revoked: revoked.authorization,
    },
    guests,
    seeds,
    rivalSeeds,
    apart,
    parent,
    async [Symbol.asyncDispose]() {
      await running.close();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

const PASSWORD = 'four words nobody joins';
const basic = (name: string) => `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;

/** People, a service and a step of the default workspace, by what they send. */
async function seedPeople(ctx: Ctx): Promise<Record<Exclude<Principal, Bare>, string>> {
  const password = PASSWORD;
  for (const role of ['viewer', 'editor', 'approver', 'admin'] as const)
    await addUser(ctx, { name: `person-${role}`, password, roles: [role] });
  await addUser(ctx, { name: 'person-owner', password, owner: true });
  const grouped = await addUser(ctx, { name: 'person-by-group', password });
  await addGroup(ctx, 'editors');
  await setMembers(ctx, 'editors', [grouped.id]);
  await setGroupRoles(ctx, 'editors', ['editor']);
  const disabled = await addUser(ctx, { name: 'disabled', password, roles: ['admin'] });
  const own = async (user: string): Promise<string> => {
    const actor = { kind: 'user' as const, id: user, name: 'x', role: 'admin' as const, user };
    return `Bearer ${(await createToken(ctx.as({ actor }), { name: 'own', role: 'admin' })).secret}`;
  };
  const disabledToken = await own(disabled.id);
  await updateUser(ctx, disabled.id, { disabled: true });
  await addService(ctx, { name: 'service', roles: ['admin'] });
  const service = await createToken(ctx, { name: 'service', role: 'admin', service: 'service' });
  return {
    'person-viewer': basic('person-viewer'),
    'person-editor': basic('person-editor'),
    'person-approver': basic('person-approver'),
    'person-admin': basic('person-admin'),
    'person-owner': basic('person-owner'),
    'person-by-group': basic('person-by-group'),
    // It says admin, and whose it is may only write.
    'personal-token': await own(grouped.id),
    service: `Bearer ${service.secret}`,
    disabled: basic('disabled'),
    'disabled-token': disabledToken,
  };
}

/** What each guest has. A name of an endpoint or environment is whatever a request puts there: the id of the run. */
const granted = (seeds: Seeds, apart: Seeds): Record<Guest, readonly Granted[]> => {
  const editor: Granted[] = [
    { level: 'editor', kind: 'model', name: `${seeds.model}*` },
    { level: 'editor', kind: 'dataset', name: seeds.dataset },
    { level: 'editor', kind: 'experiment', name: 'Default' },
  ];
  return {
    viewer: [{ level: 'viewer', kind: 'model', name: seeds.model }],
    editor,
    token: editor.map((one) => ({ ...one, level: 'viewer' })),
    approver: [
      { level: 'approver', kind: 'endpoint', name: seeds.run },
      { level: 'approver', kind: 'environment', name: '*' },
    ],
    'by-group': [
      { level: 'admin', kind: 'dataset', name: `*${seeds.dataset.slice(4)}` },
      { level: 'admin', kind: 'endpoint', name: seeds.run },
    ],
    apart: [
      { level: 'admin', kind: 'model', name: `${apart.model}*` },
      { level: 'admin', kind: 'dataset', name: apart.dataset },
      { level: 'admin', kind: 'experiment', name: 'apart' },
      { level: 'admin', kind: 'endpoint', name: apart.run },
      { level: 'admin', kind: 'environment', name: apart.run },
    ],
  };
};

async function seedGuests(ctx: Ctx, seeds: Seeds, apart: Seeds): Promise<House['guests']> {
  const has = granted(seeds, apart);
  const enter = async (guest: Guest): Promise<[Guest, House['guests'][Guest]]> => {
    const name = `guest-${guest}`;
    const { id } = await addUser(ctx, { name, password: PASSWORD });
    if (guest === 'by-group') {
      await addGroup(ctx, 'guests');
      await setMembers(ctx, 'guests', [name]);
    }
    const to = guest === 'by-group' ? { group: 'guests' } : { user: name };
    // The token is of somebody who may more than it says.
    for (const one of guest === 'token' ? has.editor : has[guest]) await addGrant(ctx, { ...to, ...one });
    if (guest !== 'token') return [guest, { authorization: basic(name), granted: has[guest] }];
    const actor = { kind: 'user' as const, id, name, role: 'guest' as const, roles: [], user: id };
    const { secret } = await createToken(ctx.as({ actor }), { name, role: 'viewer' });
    return [guest, { authorization: `Bearer ${secret}`, granted: has[guest] }];
  };
  return Object.fromEntries(await Promise.all((Object.keys(has) as Guest[]).map(enter))) as House['guests'];
}

type Bare =
  | 'none'
  | 'step'
  | 'expired'
  | 'revoked'
  | 'rival'
  | 'viewer'
  | 'editor'
  | 'approver'
  | 'admin'
  | 'owner';

/** One of everything, each marked. */
async function seed(
  ctx: Ctx,
  mark: string,
  experiment = '0',
): Promise<Omit<Seeds, 'token' | 'user' | 'group'>> {
  const run = await createRun(ctx, { experiment, name: `run ${mark}` });
  await logBatch(ctx, run, {
    params: [['depth', mark]],
    tags: [['owner', mark]],
    metrics: [{ key: `auc ${mark}`, value: 0.5, time: 1, step: 0 }],
  });
  await putArtifact(ctx, `${experiment}/${run}/artifacts/notes.txt`, {
    source: Buffer.from(`notes ${mark}`),
  });
  const logged = await createLoggedModel(ctx, { experiment, name: mark, run, params: { mark } });
  await putArtifact(ctx, `${experiment}/models/${logged.id}/artifacts/MLmodel`, {
    source: Buffer.from(`flavors: {onnx: {data: ${mark}}}`),
  });
  await finalizeLoggedModel(ctx, logged.id, 'ready');
  const model = `model-${mark}`;
  await createVersion(ctx, {
    model,
    source: `models:/${logged.id}`,
    tags: { mark },
    description: mark,
    makeModel: true,
  });
  await setAlias(ctx, { model, alias: 'champion', version: 1 }, []);
  await setModelTag(ctx, model, 'mark', mark);
  const dataset = `data-${mark}`;
  const blob = await ctx.blobs.put(Buffer.from(`a,b\n1,${mark}\n`));
  await commitVersion(ctx, {
    dataset,
    files: [{ path: 'rows.csv', hash: blob.hash, size: blob.size }],
    message: mark,
  });
  await logInputs(
    ctx,
    run,
    { datasets: [{ name: dataset, digest: 'x', sourceType: 'local', source: mark }] },
    () => Promise.resolve(undefined),
  );
  // Called as the run is: an address that names what it does not know names the run.
  await startTrace(ctx, {
    id: run,
    experiment,
    startedAt: 1,
    executionMs: 1,
    status: 'OK',
    clientRequestId: mark,
    requestPreview: `asked ${mark}`,
    responsePreview: mark,
    tags: { mark },
    metadata: { mark },
    assessments: [{ kind: 'feedback', name: mark, value: mark, sourceType: 'HUMAN', sourceId: mark }],
  });
  return { experiment, run, model, loggedModel: logged.id, dataset, hash: blob.hash };
}

/** Waits until no job of the seeds is left to run. */
export async function quiet(ctx: Ctx): Promise<void> {
  await until('no job', async () => {
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from job where state in ('queued', 'running') and run_at <= ${Date.now()}`.execute(
      ctx.db,
    );
    return Number(rows[0]?.n) === 0;
  });
}

/** Every row that belongs to a workspace, as text by table: equal exactly when nothing changed. */
export async function rowsOf(ctx: Ctx): Promise<Map<string, string>> {
  const { rows: named } = await sql<{
    name: string;
  }>`select m.name from sqlite_master m where m.type = 'table' and exists (select 1 from pragma_table_info(m.name) c where c.name = 'workspace') order by m.name`.execute(
    ctx.db,
  );
  const held = new Map<string, string>();
  for (const { name } of named) {
    // What the clock alone starts is nobody's change: jobs, and the minutes of what was answered before.
    if (name === 'job_schedule' || name === 'serving_minute') continue;
    const asked = sql`where workspace = ${ctx.workspace}${name === 'job' ? sql` and scheduled_for is null` : sql``}`;
    const { rows } = await sql<object>`select * from ${sql.table(name)} ${asked}`.execute(ctx.db);
    held.set(name, JSON.stringify(rows.map((row) => ({ ...row, last_used_at: undefined }))));
  }
  return held;
}
