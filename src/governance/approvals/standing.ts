import type { CheckResult, RequestState, Verdict } from '../contract/approvals.ts';

/** What a decision about a request may rest on, and nothing else: no clock, no database, no request of a caller. */

export interface Person {
  roles: readonly string[];
  /** A program's account. */
  service: boolean;
}

/** A word of somebody, as it was given. */
export interface Word {
  user: string;
  verdict: Verdict;
  /** What it was about. */
  digest: string;
  at: number;
}

export interface Asked {
  digest: string;
  /** Absent where a program asked. */
  requested_user: string | null;
  authors: readonly string[];
  ended: 'promoted' | 'withdrawn' | null;
}

/** What one policy wants. */
export interface Wants {
  policy: string;
  approvers: ReadonlyArray<{ role: string; count: number }>;
  checks: readonly string[];
  expires_ms: number;
  going_back: boolean;
  break_glass: boolean;
}

export interface Now {
  at: number;
  /** Digest of all that would be approved, as it is now. */
  digest: string;
  checks: ReadonlyArray<Omit<CheckResult, 'wanted'>>;
}

export interface Standing {
  state: RequestState;
  broke_glass: boolean;
  says: string;
  /** For each word, in their order: why it does not count; undefined where it does. */
  words: Array<string | undefined>;
  needs: Array<{ policy: string; role: string; count: number; have: number }>;
}

/** Roles of those who may break the glass. */
const BREAKERS: readonly string[] = ['admin', 'owner'];

/**
 * Where a request stands. The one place that knows whose word counts: the guard asks it in the transaction of a move, views show it.
 * `wants`: the policies that guard the target now; each must have its own.
 */
export function standing(
  asked: Asked,
  words: readonly Word[],
  wants: readonly Wants[],
  people: ReadonlyMap<string, Person>,
  now: Now,
): Standing {
  const last = new Map(words.map(({ user }, i) => [user, i]));
  const roles = new Set(wants.flatMap(({ approvers }) => approvers.map(({ role }) => role)));
  const expires = Math.min(...wants.map(({ expires_ms }) => expires_ms));
  const breakable = wants.every(({ break_glass }) => break_glass);
  const not = words.map((word, i): string | undefined => {
    const person = people.get(word.user);
    if (!person) return 'there is no such person here any more';
    if (person.service) return 'a program cannot approve';
    if (last.get(word.user) !== i) return 'they have decided again since';
    if (word.digest !== asked.digest) return 'it was about something else';
    if (word.verdict === 'break_glass') {
      if (!breakable) return 'a policy permits no breaking of the glass';
      if (!person.roles.some((role) => BREAKERS.includes(role))) return 'only an admin may break the glass';
    } else {
      if (word.user === asked.requested_user) return 'they asked for it themselves';
      if (asked.authors.includes(word.user)) return 'they made the version or its run';
      if (!person.roles.some((role) => roles.has(role))) return `they are not ${[...roles].join(' or ')}`;
    }
    // A refusal does not wear off.
    if (word.verdict !== 'reject' && now.at >= word.at + expires) return 'it has expired';
    return undefined;
  });
  const heard = (verdict: Verdict): string[] =>
    words.filter((word, i) => word.verdict === verdict && not[i] === undefined).map(({ user }) => user);
  const approving = heard('approve').map((user) => people.get(user)!.roles);
  const needs = wants.flatMap(({ policy, approvers }) =>
    approvers.map(({ role, count }) => ({
      policy,
      role,
      count,
      have: approving.filter((has) => has.includes(role)).length,
    })),
  );
  const broke_glass = heard('break_glass').length > 0;
  const stands = (state: RequestState, says: string): Standing => ({
    state,
    broke_glass,
    says,
    words: not,
    needs,
  });

  if (asked.ended === 'promoted') return stands('promoted', 'the move was made');
  if (asked.ended === 'withdrawn') return stands('withdrawn', 'it was withdrawn');
  if (wants.length === 0)
    return stands('void', 'no policy guards this any more, so nothing needs to be approved');
  if (now.digest !== asked.digest)
    return stands('void', 'what was to be approved has changed since, so it must be asked for anew');
  if (broke_glass) return stands('approved', 'an admin broke the glass');
  if (heard('reject').length > 0) return stands('rejected', 'somebody who may approve it has refused');
  const required = new Set(wants.flatMap(({ checks }) => checks));
  const failing = now.checks.filter(({ check, holds }) => !holds && required.has(check));
  const unknown = [...required].filter((name) => !now.checks.some(({ check }) => check === name));
  if (failing.length > 0 || unknown.length > 0)
    return stands(
      'open',
      [
        ...failing.map(({ check, says }) => `${check}: ${says}`),
        ...unknown.map((name) => `${name}: not looked at`),
      ].join('; '),
    );
  if (wants.every(({ approvers }) => enough(approvers, approving)))
    return stands('approved', 'it is approved');
  return stands(
    'open',
    `it is approved by ${needs.map(({ role, count, have }) => `${have} of ${count} ${role}${count === 1 ? '' : 's'}`).join(', ')}`,
  );
}

/** Whether each place can be filled by somebody of its own: for every set of places there are people enough who fit one of them. */
function enough(
  places: ReadonlyArray<{ role: string; count: number }>,
  people: ReadonlyArray<readonly string[]>,
): boolean {
  for (let set = 1; set < 2 ** places.length; set++) {
    const chosen = places.filter((_, i) => (set >> i) % 2 === 1);
    const wanted = chosen.reduce((sum, { count }) => sum + count, 0);
    const fit = people.filter((roles) => chosen.some(({ role }) => roles.includes(role))).length;
    if (fit < wanted) return false;
  }
  return true;
}
