import { seeingAll } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { getVersion } from '../models/index.ts';
import { endpointOf, environmentOf, environments, getEnvironment } from '../promotions/index.ts';
import type { Below } from './engine.ts';
import { requireSource } from './store.ts';

/** Of a push, ms. */
const TIME = 2 * 60_000;

export interface Proposal {
  as?: string;
  models?: Record<string, number>;
  why?: string;
}

/** Pushes a branch on which the file says what runs, with these versions instead where they are said. People merge it, or do not. */
export async function propose(
  ctx: Ctx,
  { files, serving }: Pick<Below, 'files' | 'serving'>,
  name: string,
  { as, models = {}, why }: Proposal,
): Promise<{ branch: string; commit: string; text: string }> {
  const { host, branch: base, path: file } = await requireSource(ctx, name);
  const environment = await getEnvironment(ctx, name);
  const all = await environments(ctx);
  const said = new Map<string, { model: string; version: number }>();
  // Whoever proposes: what they do not see otherwise is not left out of the file.
  for (const { name: endpoint, current } of await serving.list(seeingAll(ctx))) {
    const primary = current?.variants.find(({ role }) => role === 'champion');
    if (primary && environmentOf(all, endpoint)?.name === name)
      said.set(endpoint, { model: primary.model, version: primary.version });
  }
  for (const [model, version] of Object.entries(models)) {
    const found = await getVersion(ctx, model, String(version)); // what is not there is not proposed
    said.set(endpointOf(environment, found.model), { model: found.model, version: found.version });
  }
  const lines = [...said].toSorted(([a], [b]) => a.localeCompare(b));
  const own = lines.filter(([endpoint, { model }]) => endpoint === endpointOf(environment, model));
  const others = lines.filter(([endpoint, { model }]) => endpoint !== endpointOf(environment, model));
  const text = [
    `environment: ${name}`,
    ...(own.length === 0 ? [] : ['models:']),
    ...own.map(([, { model, version }]) => `  ${JSON.stringify(model)}: ${version}`),
    ...(others.length === 0 ? [] : ['endpoints:']),
    ...others.map(
      ([endpoint, { model, version }]) =>
        `  ${JSON.stringify(endpoint)}: { model: ${JSON.stringify(model)}, version: ${version} }`,
    ),
    '',
  ].join('\n');
  const branch =
    as ?? `treadle/${name}-${new Date(ctx.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  const message = `${why ?? (Object.keys(models).length > 0 ? `Other versions in ${name}` : `What runs in ${name}`)}\n\nProposed by ${ctx.actor.name}`;
  const commit = await files.propose(
    ctx,
    { host, branch: base, file, text, as: branch, message },
    AbortSignal.timeout(TIME),
  );
  await ctx.write(async (tx) => {
    const resource = `environment:${name}`;
    await tx.record({ action: 'gitops.proposed', resource, after: { branch, commit } });
    await tx.emit({ type: 'gitops.proposed', subject: resource, data: { branch } });
  });
  return { branch, commit, text };
}
