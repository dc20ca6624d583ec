import { seeingAll, sees } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { environmentOf, environments } from '../promotions/index.ts';
import type { DesiredState, GitOps, GitOpsTarget } from './contract.ts';
import type { Below } from './engine.ts';
import { see } from './see.ts';
import { requireSource, selectAttempts, selectSources, type SourceRow } from './store.ts';
import { quarrelIn, wishesOf } from './wishes.ts';

/** A branch is looked at each minute; after this its host does not answer. */
const LATE = 3 * 60_000;

type Doors = Pick<Below, 'releases' | 'serving'>;

export const listGitOps = async (ctx: Ctx, doors: Doors): Promise<{ items: GitOps[] }> => {
  const items: GitOps[] = [];
  for (const row of await selectSources(ctx))
    if (sees(ctx, { kind: 'environment', name: row.environment }))
      items.push(await toGitOps(ctx, doors, row));
  return { items };
};

export const getGitOps = async (ctx: Ctx, doors: Doors, environment: string): Promise<GitOps> =>
  toGitOps(ctx, doors, await requireSource(ctx, environment));

/** Of all that answers there: who may see the environment sees what it says itself. */
async function toGitOps(caller: Ctx, doors: Doors, source: SourceRow): Promise<GitOps> {
  const ctx = seeingAll(caller);
  const all = await environments(ctx);
  const environment = all.find(({ name }) => name === source.environment);
  const desired = source.desired === null ? undefined : (JSON.parse(source.desired) as DesiredState); // written by this room
  const wishes = environment && desired ? await wishesOf(ctx, desired, environment) : [];
  const attempts = await selectAttempts(ctx, source.environment);
  const targets: GitOpsTarget[] = [];
  for (const wish of wishes) {
    const { runs, step, attempt } = await see(ctx, doors, {
      environment: environment!,
      source,
      wish,
      attempts,
    });
    targets.push({
      endpoint: wish.endpoint,
      wanted: {
        model: wish.model,
        ...(wish.version ? { version: wish.version.number, version_ref: wish.version.ref } : {}),
      },
      ...(runs ? { runs: { model: runs.model, version: runs.version, version_ref: runs.ref } } : {}),
      state: step.state,
      says: step.says,
      ...(step.at === undefined ? {} : { at: step.at }),
      ...(attempt ? { release: attempt.release_id } : {}),
    });
  }
  const named = new Set(wishes.map(({ endpoint }) => endpoint));
  const unnamed: GitOps['unnamed'] = [];
  for (const { name, current } of await doors.serving.list(ctx)) {
    const primary = current?.variants.find(({ role }) => role === 'champion');
    if (!primary || named.has(name) || environmentOf(all, name)?.name !== source.environment) continue;
    const { model, version, version_ref } = primary;
    unnamed.push({ endpoint: name, model, version, version_ref });
  }
  const { commit_id, looked_at } = source;
  const problem =
    source.problem ?? ((environment && desired && quarrelIn(desired, environment, all)) || null);
  return {
    environment: source.environment,
    host: source.host,
    branch: source.branch,
    file: source.path,
    mode: source.mode === 'report' ? 'report' : 'apply',
    ...(commit_id === null ? {} : { commit: commit_id }),
    ...(problem === null ? {} : { problem }),
    ...(looked_at === null ? {} : { looked_at }),
    ...(looked_at !== null && ctx.clock.now() - looked_at > LATE ? { late: true } : {}),
    in_sync: problem === null && commit_id !== null && targets.every(({ state }) => state === 'in_sync'),
    targets,
    unnamed,
    created_at: source.created_at,
    created_by: source.created_by,
  };
}
