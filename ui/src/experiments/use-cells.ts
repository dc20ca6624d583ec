import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { searchRuns, type RunRow } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import type { Sight } from '../kit/table/table.tsx';

/** Columns that come with the rows themselves; a table of thousands asks for the others as they come into sight. */
export const EARLY = 150;
const ROWS = 100;
const COLUMNS = 100;

/** Cells of the columns beyond the early ones, for the rows and columns in sight, by run. */
export function useCells(
  experiment: string,
  rows: readonly RunRow[],
  columns: readonly string[],
  sight: Sight | undefined,
): ReadonlyMap<string, RunRow> {
  const late = useMemo(() => columns.slice(EARLY), [columns]);
  const wanted = useMemo(() => {
    if (late.length === 0 || sight === undefined) return [];
    const at = new Map(late.map((id, i) => [id, i]));
    const blocks = new Set(
      sight.columns.flatMap((id) => {
        const i = at.get(id);
        return i === undefined ? [] : [Math.floor(i / COLUMNS)];
      }),
    );
    const parts: { runs: string[]; columns: string[] }[] = [];
    const [first, last] = sight.rows;
    for (let chunk = Math.floor(first / ROWS); chunk <= Math.floor(last / ROWS); chunk++) {
      const runs = rows.slice(chunk * ROWS, (chunk + 1) * ROWS).map(({ id }) => id);
      if (runs.length === 0) continue;
      for (const block of blocks)
        parts.push({ runs, columns: late.slice(block * COLUMNS, (block + 1) * COLUMNS) });
    }
    return parts;
  }, [late, sight, rows]);
  return useQueries({
    queries: wanted.map(({ runs, columns: some }) =>
      api(
        searchRuns,
        {
          body: {
            experiments: [experiment],
            filter: `run_id IN (${runs.map((id) => `'${id}'`).join(', ')})`,
            columns: some,
            state: 'all',
            limit: ROWS,
          },
        },
        ['run:*'],
      ),
    ),
    combine: merged,
  });
}

function merged(results: readonly { data?: { items: RunRow[] } | undefined }[]): ReadonlyMap<string, RunRow> {
  const cells = new Map<string, RunRow>();
  for (const { data } of results)
    for (const row of data?.items ?? []) {
      const known = cells.get(row.id);
      cells.set(
        row.id,
        known === undefined
          ? row
          : {
              ...row,
              metrics: { ...known.metrics, ...row.metrics },
              params: { ...known.params, ...row.params },
              tags: { ...known.tags, ...row.tags },
            },
      );
    }
  return cells;
}
