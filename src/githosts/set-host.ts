import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newSecret } from '../platform/events/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { GitHost, GitHostSettings } from './contract.ts';
import { deleteHostRows, findHost, requireHost, saveHost, selectHosts, type GitHostRow } from './store.ts';
import { hookPath, toHost } from './views.ts';

/** Of a workspace. */
const MOST = 100;

/** Makes a connection, or changes one. A token stays with what it was given for: another address, kind or repository drops it. */
export async function setGitHost(
  ctx: Ctx,
  outbound: Outbound,
  name: string,
  { kind, url: given, repository, file = 'treadle.yaml', token }: GitHostSettings,
): Promise<GitHost> {
  const url = addressOf(outbound, given);
  return ctx.write(async (tx) => {
    const before = await findHost(tx, name);
    if (!before && (await selectHosts(tx)).length >= MOST)
      throw conflict(
        `workspace '${tx.workspace}' has ${MOST} connections to Git hosts, and may have no more`,
        {
          hint: 'remove one that nobody needs',
        },
      );
    const now = tx.clock.now();
    const stays =
      before !== undefined &&
      before.url === url &&
      before.kind === kind &&
      before.repository.toLowerCase() === repository.toLowerCase();
    const row: GitHostRow = {
      id: before?.id ?? newId(now),
      workspace: tx.workspace,
      name,
      kind,
      url,
      repository,
      file,
      token: token ?? (stays ? before.token : null),
      secret: stays ? before.secret : null,
      created_at: before?.created_at ?? now,
      created_by: before?.created_by ?? tx.actor.name,
      updated_at: now,
    };
    await saveHost(tx, row);
    const resource = `git_host:${row.id}`;
    await tx.record({
      action: before ? 'git_host.changed' : 'git_host.created',
      resource,
      ...(before ? { before: digestOf(before) } : {}),
      after: { ...digestOf(row), new_token: token !== undefined },
    });
    await tx.emit({ type: before ? 'git_host.changed' : 'git_host.created', subject: resource });
    return toHost(row);
  });
}

export async function deleteGitHost(ctx: Ctx, name: string): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await requireHost(tx, name);
    await deleteHostRows(tx, row.id);
    const resource = `git_host:${row.id}`;
    await tx.record({ action: 'git_host.deleted', resource, before: digestOf(row) });
    await tx.emit({ type: 'git_host.deleted', subject: resource });
  });
}

/** A fresh secret for the webhook; the one before it is worth nothing from then on. Shown once. */
export async function makeSecret(ctx: Ctx, name: string): Promise<{ secret: string; path: string }> {
  const secret = newSecret();
  const id = await ctx.write(async (tx) => {
    const row = await requireHost(tx, name);
    await saveHost(tx, { ...row, secret, updated_at: tx.clock.now() });
    const resource = `git_host:${row.id}`;
    await tx.record({ action: 'git_host.secret_made', resource });
    await tx.emit({ type: 'git_host.changed', subject: resource });
    return row.id;
  });
  return { secret, path: hookPath(id) };
}

/** Without what a path is put behind: `https://host:port`, and the folder where the host does not have a name of its own. */
function addressOf(outbound: Outbound, given: string): string {
  const url = outbound.check(given);
  if (url.search !== '' || url.hash !== '')
    throw invalid('the address of a host has no ? and no #', {
      field: 'url',
      hint: 'write it as https://host',
    });
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** What the ledger keeps: no secret. */
const digestOf = ({ name, kind, url, repository, file }: GitHostRow): object => ({
  name,
  kind,
  url,
  repository,
  file,
});
