import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf, TreadleError } from '../platform/errors/index.ts';
import type { Environment } from '../promotions/contract.ts';
import type { DesiredState } from './contract.ts';
import type { Below } from './engine.ts';
import { readDesired } from './read-file.ts';
import { noteMerge, type AttemptRow, type SourceRow } from './store.ts';
import { saidIn, type Wish } from './wishes.ts';

/** By so much the clocks of a host and of this server may differ, ms. */
const SKEW = 2 * 60_000;

interface Waiting {
  source: SourceRow;
  environment: Environment;
  wish: Wish;
  attempts: readonly AttemptRow[];
  signal: AbortSignal;
}

/**
 * Where a release of this wish waits for people: the merge that brought the wish is looked for, once for each request, and is heard as the
 * word of who merged. What cannot be proven is nobody's word, and the state says why.
 */
export async function hearMerged(
  ctx: Ctx,
  below: Below,
  { source, wish, attempts, signal }: Waiting,
): Promise<void> {
  const attempt = attempts.find(({ endpoint, sum }) => endpoint === wish.endpoint && sum === wish.sum);
  const release = attempt && (await below.releases.find(ctx, attempt.release_id));
  if (!attempt || release?.state !== 'awaiting_approval') return;
  const request = await below.releases.awaits(ctx, release.id);
  if (request === undefined || attempt.merge_for === request) return;
  if (!(await below.approvals.mergesCount(ctx, request, source.host))) return;
  try {
    const found = await findMerge(ctx, below, source, wish, signal);
    const says =
      'why' in found
        ? `no merge counts as an approval: ${found.why}`
        : await below.approvals.hearMerge(ctx, request, { ...found, host: source.host });
    await ctx.write((tx) => noteMerge(tx, attempt, { merge_for: request, merge_says: says }));
    Object.assign(attempt, { merge_for: request, merge_says: says });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TreadleError)) throw error;
    // Asked again at the next look.
    ctx.log.warn('a Git host could not be asked who merged', {
      environment: source.environment,
      error: messageOf(error),
    });
  }
}

type Found = { commit: string; number: number; merged_by: string; author: string; merged_at: number };

/** The merge that made the file say this of it: the very commit, on the branch that is followed, and no older one that is played again. */
async function findMerge(
  ctx: Ctx,
  { files }: Below,
  source: SourceRow,
  { key }: Wish,
  signal: AbortSignal,
): Promise<Found | { why: string }> {
  const { environment, host, branch, path: file, commit_id: commit } = source;
  if (commit === null || source.desired === null) return { why: 'the file was not read yet' };
  const wanted = saidIn(JSON.parse(source.desired) as DesiredState).get(key); // written by this room
  const said = async (text: string | undefined): Promise<string | undefined> =>
    text === undefined
      ? undefined
      : readDesired(text, environment).then(
          (desired) => saidIn(desired).get(key),
          () => undefined,
        );
  for (const change of await files.history(ctx, { host, branch, file, commit }, signal)) {
    if ((await said(change.after)) !== wanted) break;
    if ((await said(change.before)) === wanted) continue;
    const merge = await files.merge(ctx, { host, branch, commit: change.commit }, signal);
    const which = `commit ${change.commit.slice(0, 10)}`;
    if (!merge) return { why: `${which} brought it, and ${host} knows of no pull request merged as that` };
    const since = sinceOf(source)[key] ?? 0;
    if (merge.merged_at + SKEW < since)
      return { why: `#${merge.number} was merged before the file said otherwise` };
    return { ...merge, commit: change.commit };
  }
  return { why: `the last changes of ${file} do not say which commit brought it` };
}

/** When the file was last seen saying otherwise, of each thing that it says now. */
export function saidSince(before: SourceRow, desired: DesiredState): Record<string, number> {
  const then = before.desired === null ? undefined : saidIn(JSON.parse(before.desired) as DesiredState);
  const since = sinceOf(before);
  return Object.fromEntries(
    [...saidIn(desired)].map(([key, value]) => [
      key,
      then === undefined ? 0 : then.get(key) === value ? (since[key] ?? 0) : (before.looked_at ?? 0),
    ]),
  );
}

const sinceOf = ({ said_since: text }: SourceRow): Record<string, number> =>
  text === null ? {} : (JSON.parse(text) as Record<string, number>); // written by this room
