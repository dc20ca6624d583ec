import { useState, type ReactElement } from 'react';
import type { MetricValue, Slice } from '../../../src/validation/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { Check, Choice } from '../kit/field.tsx';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Listing, type Sort } from '../kit/listing.tsx';
import { intervalWords, metricWord } from './metric-words.ts';
import { IntervalBars } from './range-bar.tsx';
import { columnsOf, mainMetric, metricOf, orderSlices } from './slice-rows.ts';

/** How many other metrics stand beside the one that is drawn. */
const BESIDE = 4;
/** How many are drawn at once; the rest at a click. */
const SHOWN = 40;

export interface SliceView {
  /** Of which column; all unless said. */
  column: string | undefined;
  worse: boolean;
  /** Which metric is drawn; the main one unless said. */
  metric: string | undefined;
  sort: Sort | undefined;
}

/** How it scores where the data differs: each slice against all rows. */
export function Slices({
  slices,
  overall,
  view,
  onView,
}: {
  slices: readonly Slice[];
  overall: readonly MetricValue[];
  view: SliceView;
  onView(view: SliceView): void;
}): ReactElement {
  const [all, setAll] = useState(false);
  const columns = columnsOf(slices);
  const names = [...new Set(slices.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  const main = names.find((name) => name === view.metric) ?? mainMetric(slices);
  const worse = slices.filter((slice) => slice.worse).length;
  const found = orderSlices(
    slices.filter(
      (slice) => (view.column === undefined || slice.column === view.column) && (!view.worse || slice.worse),
    ),
    view.sort,
  );
  const rows = all ? found : found.slice(0, SHOWN);
  const others = names.filter((name) => name !== main).slice(0, BESIDE);
  const whole = main === undefined ? undefined : overall.find(({ name }) => name === main);
  const scale = [
    ...found.flatMap((slice) => (main === undefined ? [] : (metricOf(slice, main) ?? []))),
    ...(whole ? [whole] : []),
  ];
  if (slices.length === 0) {
    return (
      <p className="muted">
        No column splits the rows into groups large enough to judge. Name some in <code>slices</code>.
      </p>
    );
  }
  return (
    <div className="stack">
      <div className="bar">
        <Choice
          label="Column"
          value={view.column ?? ''}
          options={[
            { value: '', label: 'all' },
            ...columns.map((column) => ({ value: column, label: column })),
          ]}
          onChange={(column) => onView({ ...view, column: column === '' ? undefined : column })}
        />
        <Choice
          label="Metric"
          value={main ?? ''}
          options={names.map((name) => ({ value: name, label: metricWord(name) }))}
          onChange={(metric) =>
            onView({ ...view, metric: metric === mainMetric(slices) ? undefined : metric })
          }
        />
        <Check
          label={worse === 0 ? 'Only worse (none is)' : `Only the ${worse} worse`}
          checked={view.worse}
          onChange={(only) => onView({ ...view, worse: only })}
        />
      </div>
      {found.length === 0 ? (
        <p className="muted">
          None here: no slice is worse than all rows past chance, corrected for their number.
        </p>
      ) : (
        <Listing<Slice>
          label="Slices"
          bare
          rows={rows}
          rowKey={({ where }) => where}
          marked={(slice) => slice.worse}
          {...(view.sort ? { sort: view.sort } : {})}
          onSort={(sort) => onView({ ...view, sort })}
          foot={
            rows.length < found.length ? (
              <button type="button" className="link-button" onClick={() => setAll(true)}>
                Show all {formatCount(found.length)}
              </button>
            ) : undefined
          }
          columns={[
            {
              key: 'where',
              head: 'Slice',
              sort: true,
              cell: ({ where, worse: bad }) => (
                <span className="row slice-name">
                  <code>{where}</code>
                  {bad && <Badge tone="bad">worse</Badge>}
                </span>
              ),
            },
            {
              key: 'rows',
              head: 'Rows',
              numeric: true,
              sort: true,
              cell: (slice) => formatCount(slice.rows),
            },
            ...(main === undefined
              ? []
              : [
                  {
                    key: `metric.${main}`,
                    head: metricWord(main),
                    numeric: true,
                    sort: true,
                    cell: (slice: Slice) => <SliceValue metric={metricOf(slice, main)} />,
                  },
                  {
                    key: 'picture',
                    head: whole ? `Against all rows (${formatNumber(whole.value, 4)})` : '95 % interval',
                    cell: (slice: Slice) => {
                      const metric = metricOf(slice, main);
                      return (
                        metric && (
                          <IntervalBars
                            among={scale}
                            label={`${slice.where}: ${metricWord(main)} ${formatNumber(metric.value)}, interval ${intervalWords(metric) ?? 'not known'}`}
                            marks={[
                              ...(whole ? [{ look: 'all' as const, value: whole.value }] : []),
                              { look: 'own', value: metric.value, low: metric.low, high: metric.high },
                            ]}
                          />
                        )
                      );
                    },
                  },
                ]),
            ...others.map((name) => ({
              key: `metric.${name}`,
              head: metricWord(name),
              numeric: true,
              sort: true,
              wideOnly: true,
              cell: (slice: Slice) => <SliceValue metric={metricOf(slice, name)} />,
            })),
          ]}
        />
      )}
    </div>
  );
}

function SliceValue({ metric }: { metric: MetricValue | undefined }): ReactElement {
  return metric ? (
    <span title={intervalWords(metric)}>{formatNumber(metric.value, 4)}</span>
  ) : (
    <span className="faint">–</span>
  );
}
