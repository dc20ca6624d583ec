import { useState, type ReactElement } from 'react';
import type { SliceResult, Verdict } from '../../../src/validation/contract.ts';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { VerdictChip } from './verdict.tsx';

/** How many are shown at once; the rest at a click. */
const SHOWN = 8;
const WEIGHT: Record<Verdict, number> = { fail: 0, inconclusive: 1, pass: 2 };

/** A rule that goes through the values of a column: each of them, what does not hold first. */
export function RuleSlices({ slices }: { slices: readonly SliceResult[] }): ReactElement {
  const [all, setAll] = useState(false);
  const sorted = slices.toSorted((a, b) => WEIGHT[a.verdict] - WEIGHT[b.verdict]);
  return (
    <Listing<SliceResult>
      label="Slices of the rule"
      bare
      rows={all ? sorted : sorted.slice(0, SHOWN)}
      rowKey={({ value }) => value}
      marked={({ verdict }) => verdict === 'fail'}
      foot={
        !all && sorted.length > SHOWN ? (
          <button type="button" className="link-button" onClick={() => setAll(true)}>
            Show all {formatCount(sorted.length)}
          </button>
        ) : undefined
      }
      columns={[
        { key: 'value', head: 'Slice', cell: ({ value }) => <code>{value}</code> },
        { key: 'verdict', head: 'Verdict', cell: ({ verdict }) => <VerdictChip verdict={verdict} /> },
        {
          key: 'rows',
          head: 'Rows (needed)',
          numeric: true,
          cell: ({ rows, required_rows }) =>
            `${formatCount(rows)}${required_rows === undefined ? '' : ` (${formatCount(required_rows)})`}`,
        },
        {
          key: 'left',
          head: 'Value against',
          numeric: true,
          cell: ({ left, right }) =>
            left === undefined || right === undefined ? (
              <span className="faint">–</span>
            ) : (
              `${formatNumber(left, 4)} / ${formatNumber(right, 4)}`
            ),
        },
      ]}
    />
  );
}
