import type { DuckDBConnection } from '@duckdb/node-api';
import type { FilesNamed, NamedFile } from '../data/protocol.ts';
import { identifier, read, readOne } from '../../tables/inside.ts';
import { kindOf } from './canonical.ts';
import type { Gate } from './gate.ts';

/** A column names files when most of its values do, and most of them another file. */
const MOST = 0.5;
/** Files whose row is said. */
const FIRST = 100;

/**
 * Joins the gate's rows to the files that they name, by whole path, by the file's name, or by that without its ending where
 * only one file has it. A row whose file training read was read, whatever its other columns say: it goes into `hit`.
 */
export async function findFiles(
  connection: DuckDBConnection,
  gate: Gate,
  files: readonly NamedFile[],
  certain: readonly boolean[],
): Promise<FilesNamed | undefined> {
  const texts = gate.columns.filter(({ type }) => kindOf(type) === 'text');
  if (files.length === 0 || texts.length === 0) return undefined;
  await fill(connection, files);
  let best: { column: string; rows: number } | undefined;
  for (const { name } of texts) {
    // As written: slashes either way, with or without ./ in front.
    const value = `regexp_replace(replace(trim(${identifier(name)}::varchar), '\\', '/'), '^(\\./)+|^/', '')`;
    await connection.run(
      `create or replace table naming as select r, min_by(f, rank) as f from (
         select v.r, k.f, k.rank from (select __r as r, ${value} as v from gate) v join file_key k on k.key = v.v
         union all
         select v.r, k.f, k.rank + 3 from (select __r as r, ${value} as v from gate) v
           join file_key k on k.rank > 0 and k.key = regexp_extract(v.v, '[^/]*$') where contains(v.v, '/')
       ) group by r`,
    );
    const [rows, named, present] = (
      await readOne(
        connection,
        `select (select count(*) from naming), (select count(distinct f) from naming), (select count(*) from gate where ${identifier(name)} is not null and trim(${identifier(name)}::varchar) <> '')`,
      )
    ).map(Number) as [number, number, number];
    // Labels 0 and 1 are no names, though there are files 0.png and 1.png.
    const few = named < Math.min(rows, files.length) * MOST;
    if (rows === 0 || few || rows < present * MOST || rows <= (best?.rows ?? 0)) continue;
    best = { column: name, rows };
    await connection.run('create or replace table named as from naming');
  }
  if (!best) return undefined;
  await connection.run(
    `insert into hit select n.r, s.source, c.certain, true, -1 from named n join file_source s on s.f = n.f
     join (select unnest([${certain.map((_, i) => i).join(', ')}]::integer[]) as source, unnest([${certain.join(', ')}]::boolean[]) as certain) c on c.source = s.source`,
  );
  const [overlapping, decided] = (
    await readOne(
      connection,
      'select count(distinct r), count(distinct r) filter (where decides) from hit where by_file',
    )
  ).map(Number) as [number, number];
  const found = (await read(connection, 'select distinct f from named order by f')).map(([f]) => Number(f));
  const first = await read(
    connection,
    `select f, min(r) as r from named where f in (select f from file_source) group by f order by r, f limit ${FIRST}`,
  );
  return {
    ...best,
    files: found,
    first: first.map(([f, r]) => [Number(f), Number(r)]),
    overlapping,
    decided,
  };
}

/** Tables `file_key (key, f, rank)` of the ways to name a file, and `file_source (f, source)` of who holds the same file. */
async function fill(connection: DuckDBConnection, files: readonly NamedFile[]): Promise<void> {
  await connection.run('create table file_name (f integer, name varchar)');
  await connection.run('create table file_source (f integer, source integer)');
  const names = await connection.createAppender('file_name');
  const sources = await connection.createAppender('file_source');
  for (const [f, { names: ways, within }] of files.entries()) {
    for (const name of ways) {
      names.appendInteger(f);
      names.appendVarchar(name);
      names.endRow();
    }
    for (const source of within) {
      sources.appendInteger(f);
      sources.appendInteger(source);
      sources.endRow();
    }
  }
  names.closeSync();
  sources.closeSync();
  const base = "regexp_extract(name, '[^/]*$')";
  await connection.run(
    `create table file_key as select key, min(f) as f, rank from (
       select name as key, f, 0 as rank from file_name
       union all select ${base}, f, 1 from file_name
       union all select regexp_replace(${base}, '\\.[^.]*$', ''), f, 2 from file_name
     ) where key <> '' group by key, rank having count(distinct f) = 1`,
  );
}

/**
 * A row that names a file is that file: where a source's files were compared and this one is not among them,
 * the row of the source that looks like it names another.
 */
export async function dropNamesakes(connection: DuckDBConnection, source: number): Promise<void> {
  await connection.run(
    `delete from hit where not by_file and source = ${source} and r in (select r from named)
     and not exists (select 1 from hit f where f.by_file and f.r = hit.r and f.source = hit.source)`,
  );
}
