import path from 'node:path';
import * as access from './access/index.ts';
import { requireOneStore } from './belong.ts';
import { DEFAULT_RECORDS, type ServerConfig } from './config.ts';
import { openChannels } from './channels/index.ts';
import { openChanges } from './changes/index.ts';
import { openCi } from './ci/index.ts';
import * as data from './data/index.ts';
import { mountForward } from './faces/inference/index.ts';
import { createMetrics } from './faces/metrics/index.ts';
import { dvcErrors, dvcRoutes } from './faces/dvc/index.ts';
import { mlflowErrors, mlflowRoutes, mlflowWebhooks } from './faces/mlflow/index.ts';
import { restRoutes } from './faces/rest/index.ts';
import { SCIM_TYPE, scimErrors, scimRoutes } from './faces/scim/index.ts';
import { mountWeb } from './faces/web/index.ts';
import { openGitHosts } from './githosts/index.ts';
import { openGitOps } from './gitops/index.ts';
import { APPROVAL_CAUSES, governanceRoutes, openApprovals } from './governance/index.ts';
import * as ledgerRoom from './ledger/index.ts';
import { maintenanceRoutes } from './maintenance/index.ts';
import { createCtx, systemActor, type Caller, type Parts } from './platform/ctx/create.ts';
import type { Ctx } from './platform/ctx/index.ts';
import * as blobs from './platform/blobs/index.ts';
import { systemClock } from './platform/clock/index.ts';
import { lockDataFolder, migrate, openPostgres, openSqlite } from './platform/db/index.ts';
import { invalid } from './platform/errors/index.ts';
import * as eventRoom from './platform/events/index.ts';
import { createHttp, type Route } from './platform/http/index.ts';
import { dropTemporary } from './platform/files/index.ts';
import * as jobRoom from './platform/jobs/index.ts';
import { openPipelines } from './pipelines/index.ts';
import { createOutbound } from './platform/outbound/index.ts';
import { openLoops } from './loops/index.ts';
import * as models from './models/index.ts';
import { ALERT_CAUSES } from './monitoring/contract.ts';
import { openMonitoring } from './monitoring/index.ts';
import { openPromotions } from './promotions/index.ts';
import { openReleases } from './releases/index.ts';
import { createRuntimes } from './runtimes/index.ts';
import { openSecrets } from './secrets/index.ts';
import * as serving from './serving/index.ts';
import { createReadiness } from './ready.ts';
import {
  artifactGuards,
  eventSubjects,
  migrations,
  moveGuards,
  predictionHolders,
  storeRooms,
  subjects,
  versionUsers,
} from './rooms.ts';
import { createLog, type Log } from './platform/log/index.ts';
import { cameThroughProxy, requireBrowser } from './platform/origin/index.ts';
import { chooseIsolation, createPeers, createProcesses } from './platform/processes/index.ts';
import { openTables } from './tables/index.ts';
import { traceRoutes } from './traces/index.ts';
import * as tracking from './tracking/index.ts';
import * as validation from './validation/index.ts';
import { version } from './version.ts';

export interface RunningServer {
  url: string;
  /** For tests and journeys: the same parts that the routes use. */
  parts: Parts;
  /** Every route that is live. */
  routes: readonly Route[];
  close(): Promise<void>;
}

/**
 * Whether other servers write the same database. None may: the lock on the blobs folder and the store's id keep a second one out,
 * until all that several would need is there and tested (docs/decisions/one-server.md). So what a killed server left is taken up
 * at once, and nobody polls for the work of others.
 */
const SHARED = false;

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/**
 * Opens everything, wires it, and listens; what a failure midway had opened is closed again. `prepare` gets the parts before anything
 * works with them: a test that replaces one would come too late for what begins with the start.
 */
export async function startServer(
  config: ServerConfig,
  log: Log = createLog(config.log),
  prepare: (parts: Parts) => void = () => undefined,
): Promise<RunningServer> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(config, log, opened, prepare);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** All wiring of the house is on this page. `opened` closes in the reverse order. */
async function open(
  config: ServerConfig,
  log: Log,
  opened: AsyncDisposableStack,
  prepare: (parts: Parts) => void,
): Promise<RunningServer> {
  const metrics = createMetrics({ version: version() });
  const postgres = config.db === undefined ? undefined : await openPostgres(config.db, { log });
  if (postgres) opened.defer(() => postgres.close());
  const loopback = LOOPBACK.includes(config.host);
  const ownerAllowed = loopback && !config.requireToken;
  const { fresh } = await requireOneStore(config, postgres);
  // In a store that is not made yet there is no token: nothing is made before this is refused.
  if (fresh && !ownerAllowed) throw tokenless(config, loopback);
  if (!postgres) opened.defer(lockDataFolder(config.data));
  const database =
    postgres ?? openSqlite(path.join(config.data, 'treadle.db'), { observe: metrics.observeCommit, log });
  if (!postgres) opened.defer(() => database.close());
  // Trying the walls is waiting for processes; the database is opened meanwhile.
  const choosing = chooseIsolation({
    wanted: config.isolation ?? 'auto',
    data: config.data,
    secrets: [path.resolve('treadle.toml')],
    share: config.stepFolders ?? [],
    alone: true,
  });
  choosing.catch(() => undefined); // it is awaited below, unless something else fails first
  await migrate(database, migrations);

  const events = eventRoom.createEvents({ log, shared: SHARED });
  const jobs = jobRoom.createJobs({ log, shared: SHARED });
  const ledger = ledgerRoom.openLedger({ keyFile: path.join(config.data, 'ledger.key') });
  const store = await blobs.openBlobs({
    database,
    backend: blobs.openDisk(path.join(config.data, 'blobs')),
    clock: systemClock,
    onDamage(damage) {
      log.error('the stored bytes of a blob are damaged', { ...damage });
      metrics.observeDamage();
    },
  });
  opened.defer(() => store.close());
  const parts: Parts = {
    database,
    clock: systemClock,
    log,
    blobs: store,
    ledger,
    outbox: events.outbox,
    queue: jobs.queue,
  };
  prepare(parts);
  const system = createCtx(parts, { actor: systemActor, workspace: 'default' });
  await access.ensureDefaultWorkspace(system);

  const prune = eventRoom.pruneEvents(events);
  const outbound = createOutbound({ allow: config.allowOutbound ?? [] });
  const webhooks = eventRoom.createWebhooks(outbound, { mlflow: mlflowWebhooks });
  events.subscribe(webhooks.subscriber);
  // What a killed server or plane left; nobody waits for it.
  void dropTemporary();
  const walls = await choosing;
  const processes = createProcesses({ isolation: walls.isolation });
  opened.defer(() => processes.close());
  const behindWalls = createPeers(walls.isolation.users);
  const tables = openTables(processes);
  opened.defer(() => tables.close());
  const runtimes = createRuntimes({
    processes,
    folder: config.data,
    envs: config.modelEnvironments,
    offers: config.offerConversions,
  });
  for (const subscriber of runtimes.subscribers) events.subscribe(subscriber);
  const hosts = loopback
    ? [...LOOPBACK, ...config.allowHosts]
    : config.allowHosts.length > 0
      ? config.allowHosts
      : 'any';
  const passwords = access.createPasswords();
  const requests = new access.Requests();
  await requests.open(system);
  const oidc = config.oidc && access.createOidc(config.oidc, outbound);
  const evaluations = validation.openValidation({ processes, runtimes, tables });
  const endpoints = await serving.openServing({
    data: config.data,
    log,
    processes,
    runtimes,
    system,
    host: config.host,
    port: config.inferencePort ?? (config.port === 0 ? 0 : config.port + 1),
    count: config.inferenceProcesses,
    hosts,
    level: config.log,
    records: config.records ?? DEFAULT_RECORDS,
    holders: predictionHolders,
    guards: moveGuards,
    authenticate: (credentials) => access.judgeCaller(system, credentials, ownerAllowed, passwords),
  });
  opened.defer(() => endpoints.close());
  metrics.also(endpoints.measures);
  // What a plane remembers of callers is forgotten as soon as tokens or rights change.
  events.subscribe({
    name: 'serving.callers',
    types: ['token.created', 'token.revoked', access.RIGHTS_CHANGED],
    handle: async (tx) => tx.afterCommit(() => endpoints.forgetCallers()),
  });
  // A live stream ends with the token that opened it, and when the rights of whose it is change: the next one is asked anew.
  events.subscribe({
    name: 'http.streams',
    types: ['token.revoked', 'session.ended', access.RIGHTS_CHANGED],
    handle: async (tx, { subject }) => tx.afterCommit(() => http.endStreams(subject)),
  });
  const secrets = openSecrets({ keyFile: config.secretsKeyFile ?? path.join(config.data, 'secrets.key') });
  const pipelines = openPipelines({ data: config.data, processes, tables, secrets });
  const channels = openChannels({
    outbound,
    causes: [...ALERT_CAUSES, ...APPROVAL_CAUSES],
    publicUrl: config.publicUrl,
  });
  const approvals = openApprovals({ channels });
  const releases = openReleases({
    executions: pipelines.handOver,
    validation: evaluations,
    serving: endpoints,
    guards: moveGuards,
    approvals,
  });
  for (const subscriber of releases.subscribers) events.subscribe(subscriber);
  const promotions = openPromotions({ releases, serving: endpoints });
  const monitoring = openMonitoring({ serving: endpoints, tables, channels, releases });
  for (const subscriber of monitoring.subscribers) events.subscribe(subscriber);
  metrics.also(monitoring.measures);
  metrics.also(channels.measures);
  const ci = openCi({ publicUrl: config.publicUrl });
  const gitHosts = openGitHosts({
    outbound,
    processes,
    start: pipelines.start,
    releases,
    publicUrl: config.publicUrl,
  });
  for (const subscriber of gitHosts.subscribers) events.subscribe(subscriber);
  const changes = openChanges({ pipelines: pipelines.retraining, publicUrl: config.publicUrl });
  for (const subscriber of changes.subscribers) events.subscribe(subscriber);
  const gitOps = openGitOps({ files: gitHosts.files, releases, serving: endpoints, approvals });
  for (const subscriber of gitOps.subscribers) events.subscribe(subscriber);
  const loops = openLoops({ pipelines: pipelines.retraining, releases, monitoring, serving: endpoints });
  for (const subscriber of loops.subscribers) events.subscribe(subscriber);
  metrics.also(loops.measures);
  jobs.register(
    prune,
    webhooks.deliver,
    data.profileJob(tables),
    ...pipelines.jobs,
    ...runtimes.jobs,
    ...endpoints.jobs,
    ...evaluations.jobs,
    ...releases.jobs,
    ...monitoring.jobs,
    ...loops.jobs,
    ...gitHosts.jobs,
    ...changes.jobs,
    ...gitOps.jobs,
    ...channels.jobs,
  );
  jobs.schedule(loops.schedule);
  jobs.schedule(gitOps.schedule);
  jobs.schedule({ name: 'event.prune', type: prune, payload: {}, cron: '37 3 * * *' });
  for (const schedule of [...channels.schedules, ...monitoring.schedules]) jobs.schedule(schedule);
  const ctxFor = (caller: Caller): Ctx => createCtx(parts, caller);
  opened.defer(() => jobs.stop());

  if (!ownerAllowed && !(await access.credentialExists(system, Date.now())))
    throw tokenless(config, loopback);
  /** Behind a proxy the browser speaks https, and the cookie is the stricter one. */
  const placeOf = (headers: Readonly<Record<string, unknown>>): access.Place => ({
    local: loopback && !cameThroughProxy((name) => headers[name]),
  });
  const sessionOf = (headers: Readonly<Record<string, unknown>>, method: string): string | undefined => {
    const { cookie } = headers;
    if (typeof cookie !== 'string') return undefined;
    const session = access.sessionIn(cookie, placeOf(headers));
    if (session !== undefined) requireBrowser(method, headers);
    return session;
  };
  const http = createHttp({
    log,
    hosts,
    anonymous: (requestId) =>
      createCtx(parts, {
        actor: { kind: 'system', id: 'anonymous', name: 'anonymous', role: 'viewer' },
        workspace: 'default',
        requestId,
      }),
    async authenticate({ headers, socket, method, requestId }) {
      const named = headers['x-treadle-workspace'] ?? headers['x-mlflow-workspace'];
      const caller = await access.authenticate(
        system,
        {
          authorization: headers.authorization,
          workspace: typeof named === 'string' ? named : undefined,
          proxied: cameThroughProxy((name) => headers[name]),
          session: sessionOf(headers, method),
          chosen: access.cookieIn(headers.cookie, access.workspaceCookie(headers.host)),
          address: socket.remoteAddress,
          walled: ownerAllowed && headers.authorization === undefined && (await behindWalls(socket)),
        },
        ownerAllowed,
        passwords,
      );
      const { actor, workspace, until, credential } = caller;
      return { ctx: createCtx(parts, { actor, workspace, requestId }), until, credential };
    },
    authorize(ctx, endpoint) {
      requests.count(ctx.workspace, endpoint, ctx.clock.now());
      return access.authorize(ctx, endpoint, subjects);
    },
    observe: metrics.observe,
    checkResponses: process.env['TREADLE_CHECK_RESPONSES'] === '1',
  });
  opened.defer(() => http.close());
  http.mount(
    restRoutes(
      [
        ...access.accessRoutes(passwords, requests),
        ...access.sessionRoutes(passwords, placeOf, oidc),
        ...access.exchangeRoutes(outbound),
        ...eventRoom.eventRoutes(events, (ctx) => access.hearing(ctx, eventSubjects)),
        ...webhooks.routes,
        ...jobRoom.jobRoutes(jobs),
        ...data.dataRoutes(tables, monitoring.functions),
        ...tracking.trackingRoutes(artifactGuards),
        ...traceRoutes,
        ...models.modelRoutes(versionUsers, moveGuards),
        ...secrets.routes,
        ...pipelines.routes,
        ...runtimes.routes,
        ...endpoints.routes,
        ...evaluations.routes,
        ...releases.routes,
        ...promotions.routes,
        ...monitoring.routes,
        ...ci.routes,
        ...gitHosts.routes,
        ...changes.routes,
        ...gitOps.routes,
        ...loops.routes,
        ...channels.routes,
        ...governanceRoutes(endpoints.tellers),
        ...approvals.routes(async (ctx, endpoint) => {
          const current = (await endpoints.find(ctx, endpoint))?.current;
          return (current?.variants ?? []).map(({ model, version, version_ref: ref }) => ({
            model,
            version,
            ref,
          }));
        }),
        ...ledgerRoom.ledgerRoutes(ledger, {
          namesBehind: access.namesBehind,
          idOfNamed: access.idOfNamed,
        }),
        ...maintenanceRoutes(storeRooms(config.data)),
      ],
      version(),
      createReadiness(system, database, ledger),
      walls,
    ),
  );
  http.mount([metrics.route]);
  http.mount(
    mlflowRoutes({
      users: versionUsers,
      guards: moveGuards,
      artifactGuards,
      forgetPassword: (name) => passwords.forget(name),
      webhooks,
    }),
    {
      errors: mlflowErrors,
      anyJson: true,
    },
  );
  http.mount(dvcRoutes(data.openDvcRemote()), { errors: dvcErrors });
  http.mount(scimRoutes, { errors: scimErrors, json: SCIM_TYPE });
  mountForward(http.app, endpoints.socket);
  await mountWeb(http.app);

  opened.defer(() => events.stop()); // first of all: it ends the live streams, and with them their connections
  await pipelines.recover(system);
  await events.start(ctxFor);
  await jobs.start(ctxFor);
  opened.defer(monitoring.watch((workspace) => system.as({ workspace }), log));
  const { port } = await http.listen(config.host, config.port);
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  pipelines.listening(url);
  endpoints.listening(url);
  channels.listening(url);
  ci.listening(url);
  oidc?.listening(config.publicUrl ?? url);
  changes.listening(url);
  gitHosts.listening(url);
  log.info('ready', {
    url,
    data: config.data,
    database: database.dialect.label,
    isolation: walls.isolation.level,
  });
  return {
    url,
    parts,
    routes: http.routes,
    close: () => opened.disposeAsync(),
  };
}

function tokenless({ host }: ServerConfig, loopback: boolean): Error {
  const [what, field] = loopback
    ? ['the server may not ask everybody for a token before one exists', 'require-token']
    : [`the server may not listen on ${host} before somebody can sign in or a token exists`, 'host'];
  return invalid(what, {
    field,
    hint: 'start it on 127.0.0.1 without require-token once and run: treadle user add NAME --owner, or treadle token create owner --role owner',
  });
}
