import type { ReactElement } from 'react';
import type { ColumnProfile, TableProfile } from '../../../src/data/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { formatBytes, formatCount, formatNumber, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { HistogramBars, TopBars } from './bars.tsx';
import type { PartProps } from './parts.ts';
import '../kit/listing.css';

interface Props extends PartProps {
  profile: { state: 'none' | 'pending' | 'ready'; tables: TableProfile[] } | undefined;
  error: Error | null;
  retry(): void;
}

/** Columns of a table that are drawn at once; a search finds the others. */
const DRAWN = 200;

/** The tables of a version, column by column: what is in them and how it lies. */
export function Profile({ profile, error, retry, search, set }: Props): ReactElement {
  if (error) return <Failure error={error} retry={retry} />;
  if (!profile) return <Skeleton lines={8} />;
  if (profile.tables.length === 0) {
    return profile.state === 'pending' ? (
      <Empty icon="clock" title="The profile is being made">
        <p>It appears here by itself.</p>
      </Empty>
    ) : (
      <Empty icon="table" title="There is no table in it">
        <p>
          Parquet, CSV and JSONL files are profiled: columns, types, missing values and distributions. The
          files are all here.
        </p>
      </Empty>
    );
  }
  const table = profile.tables.find(({ path }) => path === search.path) ?? profile.tables[0]!;
  const words = (search.q ?? '').toLowerCase();
  const columns = (table.columns ?? []).filter(({ name }) => name.toLowerCase().includes(words));
  return (
    <div className="stack">
      <div className="bar">
        {profile.tables.length > 1 && (
          <Choice
            label="Table"
            value={table.path}
            options={profile.tables.map(({ path }) => ({ value: path, label: path }))}
            onChange={(path) => set({ path: path === profile.tables[0]!.path ? undefined : path })}
          />
        )}
        <SearchField
          label="Filter columns"
          value={search.q ?? ''}
          onChange={(q) => set({ q: q || undefined })}
        />
        <span className="muted">
          {table.rows !== undefined && `${plural(table.rows, 'row')}, `}
          {table.columns && `${plural(table.columns.length, 'column')}, `}
          {table.format}, {formatBytes(table.size)}
        </span>
      </div>
      {table.state === 'failed' ? (
        <p className="notice" role="status">
          <Icon name="alert" />
          <span>
            <strong>{table.path}</strong> could not be read as a table:{' '}
            {table.error?.message ?? 'no reason was given'}
          </span>
        </p>
      ) : table.state === 'pending' || !table.columns ? (
        <Skeleton lines={6} />
      ) : (
        // Scrolls sideways, so it takes focus.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="listing" tabIndex={0} role="group" aria-label={`Columns of ${table.path}`}>
          <table className="profile">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Values</th>
                <th scope="col" className="num">
                  Missing
                </th>
                <th scope="col" className="num">
                  Distinct
                </th>
                <th scope="col">Range and middle</th>
              </tr>
            </thead>
            <tbody>
              {columns.slice(0, DRAWN).map((column) => (
                <ColumnLine key={column.name} column={column} rows={table.rows ?? 0} />
              ))}
            </tbody>
          </table>
          {columns.length === 0 && <p className="muted profile-none">No column holds “{search.q}”.</p>}
          {columns.length > DRAWN && (
            <p className="muted profile-none">
              {formatCount(columns.length - DRAWN)} more columns: filter to find them.
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function ColumnLine({ column, rows }: { column: ColumnProfile; rows: number }): ReactElement {
  const missing = rows === 0 ? 0 : column.nulls / rows;
  return (
    <tr>
      <th scope="row">
        <span className="profile-name">{column.name}</span>
        <code className="faint">{column.type}</code>
      </th>
      <td className="profile-picture">
        {column.histogram ? (
          <HistogramBars histogram={column.histogram} label={`Distribution of ${column.name}`} />
        ) : column.top && column.top.length > 0 ? (
          <TopBars top={column.top} rows={rows - column.nulls} />
        ) : (
          <span className="faint">–</span>
        )}
      </td>
      <td className="num">
        {column.nulls === 0 ? (
          <span className="faint">none</span>
        ) : (
          <Badge tone={missing > 0.2 ? 'warn' : 'neutral'}>
            {formatCount(column.nulls)} · {(missing * 100).toFixed(missing < 0.1 ? 1 : 0)} %
          </Badge>
        )}
      </td>
      <td
        className="num"
        title={
          column.distinct_error === undefined ? 'Counted' : 'Estimated: within this range in 95 of 100 cases'
        }
      >
        {column.distinct_error !== undefined
          ? `≈ ${formatCount(column.distinct)} ± ${formatCount(column.distinct_error)}`
          : column.distinct >= rows && rows > 1
            ? 'all'
            : formatCount(column.distinct)}
      </td>
      <td className="profile-range">
        {column.min !== undefined && (
          <span>
            {column.min} <span className="faint">to</span> {column.max}
          </span>
        )}
        {column.mean !== undefined && (
          <span className="faint">
            mean {formatNumber(column.mean, 4)}
            {column.std !== undefined && ` ± ${formatNumber(column.std, 3)}`}
            {column.quantiles?.[2] !== undefined &&
              `, median ${column.quantiles_error === undefined ? '' : '≈ '}${formatNumber(column.quantiles[2], 4)}`}
          </span>
        )}
      </td>
    </tr>
  );
}
