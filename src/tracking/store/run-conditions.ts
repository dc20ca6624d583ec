import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../../platform/ctx/index.ts';
import {
  compileComparison,
  compileFilter,
  type Comparison,
  type Filter,
  type Left,
  type NullTest,
  type SortKey,
} from '../../platform/search/index.ts';
import type { StateFilter } from '../contract.ts';

/** What a search for runs says in SQL. The statement has a `run` table. */

export interface RunScope {
  experiments: readonly number[];
  state: StateFilter;
  filter: Filter | undefined;
}

export const list = (values: readonly unknown[]): RawBuilder<unknown> =>
  values.length === 0 ? sql`null` : sql.join(values.map((value) => sql`${value}`));

/** Numbers of experiments. Many are written out: a statement has room for only so many parameters. */
export const numbers = (values: readonly number[]): RawBuilder<unknown> =>
  values.length > FEW && values.every(Number.isSafeInteger) ? sql.raw(values.join(',')) : list(values);

/** Up to so many experiments a value is looked up in the index of each; beyond, each run is asked. */
const FEW = 100;

export function runConditions(ctx: Ctx, { experiments, state, filter }: RunScope): RawBuilder<SqlBool> {
  const parts = [sql`run.workspace = ${ctx.workspace}`, sql`run.experiment_id in (${numbers(experiments)})`];
  if (state !== 'all') parts.push(sql`run.state = ${state}`);
  if (filter) parts.push(compileFilter(filter, (test) => compileTest(ctx, experiments, test)));
  return sql<SqlBool>`(${sql.join(parts, sql` and `)})`;
}

const ARTIFACT_URI = sql`(select coalesce(rtrim(e.artifact_location, '/'), 'mlflow-artifacts:/' || e.id) || '/' || run.id || '/artifacts'
  from experiment e where e.workspace = run.workspace and e.id = run.experiment_id)`;

const ATTRIBUTES: Readonly<Record<string, { expression: RawBuilder<unknown>; nullable?: boolean }>> = {
  run_id: { expression: sql`run.id` },
  run_name: { expression: sql`run.name` },
  user_id: { expression: sql`run.user_id` },
  status: { expression: sql`run.status` },
  artifact_uri: { expression: ARTIFACT_URI },
  start_time: { expression: sql`run.started_at` },
  end_time: { expression: sql`run.ended_at`, nullable: true },
  duration: { expression: sql`(run.ended_at - run.started_at)`, nullable: true },
  verdict: { expression: sql`run.verdict`, nullable: true },
};

function compileTest(
  ctx: Ctx,
  experiments: readonly number[],
  test: Comparison | NullTest,
): RawBuilder<SqlBool> {
  const { entity, key } = test.left;
  if (entity === 'attribute') {
    const { expression } = ATTRIBUTES[key]!;
    if (test.kind === 'null')
      return test.negated ? sql<SqlBool>`${expression} is not null` : sql<SqlBool>`${expression} is null`;
    // Statuses are kept in lower case; MLflow writes them in capitals.
    const value = key === 'status' && typeof test.value === 'string' ? test.value.toLowerCase() : test.value;
    return compileComparison(ctx.dialect, expression, { op: test.op, value });
  }
  if (entity === 'metric' && test.kind === 'compare') return compileMetric(ctx, test);
  if (entity === 'dataset' && test.kind === 'compare') {
    const column = key === 'context' ? sql`i.context` : sql`d.${sql.ref(key)}`;
    return sql<SqlBool>`exists (select 1 from run_input i inner join run_dataset d on d.id = i.dataset_id where i.run_id = run.id and ${compileComparison(ctx.dialect, column, test)})`;
  }
  const table = sql.table(entity === 'param' ? 'run_param' : 'run_tag');
  const own = sql`select 1 from ${table} p where p.run_id = run.id and p.key = ${key}`;
  if (test.kind === 'null')
    return test.negated ? sql<SqlBool>`exists (${own})` : sql<SqlBool>`not exists (${own})`;
  if (test.op === '=' && typeof test.value === 'string' && experiments.length <= FEW) {
    // Few runs have one given value: found by the index, not by asking each run.
    return sql<SqlBool>`run.id in (select p.run_id from ${table} p where p.workspace = ${ctx.workspace} and p.experiment_id in (${list(experiments)})
      and p.key = ${key} and substr(p.value, 1, 100) = ${Array.from(test.value).slice(0, 100).join('')} and p.value = ${test.value})`;
  }
  return sql<SqlBool>`exists (${own} and ${compileComparison(ctx.dialect, sql`p.value`, test)})`;
}

/** NaN is not equal to anything, nor less or greater. */
function compileMetric(ctx: Ctx, test: Comparison): RawBuilder<SqlBool> {
  const value = compileComparison(ctx.dialect, sql`s.last_value`, test);
  const holds = test.op === '!=' ? sql`(s.last_nan = 1 or ${value})` : sql`(s.last_nan = 0 and ${value})`;
  return sql<SqlBool>`exists (select 1 from metric_series s where s.run_id = run.id and s.key = ${test.left.key} and ${holds})`;
}

/** Sort keys of one order term as expressions over `run`: what is absent comes last, NaN just before it, in both directions. */
export function sortKeys(left: Left, descending: boolean): SortKey[] {
  if (left.entity === 'attribute') {
    const { expression, nullable } = ATTRIBUTES[left.key]!;
    if (nullable !== true) return [{ expression, descending }];
    const none = left.type === 'number' ? sql`0` : sql`''`;
    return [
      { expression: sql`case when ${expression} is null then 1 else 0 end`, descending: false },
      { expression: sql`coalesce(${expression}, ${none})`, descending },
    ];
  }
  if (left.entity === 'metric') {
    const one = (column: string) =>
      sql`(select s.${sql.ref(column)} from metric_series s where s.run_id = run.id and s.key = ${left.key})`;
    return [
      { expression: sql`coalesce(${one('last_nan')}, 2)`, descending: false },
      { expression: sql`coalesce(${one('last_value')}, 0)`, descending },
    ];
  }
  const value = sql`(select p.value from ${sql.table(left.entity === 'param' ? 'run_param' : 'run_tag')} p where p.run_id = run.id and p.key = ${left.key})`;
  return [
    { expression: sql`case when ${value} is null then 1 else 0 end`, descending: false },
    { expression: sql`coalesce(${value}, '')`, descending },
  ];
}
