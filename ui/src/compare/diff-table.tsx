import { useMemo, type ReactElement } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { plural } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { diffRows, type DiffRow } from './diff-rows.ts';

/** Data, params, code, environment and tags of all runs; what is the same everywhere steps aside unless it is asked for. */
export function DiffTable({
  runs,
  all,
  onAll,
}: {
  runs: readonly Run[];
  all: boolean;
  onAll(all: boolean): void;
}): ReactElement {
  const rows = useMemo(() => diffRows(runs), [runs]);
  const different = useMemo(() => rows.filter((row) => row.differs), [rows]);
  const columns = useMemo(
    (): Column<DiffRow>[] => [
      {
        id: 'key',
        header: 'What',
        width: 250,
        value: (row) => `${row.part} ${row.key}`,
        cell: (row) => (
          <span className="row">
            <span className="truncate" title={row.key}>
              {row.key}
            </span>
            {row.part !== 'param' && <Badge>{row.part}</Badge>}
          </span>
        ),
      },
      ...runs.map((run, i): Column<DiffRow> => ({
        id: run.id,
        header: run.name,
        width: 190,
        value: (row) => row.values[i],
        cell: (row) => {
          const value = row.values[i];
          return value === undefined ? (
            <span className="table-none">–</span>
          ) : (
            <code
              className={`truncate${row.differs && value !== row.values[0] ? ' differs' : ''}`}
              title={value}
            >
              {value}
            </code>
          );
        },
      })),
    ],
    [runs],
  );
  const shown = all ? rows : different;
  return (
    <div className="stack">
      <div className="row row-wrap">
        <label className="check-field">
          <input type="checkbox" checked={!all} onChange={(event) => onAll(!event.target.checked)} />
          Only what differs
        </label>
        <span className="faint small">
          {plural(different.length, 'difference')} in {plural(rows.length, 'line')}; what differs from the
          first run is coloured
        </span>
      </div>
      <Table
        label="What the runs were made with"
        columns={columns}
        rows={shown}
        rowId={(row) => row.id}
        maxHeight={640}
        keys
        empty={
          <Empty
            icon="check"
            title={rows.length === 0 ? 'Nothing was recorded' : 'These runs were made with the same things'}
          />
        }
      />
    </div>
  );
}
