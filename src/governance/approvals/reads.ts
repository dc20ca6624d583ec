import { rightsOf, type Rights } from '../../access/index.ts';
import { tellModelVersions } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { environmentOfEndpoint } from '../../promotions/index.ts';
import type { Policy } from '../contract/approvals.ts';
import { policiesNow } from './covers.ts';
import { selectDecisions, type DecisionRow } from './store.ts';

type Told = Awaited<ReturnType<typeof tellModelVersions>>;

/**
 * What is asked for again and again while requests are looked at, each asked once: rows of a list share policies, environments and people,
 * and theirs are read together. Of the moment at which it was made: whoever decides or moves makes one in their transaction.
 */
export interface Reads {
  policies(): Promise<Policy[]>;
  environmentOf(endpoint: string): Promise<string | undefined>;
  rightsOf(user: string): Promise<Rights | undefined>;
  /** What a version is now. */
  told(version: string): Promise<Told>;
  decisions(request: string): Promise<readonly DecisionRow[]>;
}

/** For these rows of a list; for one that comes later its own are read alone. */
export function readsOf(ctx: Ctx, rows: ReadonlyArray<{ id: string; version_ref: string }> = []): Reads {
  const ids = new Set(rows.map(({ id }) => id));
  const versions = new Set(rows.map(({ version_ref }) => version_ref));
  const environments = new Map<string, Promise<string | undefined>>();
  const people = new Map<string, Promise<Rights | undefined>>();
  let policies: Promise<Policy[]> | undefined;
  let told: Promise<Told> | undefined;
  let decisions: Promise<ReadonlyMap<string, readonly DecisionRow[]>> | undefined;
  return {
    policies: () => (policies ??= policiesNow(ctx)),
    environmentOf: (endpoint) => once(environments, endpoint, () => environmentOfEndpoint(ctx, endpoint)),
    rightsOf: (user) => once(people, user, () => rightsOf(ctx, user)),
    told: (version) =>
      versions.has(version)
        ? (told ??= tellModelVersions(ctx, [...versions]))
        : tellModelVersions(ctx, [version]),
    async decisions(request) {
      if (!ids.has(request)) return selectDecisions(ctx, [request]);
      decisions ??= selectDecisions(ctx, [...ids]).then((all) =>
        Map.groupBy(all, ({ request_id }) => request_id),
      );
      return (await decisions).get(request) ?? [];
    },
  };
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  let found = known.get(key);
  if (!found) known.set(key, (found = ask()));
  return found;
}
