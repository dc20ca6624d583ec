import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { readTimetable } from '../platform/schedule/index.ts';
import { planRollout } from '../releases/index.ts';
import type { Environment, EnvironmentSettings } from './contract.ts';
import { clash } from './names.ts';
import {
  noEnvironment,
  removeEnvironment,
  saveEnvironment,
  selectEnvironments,
  type EnvironmentRow,
} from './store.ts';
import { openness } from './window.ts';

/** Of a workspace. */
const MOST = 50;

function toEnvironment(row: EnvironmentRow, now: number): Environment {
  const terms = JSON.parse(row.terms) as Environment['terms']; // written by this room
  const window = openness(terms, now);
  return {
    name: row.name,
    position: row.position,
    terms,
    open: window.open,
    ...(window.open
      ? {}
      : { closed: window.why, ...(window.at === undefined ? {} : { opens_at: window.at }) }),
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
  };
}

/** All of the workspace, in their order. */
export async function environments(ctx: Ctx): Promise<Environment[]> {
  const now = ctx.clock.now();
  return (await selectEnvironments(ctx)).map((row) => toEnvironment(row, now));
}

export async function getEnvironment(ctx: Ctx, name: string): Promise<Environment> {
  const found = (await environments(ctx)).find((one) => one.name === name);
  if (found) return found;
  throw noEnvironment(name);
}

/** With all that was left unsaid: what a later version of Treadle would assume changes nothing of it. */
const whole = (name: string, said: EnvironmentSettings): Environment['terms'] => ({
  endpoints: said.endpoints ?? `{model}-${name}`,
  models: said.models ?? {},
  variables: said.variables ?? {},
  windows: said.windows ?? [],
  time_zone: said.time_zone ?? 'UTC',
  freezes: said.freezes ?? [],
  hold_min: said.hold_min ?? 0,
  ...(said.rollout ? { rollout: said.rollout } : {}),
});

/** Makes it, or says anew what holds for it. Saying again what holds already changes nothing. */
export function setEnvironment(
  ctx: Ctx,
  name: string,
  { unchanged_since, ...said }: EnvironmentSettings & { unchanged_since?: number },
): Promise<Environment> {
  readTimetable('0 0 * * *', said.time_zone ?? 'UTC');
  if (said.rollout) planRollout(said.rollout, 'rollout');
  for (const [i, { from, to }] of (said.freezes ?? []).entries())
    if (from >= to)
      throw invalid('a freeze ends after it begins', { field: `freezes[${i}].to`, hint: 'swap them' });
  const twice = Object.values(said.models ?? {}).find((one, i, all) => all.indexOf(one) !== i);
  if (twice !== undefined)
    throw invalid(`endpoint ${twice} is said of two models`, {
      field: 'models',
      hint: 'give each model an endpoint of its own',
    });
  return ctx.write(async (tx) => {
    const all = await environments(tx);
    const before = all.find((one) => one.name === name);
    if (unchanged_since !== undefined && before?.updated_at !== unchanged_since)
      throw conflict(`environment ${name} is not as you saw it: somebody changed it meanwhile`, {
        field: 'unchanged_since',
        hint: 'look at it again, and say anew what shall be otherwise',
      });
    if (!before && all.length >= MOST)
      throw conflict(`a workspace has at most ${MOST} environments`, {
        field: 'environment',
        hint: 'remove one that nobody needs',
      });
    const position = said.position ?? before?.position ?? (all.at(-1)?.position ?? 0) + 1;
    const terms = whole(name, said);
    for (const other of all) {
      const problem = other.name === name ? undefined : clash({ name, position, terms }, other);
      if (problem !== undefined)
        throw conflict(`${name} cannot be an environment like this: ${problem}`, {
          field: problem.startsWith('position') ? 'position' : 'endpoints',
          hint: problem.startsWith('position')
            ? `places may leave gaps up to 1000: move ${other.name} to another one first, as a whole, or take one that is free`
            : 'look at those that there are with: treadle environment',
        });
    }
    const now = tx.clock.now();
    const row: EnvironmentRow = {
      workspace: tx.workspace,
      name,
      position,
      terms: JSON.stringify(terms),
      created_at: before?.created_at ?? now,
      created_by: before?.created_by ?? tx.actor.name,
      updated_at: now,
    };
    if (before && before.position === position && JSON.stringify(before.terms) === row.terms) return before;
    await saveEnvironment(tx, row);
    const resource = `environment:${name}`;
    await tx.record({
      action: 'environment.set',
      resource,
      ...(before ? { before: { position: before.position, terms: before.terms } } : {}),
      after: { position, terms },
    });
    await tx.emit({ type: 'environment.set', subject: resource });
    return toEnvironment(row, now);
  });
}

export async function deleteEnvironment(ctx: Ctx, name: string, reason: string): Promise<void> {
  await ctx.write(async (tx) => {
    if (!(await removeEnvironment(tx, name))) throw noEnvironment(name);
    const resource = `environment:${name}`;
    await tx.record({ action: 'environment.removed', resource, reason });
    await tx.emit({ type: 'environment.removed', subject: resource });
  });
}
