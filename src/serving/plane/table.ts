import type { Counters } from './counters.ts';
import type { Lane } from './lane.ts';
import type { Served } from './plane.ts';
import type { Role, TableEndpoint, TableVariant } from './protocol.ts';

/** A variant of a revision with the model that answers for it. */
export interface Target {
  role: Role;
  variant: TableVariant;
  revision: number;
  serial: number;
  /** Undefined where its model is not loaded. */
  lane: Lane | undefined;
  counters: Counters;
  /** What faces see of it; made when the first one asks. */
  served: Served | undefined;
}

/** An endpoint as the table says, ready to answer. Never changed: a switch makes another one. */
export interface Route {
  endpoint: TableEndpoint;
  champion: Target;
  canary: Target | undefined;
  shadows: readonly Target[];
  /** The champion of the revision before, for when this one's hosts are down. */
  fallback: Target | undefined;
  /** Its queue, which a switch hands on. */
  line: Line;
}

export interface Line {
  /** Questions asked and not answered. */
  waiting: number;
  /** As the newest table has it: what is recorded of an answer is said by it, also where the question came before the switch. */
  endpoint: TableEndpoint;
}

/** Endpoints by workspace and name. One object holds it, so that a switch is one assignment. */
export type Table = ReadonlyMap<string, ReadonlyMap<string, Route>>;

export function compile(
  endpoints: readonly TableEndpoint[],
  lane: (key: string) => Lane | undefined,
  counters: (endpoint: string, serial: number, variant: TableVariant) => Counters,
  line: (endpoint: TableEndpoint) => Line,
): Table {
  const table = new Map<string, Map<string, Route>>();
  for (const endpoint of endpoints) {
    const target = (revision: number, serial: number, variant: TableVariant): Target => ({
      role: variant.role,
      variant,
      revision,
      serial,
      lane: lane(variant.key),
      counters: counters(endpoint.id, serial, variant),
      served: undefined,
    });
    const own = endpoint.variants.map((variant) => target(endpoint.revision, endpoint.serial, variant));
    const champion = own.find(({ role }) => role === 'champion') ?? own.find(({ role }) => role === 'canary');
    if (!champion) continue; // nothing that answers
    const { fallback } = endpoint;
    const before = fallback?.variants.find(({ role }) => role === 'champion');
    const names = table.get(endpoint.workspace) ?? new Map<string, Route>();
    table.set(endpoint.workspace, names);
    names.set(endpoint.name, {
      endpoint,
      champion,
      canary: own.find((one) => one.role === 'canary' && one !== champion && one.variant.percent > 0),
      shadows: own.filter(({ role }) => role === 'shadow'),
      fallback: fallback && before ? target(fallback.revision, fallback.serial, before) : undefined,
      line: line(endpoint),
    });
  }
  return table;
}

/** Keys of all models that a table names. */
export const keysOf = (endpoints: readonly TableEndpoint[]): Set<string> =>
  new Set(
    endpoints.flatMap(({ variants, fallback }) =>
      [...variants, ...(fallback?.variants ?? [])].map(({ key }) => key),
    ),
  );

/** Every target of an endpoint, the ones that answer first. */
export const targetsOf = ({ champion, canary, fallback, shadows }: Route): Target[] =>
  [champion, canary, fallback, ...shadows].filter((target) => target !== undefined);
