import type { ReactElement } from 'react';
import type { Proof } from '../../../src/validation/contract.ts';
import { formatCount } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';

/** Rows that are nearly some that training read: only what differs is shown, the gate's value first. */
export function ProofNear({ near, rows }: { near: NonNullable<Proof['near']>; rows: number }): ReactElement {
  return (
    <section aria-label="Nearly equal rows">
      <h3>
        Nearly equal rows: {formatCount(rows)}
        {rows > near.length && <span className="faint"> (the first {near.length})</span>}
      </h3>
      <p className="muted">
        Equal to a row of training but for noise, scale, case, white space or one column. They are reported,
        and fail the gate only where it says <code>near: fail</code>.
      </p>
      <div className="overlap-table">
        <Listing
          label="Nearly equal rows"
          rows={near}
          rowKey={({ gate_row, source }) => `${gate_row} ${source}`}
          columns={[
            { key: 'row', head: 'Row', numeric: true, cell: ({ gate_row }) => formatCount(gate_row) },
            {
              key: 'differ',
              head: 'Differs in',
              cell: ({ differ, values, training }) => (
                <span className="near-cells">
                  {differ.map((name) => (
                    <span key={name}>
                      <code>{name}</code> {shown(values[name])} <span className="muted">here,</span>{' '}
                      {shown(training[name])} <span className="muted">there</span>
                    </span>
                  ))}
                </span>
              ),
            },
            {
              key: 'same',
              head: 'Same in both',
              wideOnly: true,
              cell: ({ differ, values }) =>
                Object.entries(values)
                  .filter(([name]) => !differ.includes(name))
                  .slice(0, 6)
                  .map(([name, value]) => `${name} ${shown(value)}`)
                  .join(', '),
            },
          ]}
        />
      </div>
    </section>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
}
