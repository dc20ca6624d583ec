import type { ReactElement } from 'react';
import { Badge } from '../kit/badge.tsx';
import { formatCount } from '../kit/format.ts';
import { Overlay } from './bars.tsx';
import type { ColumnDiff, TableDiff } from './profile-diff.ts';
import '../kit/listing.css';

/** How the columns of two versions differ, the most changed first. */
export function ProfileDiff({
  tables,
  from,
  to,
}: {
  tables: readonly TableDiff[];
  from: string;
  to: string;
}): ReactElement {
  return (
    <div className="stack">
      {tables.map((table) => (
        <article key={table.path} className="stack" aria-label={table.path}>
          <h3>
            {table.a && table.b && table.a.path !== table.b.path && (
              <span className="faint">{table.a.path} → </span>
            )}
            {table.path}{' '}
            {table.status !== 'both' && (
              <Badge tone={table.status === 'added' ? 'good' : 'bad'}>{table.status}</Badge>
            )}{' '}
            <RowChange table={table} />
          </h3>
          {table.columns.length > 0 && <Columns table={table} from={from} to={to} />}
        </article>
      ))}
    </div>
  );
}

function RowChange({ table: { a, b } }: { table: TableDiff }): ReactElement | null {
  if (a?.rows === undefined && b?.rows === undefined) return null;
  if (a?.rows === undefined || b?.rows === undefined)
    return <span className="muted row-change">{formatCount(a?.rows ?? b?.rows ?? 0)} rows</span>;
  const grown = b.rows - a.rows;
  return (
    <span className="muted row-change">
      {formatCount(a.rows)} → {formatCount(b.rows)} rows
      {grown !== 0 && ` (${grown > 0 ? '+' : '−'}${formatCount(Math.abs(grown))})`}
    </span>
  );
}

function Columns({ table, from, to }: { table: TableDiff; from: string; to: string }): ReactElement {
  const differ = table.columns.filter(({ status }) => status !== 'same');
  const same = table.columns.length - differ.length;
  return (
    <>
      {differ.length > 0 && (
        // Scrolls sideways, so it takes focus.
        <div
          className="listing listing-bare"
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="group"
          aria-label={`Columns of ${table.path} that differ`}
        >
          <table className="profile">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Values</th>
                <th scope="col">Moved</th>
                <th scope="col">In words</th>
              </tr>
            </thead>
            <tbody>
              {differ.map((column) => (
                <Line key={column.name} column={column} from={from} to={to} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {same > 0 && (
        <p className="faint">
          {differ.length === 0 ? 'All' : `${same} more`} columns are the same:{' '}
          {table.columns
            .filter(({ status }) => status === 'same')
            .slice(0, 12)
            .map(({ name }) => name)
            .join(', ')}
          {same > 12 && ' …'}
        </p>
      )}
    </>
  );
}

function Line({ column, from, to }: { column: ColumnDiff; from: string; to: string }): ReactElement {
  const { a, b, distance } = column;
  const share = distance === undefined ? undefined : `${(distance * 100).toFixed(distance < 0.1 ? 1 : 0)} %`;
  return (
    <tr>
      <th scope="row">
        <span className="profile-name">{column.name}</span>
        <code className="faint">{b?.type ?? a?.type}</code>
      </th>
      <td className="profile-picture">
        {a?.histogram && b?.histogram ? (
          <Overlay
            a={a.histogram}
            b={b.histogram}
            label={`${column.name} in ${from} and ${to}: ${share ?? '?'} of the values lie elsewhere`}
          />
        ) : a?.top && b?.top ? (
          <TopChange column={column} />
        ) : (
          <span className="faint">–</span>
        )}
      </td>
      <td>
        {column.status === 'added' || column.status === 'removed' ? (
          <Badge tone={column.status === 'added' ? 'good' : 'bad'}>{column.status}</Badge>
        ) : share === undefined ? (
          <Badge tone="warn">changed</Badge>
        ) : (
          <Badge tone={(distance ?? 0) > 0.1 ? 'warn' : 'neutral'}>{share}</Badge>
        )}
      </td>
      <td className="profile-range">
        {column.notes.map((note) => (
          <span key={note}>{note}</span>
        ))}
      </td>
    </tr>
  );
}

const SHOWN = 3;

/** The frequent values whose share moved most. */
function TopChange({ column: { a, b } }: { column: ColumnDiff }): ReactElement {
  const shares = (profile: ColumnDiff['a']) => {
    const total = profile?.top?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    return new Map(profile?.top?.map(({ value, count }) => [value, total === 0 ? 0 : count / total]));
  };
  const [x, y] = [shares(a), shares(b)];
  const moved = [...new Set([...x.keys(), ...y.keys()])]
    .map((value) => ({ value, before: x.get(value) ?? 0, after: y.get(value) ?? 0 }))
    .toSorted((p, q) => Math.abs(q.after - q.before) - Math.abs(p.after - p.before));
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  return (
    <ul className="top-values">
      {moved.slice(0, SHOWN).map(({ value, before, after }) => (
        <li key={value}>
          <span className="top-bar top-pair" aria-hidden="true">
            <span style={{ width: `${before * 100}%` }} />
            <span style={{ width: `${after * 100}%` }} />
          </span>
          <span className="truncate">{value === '' ? '(empty)' : value}</span>
          <span className="faint">
            {percent(before)} → {percent(after)}
          </span>
        </li>
      ))}
    </ul>
  );
}
