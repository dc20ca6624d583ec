import { sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx, Resource } from '../../platform/ctx/index.ts';
import { isPattern } from '../../platform/patterns/index.ts';
import { decide } from '../decide.ts';

const ALL = sql<SqlBool>`1 = 1`;
const NONE = sql<SqlBool>`1 = 0`;

/**
 * For lists: which names of a kind the caller sees, as a condition on the column that holds them. Whoever may read in the whole workspace
 * sees all; everybody else what grants name. It is asked in SQL, so that pages are full and their counts say nothing of the rest.
 */
export function whereSeen(ctx: Ctx, kind: string, column: Expression<unknown>): RawBuilder<SqlBool> {
  if (seesAll(ctx)) return ALL;
  const names = ctx.actor.grants?.patterns(kind) ?? [];
  if (names.includes('*')) return ALL;
  const exact = names.filter((name) => !isPattern(name));
  // Most patterns say how names begin: all of one length are one question.
  const beginnings = Map.groupBy(
    names.filter((name) => name.indexOf('*') === name.length - 1 && isPattern(name)),
    ({ length }) => length - 1,
  );
  const rest = names.filter((name) => isPattern(name) && name.indexOf('*') < name.length - 1);
  const tests = [...beginnings].map(([length, some]) =>
    ctx.dialect.isOneOf(
      sql`substr(${column}, 1, ${sql.lit(length)})`,
      some.map((name) => name.slice(0, -1)),
    ),
  );
  if (exact.length > 0) tests.push(ctx.dialect.isOneOf(column, exact));
  tests.push(...rest.map((pattern) => ctx.dialect.fits(column, pattern)));
  return either(tests);
}

/** Whether the caller may read a thing. */
export const sees = (ctx: Ctx, resource: Resource): boolean =>
  decide(ctx.actor, `${resource.kind}:read`, resource).allowed;

/** Whether the caller may read all of the workspace, and not single things alone. */
export const seesAll = (ctx: Ctx): boolean => decide(ctx.actor, 'workspace:read').allowed;

/**
 * The caller, as whoever may read all of the workspace: for what a thing that they may see says itself of others, which are nobody's to list.
 */
export const seeingAll = (ctx: Ctx): Ctx =>
  seesAll(ctx) ? ctx : ctx.as({ actor: { ...ctx.actor, role: 'viewer', roles: ['viewer'] } });

/** Halved again and again: a thousand in a row would be deeper than a database reads. */
function either(tests: ReadonlyArray<RawBuilder<SqlBool>>): RawBuilder<SqlBool> {
  const [first] = tests;
  if (first === undefined) return NONE;
  if (tests.length === 1) return first;
  const half = tests.length >> 1;
  return sql<SqlBool>`(${either(tests.slice(0, half))} or ${either(tests.slice(half))})`;
}
