import type { ReactElement } from 'react';
import type { Coverage } from '../../../src/validation/contract.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { formatCount, formatNumber, plural } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { ResourceAnchor } from '../ledger/resource-link.tsx';

const WAY: Record<Coverage['by'], { word: string; tone: Tone }> = {
  rows: { word: 'by rows', tone: 'good' },
  digest: { word: 'by digest', tone: 'good' },
  pixels: { word: 'by pixels', tone: 'good' },
  origin: { word: 'by its origin', tone: 'neutral' },
  aside: { word: 'aside', tone: 'neutral' },
  excused: { word: 'excused', tone: 'warn' },
  nothing: { word: 'not compared', tone: 'bad' },
};

/** Everything that the lineage read: how it was compared, on which columns, with what result, or why it was not. */
export function ProofCoverage({ coverage }: { coverage: readonly Coverage[] }): ReactElement {
  return (
    <section aria-label="What was compared, and how">
      <h3>What was compared, and how</h3>
      <div className="coverage-table">
        <Listing
          label="What was compared, and how"
          rows={coverage.map((one, at) => ({ ...one, at }))}
          rowKey={({ at }) => String(at)}
          columns={[
            { key: 'what', head: 'Read by training', cell: (one) => <What one={one} /> },
            {
              key: 'by',
              head: 'Compared',
              cell: ({ by, decides }) => (
                <Badge tone={decides === false ? 'warn' : WAY[by].tone}>{WAY[by].word}</Badge>
              ),
            },
            {
              key: 'rows',
              head: 'Rows',
              numeric: true,
              wideOnly: true,
              cell: ({ rows }) => (rows === undefined ? '–' : formatCount(rows)),
            },
            {
              key: 'found',
              head: 'In both',
              numeric: true,
              cell: ({ found }) => (found === undefined ? '–' : formatCount(found)),
            },
            {
              key: 'expected',
              head: 'By chance',
              numeric: true,
              cell: ({ expected }) => (expected === undefined ? '–' : chance(expected)),
            },
            { key: 'note', head: 'On what, or why not', cell: (one) => <Note one={one} /> },
          ]}
        />
      </div>
    </section>
  );
}

const chance = (expected: number): string =>
  expected === 0 ? '0' : expected < 0.1 ? '< 0.1' : `≈ ${formatNumber(Number(expected.toPrecision(2)))}`;

function What({ one: { source, label, files, file_count } }: { one: Coverage }): ReactElement {
  return (
    <>
      <ResourceAnchor resource={source}>{label}</ResourceAnchor>
      {file_count > 0 && (
        <span className="coverage-files faint" title={files.join('\n')}>
          {file_count === 1 ? files[0] : `${files[0]} … ${plural(file_count, 'file')}`}
        </span>
      )}
    </>
  );
}

function Note({ one }: { one: Coverage }): ReactElement {
  const { columns, otherwise = [], decides, reason, excuse, near } = one;
  return (
    <div className="coverage-note">
      {columns && (
        <p title={columns.join(', ')}>
          {plural(columns.length, 'column')}: {shortened(columns)}
          {decides === false && ', which tell no row from another that looks like it'}
        </p>
      )}
      {otherwise.map(({ column, reason: why }) => (
        <p key={column}>
          without <code>{column}</code>: {why}
        </p>
      ))}
      {near && <Near near={near} />}
      {excuse !== undefined && <p>The gate says: “{excuse}”</p>}
      {reason !== undefined && <p className="muted">{reason}</p>}
    </div>
  );
}

function Near({
  near: { rows, gate_rows, training_rows, rescaled },
}: {
  near: NonNullable<Coverage['near']>;
}): ReactElement {
  return (
    <p className={rows > 0 ? undefined : 'muted'}>
      {rows > 0 ? `${plural(rows, 'row')} nearly equal` : 'no rows nearly equal past chance'}
      {rescaled.length > 0 && `, with ${rescaled.join(', ')} by their own scale`}
      <span className="faint">
        {' '}
        ({formatCount(gate_rows)} × {formatCount(training_rows)} looked at)
      </span>
    </p>
  );
}

const MOST = 8;
const shortened = (names: readonly string[]): string =>
  names.length > MOST ? `${names.slice(0, MOST).join(', ')}, …` : names.join(', ');
