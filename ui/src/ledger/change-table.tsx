import type { ReactElement } from 'react';
import { changesBetween, shown, type Change } from './changes.ts';
import './ledger.css';
import '../kit/listing.css';

const SIGN: Record<Change['kind'], string> = { added: '+', removed: '−', changed: '→', same: '' };

/** Two states beside each other, only what differs unless `all`. */
export function ChangeTable(props: {
  label: string;
  before: unknown;
  after: unknown;
  beforeName?: string;
  afterName?: string;
  all?: boolean;
}): ReactElement {
  const rows = changesBetween(props.before, props.after).filter(({ kind }) => props.all || kind !== 'same');
  const onlyAfter = rows.every(({ kind }) => kind === 'added');
  const onlyBefore = rows.every(({ kind }) => kind === 'removed');
  if (rows.length === 0) return <p className="faint">Nothing differs.</p>;
  return (
    // Scrolls sideways, so it takes focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="listing listing-bare" tabIndex={0} role="group" aria-label={props.label}>
      <table className="changes">
        <thead>
          <tr>
            <th scope="col">Field</th>
            {!onlyAfter && <th scope="col">{props.beforeName ?? 'Before'}</th>}
            {!onlyBefore && <th scope="col">{props.afterName ?? 'After'}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path} className={`change-${row.kind}`}>
              <th scope="row">
                <code>{row.path || 'value'}</code> <span className="sr-only">{row.kind}</span>
              </th>
              {!onlyAfter && (
                <td>{row.before !== undefined && <code className="change-old">{shown(row.before)}</code>}</td>
              )}
              {!onlyBefore && (
                <td>
                  {row.after !== undefined && (
                    <code className="change-new">
                      {!onlyAfter && SIGN[row.kind] !== '' && (
                        <span aria-hidden="true">{SIGN[row.kind]} </span>
                      )}
                      {shown(row.after)}
                    </code>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
