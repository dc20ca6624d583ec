import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { AlertReport } from '../../../src/monitoring/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatCount, formatNumber, formatTime } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Section } from '../kit/page.tsx';
import { ACTION_WORDS } from './alert-words.ts';
import { LossBars } from './loss-bars.tsx';
import { TimeAxis } from './time-axis.tsx';

/** The report of an alert on one page: what to do, since when, how bad, what changed, why, and rows to look at. */
export function ReportView({ report }: { report: AlertReport }): ReactElement {
  const { action, since, extent, parts, causes, slices, samples, notes } = report;
  return (
    <>
      <Section title="What to do">
        <div className="alert-action">
          <Badge tone={action.do === 'wait' ? 'neutral' : 'accent'}>{ACTION_WORDS[action.do]}</Badge>
          <p>{action.words}</p>
          {action.command !== undefined && <CodeBlock prompt label="Command for it" text={action.command} />}
        </div>
      </Section>
      <Section title="Since when">
        <p>
          {formatTime(since.at)}
          {since.low !== undefined && since.high !== undefined && since.low < since.high && (
            <span className="muted">
              {' '}
              (between {formatTime(since.low)} and {formatTime(since.high)} with 90 %)
            </span>
          )}
          <span className="muted">; {since.words}</span>
        </p>
        <TimeAxis report={report} />
      </Section>
      <div className="alert-pair">
        <Section title="How bad">
          {extent.length === 0 ? (
            <p className="muted">No window says more than the alert itself.</p>
          ) : (
            <KeyValue entries={extent.map(({ name, words }) => [name, words])} />
          )}
        </Section>
        <Section title="What changed">
          {parts ? (
            <>
              <p>{parts.words}.</p>
              <LossBars parts={parts} />
              <p className="faint small">
                {formatCount(parts.rows_before)} rows with outcomes before, {formatCount(parts.rows_now)}{' '}
                since; weighted, those of before are as good as {formatCount(Math.round(parts.effective))}.
              </p>
            </>
          ) : (
            <p className="muted">
              What of the loss has changed cannot be told without outcomes on both sides.
            </p>
          )}
          {report.separable !== undefined && (
            <p className="muted small">
              Rows of now are told from rows of before in {formatNumber(100 * report.separable, 3)} of 100
              pairs; 50 would be by chance.
            </p>
          )}
          {report.apart?.map(({ column, auc, low, high, words }) => (
            <p key={column} className="muted small">
              By {column} alone in {formatNumber(100 * auc, 3)} ({formatNumber(100 * low, 3)} to{' '}
              {formatNumber(100 * high, 3)} with 95 %)
              {words && words.now.length > 0 && <>; words of now: {words.now.join(', ')}</>}
              {words && words.before.length > 0 && <>; of before: {words.before.join(', ')}</>}.
            </p>
          ))}
        </Section>
      </div>
      <Section title="Likely causes">
        {causes.length === 0 ? (
          <p className="muted">Nothing of the data is otherwise than it should be.</p>
        ) : (
          <Listing
            label="Likely causes, the likeliest first"
            bare
            columns={CAUSES}
            rows={causes.map((cause, i) => ({ ...cause, place: i + 1 }))}
            rowKey={({ place }) => String(place)}
          />
        )}
      </Section>
      {slices.length > 0 && (
        <Section title="Where it errs most">
          <Listing
            label="Values of columns that are answered worse than the rest"
            bare
            columns={SLICES}
            rows={slices}
            rowKey={({ column, value }) => `${column} ${value ?? ''}`}
          />
        </Section>
      )}
      {samples.length > 0 && <Samples report={report} />}
      <p className="faint small">
        {notes.map((note) => (
          <span key={note} className="alert-note">
            {note}.{' '}
          </span>
        ))}
        Made at {formatTime(report.made_at)} and never changed since; the ledger has its SHA-256,{' '}
        <code>{report.sha256.slice(0, 16)}…</code>
      </p>
    </>
  );
}

type PlacedCause = AlertReport['causes'][number] & { place: number };

const CAUSES: ListingColumn<PlacedCause>[] = [
  { key: 'place', head: '#', cell: ({ place }) => place },
  { key: 'kind', head: 'What', cell: ({ kind }) => <Badge>{kind}</Badge> },
  { key: 'words', head: 'Why', cell: ({ words }) => <span className="alert-words">{words}</span> },
  {
    key: 'moved',
    head: 'Rows elsewhere',
    wideOnly: true,
    cell: ({ moved }) => (moved === undefined ? '' : `${formatNumber(100 * moved, 3)} %`),
  },
  {
    key: 'loss',
    head: 'Its effect on the loss',
    wideOnly: true,
    cell: ({ loss_effect: effect }) => (effect === undefined ? '' : signed(effect)),
  },
  {
    key: 'score',
    head: 'On answers',
    wideOnly: true,
    cell: ({ score_effect: effect }) => (effect === undefined ? '' : `${signed(effect)} sd`),
  },
];

const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatNumber(value, 2)}`;

const SLICES: ListingColumn<AlertReport['slices'][number]>[] = [
  { key: 'column', head: 'Column', cell: ({ column }) => column },
  {
    key: 'value',
    head: 'Value',
    cell: ({ value }) => value ?? <span className="faint">missing</span>,
  },
  { key: 'rows', head: 'Rows', cell: ({ rows }) => formatCount(rows) },
  { key: 'loss', head: 'Mean loss', cell: ({ loss }) => formatNumber(loss, 3) },
  { key: 'others', head: 'Elsewhere', cell: ({ others }) => formatNumber(others, 3) },
];

/** Rows that are most of now beside the nearest ones of before, value by value. */
function Samples({ report: { samples, causes } }: { report: AlertReport }): ReactElement {
  const named = new Set(causes.flatMap(({ column }) => column ?? []));
  const columns = Object.keys(samples[0]!.now);
  return (
    <Section title="Rows of now, beside the nearest of before">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so that a keyboard must reach it */}
      <div className="alert-rows" role="region" aria-label="Rows beside the nearest of before" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Prediction</th>
              {columns.map((column) => (
                <th key={column} scope="col" className={named.has(column) ? 'bad' : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {samples.map(({ prediction, odds, now, nearest, distance }) => (
              <SampleRows key={prediction} {...{ prediction, odds, now, nearest, distance, columns }} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function SampleRows({
  prediction,
  odds,
  now,
  nearest,
  distance,
  columns,
}: AlertReport['samples'][number] extends infer S extends object
  ? Omit<S, 'time'> & { columns: readonly string[] }
  : never): ReactElement {
  const text = (value: string | number | null | undefined) =>
    value === null || value === undefined ? '–' : typeof value === 'number' ? formatNumber(value, 5) : value;
  return (
    <>
      <tr>
        <th scope="row">
          <Link to="/predictions/$prediction" params={{ prediction }}>
            {formatNumber(odds, 2)} times likelier now
          </Link>
        </th>
        {columns.map((column) => (
          <td key={column} className={now[column] === nearest[column] ? undefined : 'alert-differs'}>
            {text(now[column])}
          </td>
        ))}
      </tr>
      <tr className="alert-nearest">
        <th scope="row">nearest before ({formatNumber(distance, 2)} sd)</th>
        {columns.map((column) => (
          <td key={column}>{text(nearest[column])}</td>
        ))}
      </tr>
    </>
  );
}
