import { createHash } from 'node:crypto';
import type { VersionMove } from '../../models/index.ts';
import type { Ctx, Resource } from '../../platform/ctx/index.ts';
import { canonical } from '../../platform/json/index.ts';
import { fits } from '../../platform/patterns/index.ts';
import { environmentOfEndpoint } from '../../promotions/index.ts';
import type { Cover, Policy, Target, Terms } from '../contract/approvals.ts';
import type { Wants } from './standing.ts';
import { selectPolicies, type PolicyRow } from './store.ts';

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex');

const HOUR = 3_600_000;

/** With all that was left unsaid: what a later version of Treadle would assume changes nothing of it. */
export const whole = (terms: Terms): Policy['terms'] => ({
  covers: terms.covers,
  checks: terms.checks ?? [],
  approvers: terms.approvers,
  expires_h: terms.expires_h ?? 168,
  going_back: terms.going_back ?? true,
  break_glass: terms.break_glass ?? true,
  ...(terms.merges && terms.merges.length > 0 ? { merges: terms.merges } : {}),
});

export const toPolicy = (row: PolicyRow): Policy => ({
  name: row.name,
  revision: row.revision,
  digest: row.sum,
  terms: JSON.parse(row.terms) as Policy['terms'], // written by this room
  created_at: row.created_at,
  created_by: row.created_by,
  ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
});

/** What a move, or a request, is about. */
export type About = Pick<VersionMove, 'kind' | 'name'> & {
  model?: { name: string; ref: string } | undefined;
  /** Of an endpoint, where it is one of an environment. */
  environment?: string | undefined;
};

/** Its name in the ledger: of a model by what it is called for ever. */
export const keyOf = ({ kind, name, model }: About): string =>
  kind === 'endpoint' ? `endpoint:${name}` : `${kind}:${model?.ref ?? ''}/${name}`;

export const aboutOf = (target: Target, model: { name: string; ref: string }): About =>
  'alias' in target
    ? { kind: 'alias', name: target.alias, model }
    : 'stage' in target
      ? { kind: 'stage', name: target.stage, model }
      : { kind: 'endpoint', name: target.endpoint };

/**
 * The things whose grants count for it: what answers at an endpoint is its approvers’ and those of its environment, and where an alias or
 * stage points its model’s.
 */
export async function resourcesOf(
  ctx: Ctx,
  { kind, name, model }: About,
  environmentOf: EnvironmentOf = (endpoint) => environmentOfEndpoint(ctx, endpoint),
): Promise<Resource[]> {
  if (kind !== 'endpoint') return [{ kind: 'model', name: model?.name ?? '' }];
  const environment = await environmentOf(name);
  return [
    { kind: 'endpoint', name },
    ...(environment === undefined ? [] : [{ kind: 'environment', name: environment }]),
  ];
}

/** The environment that an endpoint is of: where it was read already, it need not be again. */
type EnvironmentOf = (endpoint: string) => Promise<string | undefined>;

/** For people: `the alias champion of flights`. */
export const wordsOf = ({ kind, name, model }: About): string =>
  kind === 'endpoint' ? `endpoint ${name}` : `the ${kind} ${name} of ${model?.name ?? ''}`;

export function covers(cover: Cover, { kind, name, model, environment }: About): boolean {
  if ('environment' in cover)
    return kind === 'endpoint' && environment !== undefined && folded(cover.environment, environment);
  if ('endpoint' in cover) return kind === 'endpoint' && folded(cover.endpoint, name);
  if (!folded(cover.model ?? '*', model?.name ?? '')) return false;
  return 'alias' in cover
    ? kind === 'alias' && folded(cover.alias, name)
    : kind === 'stage' && cover.stage === name;
}

/** Also what differs in the case of its letters, or in how they are encoded: people take the one for the other. */
const folded = (pattern: string, name: string): boolean =>
  fits(pattern.normalize('NFKC').toLowerCase(), name.normalize('NFKC').toLowerCase());

export const policiesNow = async (ctx: Ctx): Promise<Policy[]> => (await selectPolicies(ctx)).map(toPolicy);

const byEnvironment = (cover: Cover): boolean => 'environment' in cover;

/** The policies that guard it now; of those that hold, where they were read already. */
export async function guarding(
  ctx: Ctx,
  about: About,
  held?: readonly Policy[],
  environmentOf: EnvironmentOf = (endpoint) => environmentOfEndpoint(ctx, endpoint),
): Promise<Policy[]> {
  const policies = held ?? (await policiesNow(ctx));
  const asks = about.kind === 'endpoint' && policies.some(({ terms }) => terms.covers.some(byEnvironment));
  const environment = asks ? await environmentOf(about.name) : undefined;
  return policies.filter(({ terms }) =>
    terms.covers.some((cover) => covers(cover, { ...about, environment })),
  );
}

export const wantsOf = (policies: readonly Policy[]): Wants[] =>
  policies.map(({ name, terms }) => ({
    policy: name,
    approvers: terms.approvers,
    checks: terms.checks,
    expires_ms: terms.expires_h * HOUR,
    going_back: terms.going_back,
    break_glass: terms.break_glass,
  }));
