import type { ReactElement } from 'react';
import type { Proof } from '../../../src/validation/contract.ts';
import { formatCount } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { ResourceAnchor } from '../ledger/resource-link.tsx';

/** Files that are judged and that training read, each under the name that it had there. */
export function ProofFiles({ same }: { same: NonNullable<Proof['same_files']> }): ReactElement {
  return (
    <section aria-label="Files in both">
      <h3>Files in both</h3>
      <div className="overlap-table">
        <Listing
          label="Files in both"
          rows={same}
          rowKey={({ gate_file, training_file, source }) => `${gate_file} ${training_file} ${source}`}
          columns={[
            {
              key: 'row',
              head: 'Row',
              numeric: true,
              cell: ({ gate_row }) => (gate_row === undefined ? '–' : formatCount(gate_row)),
            },
            { key: 'judged', head: 'Judged', cell: ({ gate_file }) => gate_file },
            { key: 'read', head: 'Read by training', cell: ({ training_file }) => training_file },
            {
              key: 'by',
              head: 'The same',
              cell: ({ by }) => (by === 'pixels' ? 'pixel for pixel' : 'byte for byte'),
            },
            {
              key: 'source',
              head: 'In',
              cell: ({ source, label }) => <ResourceAnchor resource={source}>{label}</ResourceAnchor>,
            },
          ]}
        />
      </div>
    </section>
  );
}
