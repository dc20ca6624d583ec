import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { isGenuine, isSigned } from '../platform/origin/index.ts';
import { beginAgain } from './check-again.ts';
import type { GitHostKind } from './contract.ts';
import type { CheckJob } from './jobs.ts';
import { readHook, type Heard } from './read-hook.ts';
import {
  changeCheck,
  deleteDeliveries,
  findCheckByOccurrence,
  findHostAnywhere,
  insertCheck,
  insertDelivery,
  type CheckRow,
  type GitHostRow,
} from './store.ts';

/** Hosts send a delivery again within days at most, ms. */
const REMEMBERED = 30 * 86_400_000;

export interface HookJobs {
  check: CheckJob;
  tell: CheckJob;
}

interface Incoming {
  id: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: AsyncIterable<Uint8Array>;
}

/** A push or a pull request. Who cannot show the secret hears the same whether or not the connection is there. */
export async function hearHook(
  anyone: Ctx,
  jobs: HookJobs,
  { id, headers, body }: Incoming,
): Promise<{ said: string; check?: string }> {
  if (!isSigned(headers)) throw notGenuine();
  const host = await findHostAnywhere(anyone, id);
  if (host?.secret === undefined || host.secret === null) throw notGenuine();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (!isGenuine(host.secret, headers, bytes, anyone.clock.now())) throw notGenuine();
  const heard = readHook(host.kind as GitHostKind, headers, parse(bytes));
  if ('said' in heard) return heard;
  if (heard.repository.toLowerCase() !== host.repository.toLowerCase())
    return { said: `it is of another repository than ${host.repository}` };
  const ctx = anyone.as({
    workspace: host.workspace,
    actor: { kind: 'system', id: 'git', name: `git host ${host.name}`, role: 'editor' },
  });
  return addCheck(ctx, jobs, { host, heard, delivery: deliveryOf(headers) });
}

async function addCheck(
  ctx: Ctx,
  jobs: HookJobs,
  {
    host,
    heard,
    delivery,
  }: { host: GitHostRow; heard: Exclude<Heard, { said: string }>; delivery: string | undefined },
): Promise<{ said: string; check?: string }> {
  const { commit, branch, base, pull_request: pull } = heard;
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    const fresh = delivery === undefined || (await insertDelivery(tx, host.id, delivery));
    await deleteDeliveries(tx, host.id, now - REMEMBERED);
    const id = newId(now);
    // A branch that is pushed to and in a pull request is one check; in a second pull request it is another.
    const pushed = `${branch}:${commit}`;
    const before = await findCheckByOccurrence(tx, host.id, pushed);
    const own = before?.pull_request ?? pull;
    if (fresh && before && pull !== undefined && before.pull_request === null) {
      await joinPull(tx, jobs, before, { pull, base });
      return {
        said: `commit ${commit.slice(0, 10)} of ${branch} is checked already; its pull request is told, too`,
        check: before.id,
      };
    }
    const occurrence = pull === undefined || pull === own ? pushed : `pull:${pull}:${commit}`;
    const known = occurrence === pushed ? before : await findCheckByOccurrence(tx, host.id, occurrence);
    if (known?.state === 'failed') {
      await beginAgain(tx, jobs.check, known);
      return {
        said: `commit ${commit.slice(0, 10)} could not be checked; it is tried again`,
        check: known.id,
      };
    }
    if (!fresh) return { said: 'this delivery was heard before' };
    const added = await insertCheck(tx, {
      id,
      workspace: tx.workspace,
      host_id: host.id,
      occurrence,
      commit_id: commit,
      branch,
      base: base ?? null,
      pull_request: pull ?? null,
      state: 'waiting',
      execution: null,
      verdict: null,
      problem: null,
      created_at: now,
      ended_at: null,
    });
    if (!added) return { said: 'this commit is checked already' };
    const resource = `git_check:${id}`;
    await tx.record({
      action: 'git_check.created',
      resource,
      after: { host: host.id, commit, branch, ...(pull === undefined ? {} : { pull_request: pull }) },
    });
    await tx.emit({ type: 'git_check.created', subject: resource });
    await tx.enqueue(jobs.check, { check: id });
    return { said: `commit ${commit.slice(0, 10)} of ${branch} is checked`, check: id };
  });
}

/** What has been told is told once more, with the comment; what could not be fetched is tried again. */
async function joinPull(
  tx: Tx,
  jobs: HookJobs,
  { id, state, execution }: CheckRow,
  { pull, base }: { pull: number; base: string | undefined },
): Promise<void> {
  const again = { check: id };
  const to = { pull_request: pull, ...(base === undefined ? {} : { base }) };
  if (state === 'done' && execution !== null) {
    await changeCheck(tx, id, { ...to, state: 'running', ended_at: null });
    await tx.enqueue(jobs.tell, again, { uniqueKey: `${id}/${pull}` });
  } else if (state === 'failed') {
    await changeCheck(tx, id, { ...to, state: 'waiting', problem: null, ended_at: null });
    await tx.enqueue(jobs.check, again);
  } else await changeCheck(tx, id, to);
  await tx.record({ action: 'git_check.joined', resource: `git_check:${id}`, after: { pull_request: pull } });
  await tx.emit({ type: 'git_check.changed', subject: `git_check:${id}` });
}

/** How the host names a delivery, the same when it sends it again. */
const deliveryOf = (headers: Incoming['headers']): string | undefined =>
  [
    headers['x-github-delivery'],
    headers['x-gitea-delivery'],
    headers['idempotency-key'],
    headers['x-gitlab-event-uuid'],
    headers['webhook-id'],
  ]
    .find((one) => one !== undefined)
    ?.slice(0, 200);

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('the body is no JSON', {
      field: 'body',
      hint: 'choose application/json as the content type of the webhook',
    });
  }
}

const notGenuine = (): TreadleError =>
  new TreadleError('unauthenticated', 'the webhook does not show the secret of this connection', {
    hint: 'make one with: treadle githost secret NAME, and enter it where the webhook is set up',
  });
