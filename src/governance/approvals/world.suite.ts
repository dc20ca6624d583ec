import { fc } from '../../../test/property.ts';
import { covers } from './covers.ts';
import { permit, type Promotion } from './permit.ts';
import { standing, type Person, type Wants, type Word } from './standing.ts';

/**
 * A small model of one guarded alias, or of an endpoint that an environment gains and loses. It knows nothing of `standing` and `permit`: it goes through the whole history anew at each move,
 * and finds a place for everybody by trying.
 */

export const USERS = ['ann', 'ben', 'cem', 'dot', 'ops'] as const;
export const ROLES = ['approver', 'risk', 'admin'] as const;
export const VERSIONS = ['v1', 'v2', 'v3'] as const;
export const HOUR = 3_600_000;

const user = fc.constantFrom(...USERS);
export const version = fc.constantFrom(...VERSIONS);
const place = fc.record({ role: fc.constantFrom(...ROLES), count: fc.integer({ min: 1, max: 2 }) });
export const action = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('policy' as const),
      name: fc.constantFrom('a', 'b'),
      /** Whether it names what moves, or the environment that it may be in. */
      by: fc.constantFrom('name' as const, 'environment' as const),
      approvers: fc.array(place, { minLength: 1, maxLength: 2 }),
      checks: fc.boolean(),
      back: fc.boolean(),
      glass: fc.boolean(),
      hours: fc.constantFrom(1, 24),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('end policy' as const), name: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('map' as const), inside: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      version,
      by: fc.option(fc.constantFrom('ann', 'dot')),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('word' as const),
      back: fc.nat(2),
      user,
      verdict: fc.constantFrom(
        'approve' as const,
        'approve' as const,
        'approve' as const,
        'reject' as const,
        'break_glass' as const,
      ),
      stale: fc.nat(9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), back: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('roles' as const), user, roles: fc.subarray([...ROLES]) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), user }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rewrite' as const), version, restore: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('describe' as const), version }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('check' as const), version, holds: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 12) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('move' as const), version }) },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

export interface Policy extends Omit<Extract<Action, { do: 'policy' }>, 'do'> {
  revision: number;
}
export interface Request {
  id: string;
  version: string;
  by: string | null;
  digest: string;
  ended: 'promoted' | 'withdrawn' | null;
  words: Word[];
}

/** The world in which both look. */
export class World {
  now = 1_000_000_000;
  revision = 0;
  policies: Policy[] = [];
  /** Whether what moves is in the environment. */
  inside = true;
  people = new Map<string, Person>([
    ['ann', { roles: ['approver'], service: false }],
    ['ben', { roles: ['approver', 'risk'], service: false }],
    ['cem', { roles: ['risk'], service: false }],
    ['dot', { roles: ['admin', 'approver'], service: false }],
    ['ops', { roles: ['approver', 'risk', 'admin'], service: true }],
  ]);
  authors: Record<string, string[]> = { v1: [], v2: ['ann'], v3: ['ben', 'dot'] };
  files: Record<string, number> = { v1: 0, v2: 0, v3: 0 };
  cards: Record<string, number> = { v1: 0, v2: 0, v3: 0 };
  holds: Record<string, boolean> = { v1: true, v2: true, v3: true };
  requests: Request[] = [];
  promotions: Promotion[] = [];
  /** What the alias points at. */
  at: string | undefined = 'v1';

  digest(one: string): string {
    return JSON.stringify([
      one,
      this.files[one],
      this.cards[one],
      this.holds[one],
      this.guarding().map(({ name, revision }) => [name, revision]),
    ]);
  }
  /** As the guard finds them. */
  guarding(): Policy[] {
    const about = { kind: 'endpoint', name: 'live', environment: this.inside ? 'prod' : undefined } as const;
    return this.policies.filter(({ by }) =>
      covers(by === 'name' ? { endpoint: 'live' } : { environment: 'prod' }, about),
    );
  }
  content(one: string): string | undefined {
    return this.files[one] === 0 ? `files of ${one}` : undefined;
  }
  wants(): Wants[] {
    return this.guarding().map(({ name, approvers, checks, hours, back, glass }) => ({
      policy: name,
      approvers,
      checks: checks ? ['gate'] : [],
      expires_ms: hours * HOUR,
      going_back: back,
      break_glass: glass,
    }));
  }

  /** As the guard does it. */
  move(to: string): boolean {
    const wants = this.wants();
    if (wants.length === 0) {
      this.at = to;
      return true;
    }
    const before = [...this.promotions];
    const found = before.length === 0 && this.at !== undefined;
    const requests = this.requests
      .filter((one) => one.version === to && one.ended === null)
      .toReversed()
      .map((one) => ({
        id: one.id,
        standing: standing(
          { digest: one.digest, requested_user: one.by, authors: this.authors[to]!, ended: one.ended },
          one.words,
          wants,
          this.people,
          {
            at: this.now,
            digest: this.digest(to),
            checks: [{ check: 'gate', holds: this.holds[to]!, says: '' }],
          },
        ),
      }));
    const permission = permit(
      { version: to, content: this.content(to), requests },
      { from: this.at === undefined ? [] : [this.at], promotions: before, wants },
    );
    if (!permission.ok) return false;
    if (found)
      this.promotions.push({ version: this.at!, content: `files of ${this.at!}`, how: 'found', key: null });
    if (permission.how !== 'stays' && permission.how !== 'same move') {
      this.promotions.push({ version: to, content: this.content(to)!, how: permission.how, key: null });
      const used = this.requests.find(({ id }) => id === permission.request);
      if (used) used.ended = 'promoted';
    }
    this.at = to;
    return true;
  }
}

/** Whether a version may come to the alias, said in the plainest way. */
export function mayCome(world: World, to: string): boolean {
  const policies = world.policies.filter(({ by }) => by === 'name' || world.inside);
  if (policies.length === 0) return true;
  if (world.files[to] !== 0) return false;
  if (to === world.at) return true;
  // Whatever was here before, and came by the rules or was here when they began.
  if (world.promotions.some((one) => one.version === to) && policies.every(({ back }) => back)) return true;
  return world.requests.some((request) => {
    if (request.version !== to || request.ended !== null || request.digest !== world.digest(to)) return false;
    const words = USERS.flatMap((name) => {
      const last = request.words.findLast((word) => word.user === name);
      return last && last.digest === request.digest ? [last] : [];
    }).filter((word) => {
      const person = world.people.get(word.user);
      return person !== undefined && !person.service;
    });
    const fresh = (word: Word): boolean => policies.every(({ hours }) => world.now - word.at < hours * HOUR);
    const is = (word: Word, role: string): boolean => world.people.get(word.user)!.roles.includes(role);
    if (
      words.some(
        (word) =>
          word.verdict === 'break_glass' &&
          fresh(word) &&
          is(word, 'admin') &&
          policies.every(({ glass }) => glass),
      )
    )
      return true;
    const others = words.filter(
      (word) => word.user !== request.by && !world.authors[to]!.includes(word.user),
    );
    const asked = policies.flatMap(({ approvers }) => approvers.map(({ role }) => role));
    if (others.some((word) => word.verdict === 'reject' && asked.some((role) => is(word, role))))
      return false;
    if (policies.some(({ checks }) => checks) && !world.holds[to]!) return false;
    const yes = others.filter((word) => word.verdict === 'approve' && fresh(word));
    return policies.every(({ approvers }) =>
      seated(
        approvers.flatMap(({ role, count }) => Array.from({ length: count }, () => role)),
        yes.map((word) => world.people.get(word.user)!.roles),
      ),
    );
  });
}

/** Whether everybody finds a seat, by trying. */
function seated(seats: readonly string[], people: ReadonlyArray<readonly string[]>): boolean {
  const [seat, ...rest] = seats;
  if (seat === undefined) return true;
  return people.some((roles, i) => roles.includes(seat) && seated(rest, people.toSpliced(i, 1)));
}
