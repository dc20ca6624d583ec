import { useMemo, type ReactElement } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import { formatBytes, formatDuration, formatNumber } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { Empty, Section } from '../kit/page.tsx';
import { ChartControls } from './chart-controls.tsx';
import { chartView, zoomText, type ChartSearch } from './chart-view.ts';
import { Facts } from './environment.tsx';
import { measuredWords, unitOf } from './measured.ts';
import { MetricWall } from './metric-wall.tsx';
import { SYSTEM } from './run-words.tsx';

/** What the run took: the sums, and the samples over time. */
export function Resources({
  run,
  search,
  onChange,
}: {
  run: Run;
  search: ChartSearch;
  onChange(next: ChartSearch): void;
}): ReactElement {
  const {
    wall_seconds: wall,
    cpu_seconds: cpu,
    peak_memory_bytes: memory,
    measured,
    sampled,
  } = run.resources;
  const keys = useMemo(() => sampled.map(({ key }) => key), [sampled]);
  const runs = useMemo(
    () => [{ id: run.id, name: run.name, started_at: run.started_at }],
    [run.id, run.name, run.started_at],
  );
  // Samples are taken by the clock; their step is only a count.
  const view = useMemo(() => chartView({ ...search, x: search.x ?? 'relative' }), [search]);
  const also = useMemo(() => measuredWords(measured ?? {}), [measured]);
  const totals = wall !== undefined || cpu !== undefined || memory !== undefined;
  if (!totals && keys.length === 0) {
    return (
      <Empty icon="cpu" title="Nothing was measured">
        <p>
          Steps of a pipeline are measured by themselves. In other code,{' '}
          <code>mlflow.enable_system_metrics_logging()</code> before the run samples the machine.
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack" style={{ gap: 18 }}>
      {totals && (
        <dl className="figures">
          <Figure name="Wall time" value={wall === undefined ? undefined : formatDuration(wall * 1000)} />
          <Figure name="CPU time" value={cpu === undefined ? undefined : formatDuration(cpu * 1000)} />
          <Figure
            name="Cores kept busy"
            value={cpu === undefined || !wall ? undefined : formatNumber(cpu / wall, 3)}
          />
          <Figure name="Peak memory" value={memory === undefined ? undefined : formatBytes(memory)} />
        </dl>
      )}
      {measured !== undefined && (also.words.length > 0 || Object.keys(also.rest).length > 0) && (
        <Section title="Also measured">
          <KeyValue entries={also.words} />
          {Object.keys(also.rest).length > 0 && <Facts facts={also.rest} />}
        </Section>
      )}
      {keys.length > 0 && (
        <div>
          <ChartControls
            search={{ ...search, x: view.x }}
            onChange={(next) => onChange('x' in next ? { ...next, x: next.x ?? 'step' } : next)}
            withSearch
          />
          <MetricWall
            metrics={keys}
            runs={runs}
            view={view}
            search={search.q}
            prefix={SYSTEM}
            formatY={unitOf}
            onZoom={(zoom) => onChange({ zoom: zoomText(zoom) })}
          />
        </div>
      )}
      {sampled.length > 0 && (
        <Section title="Over the whole run">
          <KeyValue
            entries={sampled.map(({ key, mean, max }) => {
              const format = unitOf(key);
              return [
                key.slice(SYSTEM.length),
                mean === undefined || max === undefined
                  ? undefined
                  : `${format(mean)} on average, ${format(max)} at most`,
              ];
            })}
          />
        </Section>
      )}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string | undefined }): ReactElement | null {
  return value === undefined ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
