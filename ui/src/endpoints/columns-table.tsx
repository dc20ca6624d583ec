import { useMemo, useState, type ReactElement } from 'react';
import { DERIVED, type MonitorWindow, type Signal } from '../../../src/monitoring/contract.ts';
import { Choice, SearchField } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { Table, type Column } from '../kit/table/table.tsx';
import { columnRows, partsOf, type ColumnRow } from './column-rows.ts';
import { DriftBars } from './drift-bars.tsx';
import { StateBadge } from './signal-state.tsx';

const counts = (signal: Signal | undefined, name: string): number[] => {
  const found = signal?.evidence[name];
  return Array.isArray(found) ? found.map(Number) : [];
};

const COLUMNS: Column<ColumnRow>[] = [
  {
    id: 'column',
    header: 'Column',
    width: 220,
    value: ({ column }) => column,
    cell: ({ column }) => {
      const [source, what] = partsOf(column);
      return what === undefined ? (
        source
      ) : (
        <span className="derived-column" title={column}>
          <span className="faint">
            {source}
            {DERIVED}
          </span>
          {what}
        </span>
      );
    },
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    value: ({ worst }) => worst.state,
    cell: ({ worst }) => <StateBadge state={worst.state} />,
  },
  {
    id: 'shape',
    header: 'Reference and now',
    width: 160,
    cell: ({ column, drift }) => (
      <DriftBars
        reference={counts(drift, 'reference_counts')}
        current={counts(drift, 'counts')}
        label={`${column}: shares by bin, ${drift?.reason ?? ''}`}
      />
    ),
  },
  {
    id: 'evidence',
    header: 'Evidence',
    width: 96,
    align: 'end',
    value: ({ evidence }) => evidence,
    cell: ({ evidence }) =>
      evidence === undefined ? '' : evidence < 0.01 ? '< 0.01' : `${formatNumber(evidence, 2)} ×`,
  },
  {
    id: 'index',
    header: 'Stability index',
    width: 116,
    align: 'end',
    value: ({ drift }) => drift?.value,
    cell: ({ drift }) => (drift?.value === undefined ? '' : formatNumber(drift.value, 3)),
  },
  {
    id: 'missing',
    header: 'Missing',
    width: 90,
    align: 'end',
    value: ({ missing }) => missing?.value,
    cell: ({ missing }) => (missing?.value === undefined ? '' : `${formatNumber(100 * missing.value, 3)} %`),
  },
  {
    id: 'why',
    header: 'Why',
    width: 620,
    value: ({ worst }) => (worst.signal === 'drift' ? worst.reason : `${worst.signal}: ${worst.reason}`),
  },
];

type Show = 'all' | 'changed';

/** Each column of a window beside its reference: the changed ones first. */
export function ColumnsTable({ window }: { window: MonitorWindow }): ReactElement {
  const [search, setSearch] = useState('');
  const [show, setShow] = useState<Show>('all');
  const all = useMemo(() => columnRows(window), [window]);
  const rows = all.filter(
    ({ column, worst }) =>
      column.toLowerCase().includes(search.toLowerCase()) && (show === 'all' || worst.state !== 'ok'),
  );
  return (
    <div className="stack">
      <div className="bar">
        <SearchField label="Find a column" value={search} onChange={setSearch} />
        <Choice<Show>
          label="Show"
          value={show}
          options={[
            { value: 'all', label: 'all columns' },
            { value: 'changed', label: 'those that are not ok' },
          ]}
          onChange={setShow}
        />
        <span className="faint small">
          bars: now; outlines: the reference. Evidence alarms at 1 over all columns together, falsely once a
          year at most.
        </span>
      </div>
      <Table
        label="Columns beside their reference"
        columns={COLUMNS}
        rows={rows}
        rowId={({ column }) => column}
        maxHeight={520}
        keys
        empty={
          <p className="muted">{all.length === 0 ? 'No column was looked at.' : 'No column is like that.'}</p>
        }
      />
    </div>
  );
}
