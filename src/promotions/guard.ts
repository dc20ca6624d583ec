import { NOT_YET, type MoveGuard } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, type TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { answeredAt, wasPartOf } from '../serving/index.ts';
import type { Environment } from './contract.ts';
import { mayEnter, type Verdict } from './entry.ts';
import { environments } from './environments.ts';
import { before, endpointOf, environmentOf } from './names.ts';
import { insertPromotion, wasLetIn } from './store.ts';

/** What may come to the endpoint of an environment, asked in the transaction of every move: no deployment goes past it. */
export const guardEnvironments: MoveGuard = async (tx, { kind, name, from, to, key }) => {
  if (kind !== 'endpoint' || to.length === 0) return;
  const all = await environments(tx);
  const environment = environmentOf(all, name);
  if (!environment) return;
  for (const version of to) {
    // What answers there already stays, in whichever part; the later steps of a rollout are no other move.
    if (from.includes(version.ref)) continue;
    if (key !== undefined && (await wasLetIn(tx, name, version.ref, key))) continue;
    const verdict = await verdictOn(tx, all, environment, { endpoint: name, ...version });
    if (!verdict.ok) throw refused(environment, name, version, verdict);
    const now = tx.clock.now();
    const id = newId(now);
    await insertPromotion(tx, {
      id,
      workspace: tx.workspace,
      environment: environment.name,
      endpoint: name,
      model: version.model,
      version: version.version,
      version_ref: version.ref,
      how: verdict.how,
      move_key: key ?? null,
      at: now,
      by: tx.actor.name,
    });
    const resource = `environment:${environment.name}`;
    await tx.record({
      action: 'environment.promoted',
      resource,
      after: {
        endpoint: name,
        version: version.ref,
        how: verdict.how,
        ...(key === undefined ? {} : { move: key }),
      },
      edges: [{ from: resource, to: version.ref, relation: 'let-in' }],
    });
    await tx.emit({
      type: 'environment.promoted',
      subject: resource,
      data: { endpoint: name, model: version.model, version: version.version, how: verdict.how },
    });
  }
};

/** Whether a version may come to an endpoint of an environment now. */
export async function verdictOn(
  ctx: Ctx,
  all: readonly Environment[],
  environment: Environment,
  { endpoint, model, ref }: { endpoint: string; model: string; ref: string },
): Promise<Verdict> {
  const earlier = before(all, environment);
  const here = (await answeredAt(ctx, endpoint, [ref])).get(ref);
  const there = earlier && (await answeredAt(ctx, endpointOf(earlier, model), [ref])).get(ref);
  return mayEnter({
    environment,
    here,
    part: here !== undefined || (await wasPartOf(ctx, endpoint, ref)),
    before: earlier && {
      name: earlier.name,
      hold_min: earlier.terms.hold_min,
      answered: there,
      answers: there?.answers ?? false,
    },
    now: ctx.clock.now(),
  });
}

export function refused(
  environment: Environment,
  endpoint: string,
  { model, version }: { model: string; version: number },
  { code, why }: Extract<Verdict, { ok: false }>,
): TreadleError {
  return conflict(
    `${model} v${version} may not come to environment ${environment.name} (endpoint ${endpoint}): ${why}`,
    {
      field: 'version',
      hint:
        code === 'not-before'
          ? 'promote it to the environment before, and let it answer there first'
          : 'wait for it; what answered here before may come back at any time, and an admin may change the environment',
      // Time alone brings it.
      ...(code === 'not-before' ? {} : { code: NOT_YET }),
    },
  );
}
