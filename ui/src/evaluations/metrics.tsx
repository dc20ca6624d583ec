import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Evaluation, MetricValue } from '../../../src/validation/contract.ts';
import { formatNumber, plural } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { intervalWords, lowerIsBetter, metricRows, metricWord, type MetricRow } from './metric-words.ts';
import { IntervalBars, type BarMark } from './range-bar.tsx';

/** What it scored, beside the champion and the simplest thing that could be done. */
export function Metrics({ evaluation }: { evaluation: Evaluation }): ReactElement {
  const { metrics, champion, baseline, model, version } = evaluation;
  const rows = metricRows(metrics, champion?.metrics, baseline?.metrics);
  const methods = [...new Set(metrics.flatMap(({ method }) => (method === undefined ? [] : [method])))];
  return (
    <div className="stack">
      <Listing<MetricRow>
        label="Metrics"
        bare
        rows={rows}
        rowKey={({ name }) => name}
        columns={[
          {
            key: 'name',
            head: 'Metric',
            cell: ({ name }) => (
              <>
                <span className="nowrap">{metricWord(name)}</span>
                {lowerIsBetter(name) && <span className="faint metric-way">lower is better</span>}
              </>
            ),
          },
          {
            key: 'own',
            head: `v${version}`,
            numeric: true,
            cell: ({ own }) => <Value metric={own} strong />,
          },
          ...(champion
            ? [
                {
                  key: 'champion',
                  head: `Champion v${champion.version}`,
                  numeric: true,
                  cell: (row: MetricRow) => <Value metric={row.champion} />,
                },
              ]
            : []),
          ...(baseline
            ? [
                {
                  key: 'baseline',
                  head: 'Baseline',
                  numeric: true,
                  cell: (row: MetricRow) => <Value metric={row.baseline} />,
                },
              ]
            : []),
          {
            key: 'picture',
            head: '95 % intervals',
            cell: (row) => <Picture row={row} version={version} />,
          },
        ]}
      />
      <p className="metric-legend">
        <span>
          <span className="interval-sign interval-own" aria-hidden="true" />v{version}
        </span>
        {champion && (
          <span>
            <span className="interval-sign interval-champion" aria-hidden="true" />
            champion{' '}
            <Link to="/models/$model/versions/$version" params={{ model, version: String(champion.version) }}>
              v{champion.version}
            </Link>
          </span>
        )}
        {baseline && (
          <span>
            <span className="interval-sign interval-baseline" aria-hidden="true" />
            baseline: {baseline.kind}
          </span>
        )}
        {evaluation.rows !== undefined && <span className="faint">{plural(evaluation.rows, 'row')}</span>}
        {methods.length > 0 && <span className="faint">intervals by {methods.join('; ')}</span>}
      </p>
    </div>
  );
}

function Value({
  metric,
  strong = false,
}: {
  metric: MetricValue | undefined;
  strong?: boolean;
}): ReactElement {
  if (!metric) return <span className="faint">–</span>;
  const interval = intervalWords(metric);
  return (
    <span className="metric-value" title={`from ${plural(metric.n, 'row')}`}>
      {strong ? <strong>{formatNumber(metric.value)}</strong> : formatNumber(metric.value)}
      {interval !== undefined && <span className="faint">{interval}</span>}
    </span>
  );
}

function Picture({ row, version }: { row: MetricRow; version: number }): ReactElement | null {
  const marks: BarMark[] = [];
  const words: string[] = [];
  for (const [look, name] of [
    ['own', `v${version}`],
    ['champion', 'champion'],
    ['baseline', 'baseline'],
  ] as const) {
    const metric = row[look];
    if (!metric) continue;
    marks.push({ look, value: metric.value, low: metric.low, high: metric.high });
    const interval = intervalWords(metric);
    words.push(`${name} ${formatNumber(metric.value)}${interval === undefined ? '' : ` (${interval})`}`);
  }
  return <IntervalBars marks={marks} label={`${metricWord(row.name)}: ${words.join(', ')}`} />;
}
