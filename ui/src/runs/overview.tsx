import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { getRunStep } from '../../../src/pipelines/contract.ts';
import type { Run } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import type { Range } from '../kit/chart/series.ts';
import { Failure } from '../kit/failure.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Section } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { MetricChart } from './metric-chart.tsx';
import { MetricSummaryTable } from './metric-summary-table.tsx';
import { NoteCard, OutcomeCard } from './outcome.tsx';
import { Made, MadeBy, Models, Reads } from './read-and-made.tsx';
import { SYSTEM } from './run-words.tsx';
import type { ChartView } from './chart-view.ts';

/** How many curves greet the reader; all of them are one tab away. */
const CURVES = 4;
/** Clients write their own housekeeping under these names. */
const HOUSEKEEPING = /^(mlflow|treadle)\./;

const PARAM_COLUMNS: Column<[string, string]>[] = [
  {
    id: 'key',
    header: 'Param',
    value: ([key]) => key,
    width: 220,
    cell: ([key]) => (
      <span className="truncate" title={key}>
        {key}
      </span>
    ),
  },
  {
    id: 'value',
    header: 'Value',
    value: ([, value]) => (value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value),
    width: 380,
    cell: ([, value]) => (
      <code className="truncate" title={value}>
        {value}
      </code>
    ),
  },
];

export function Overview(props: {
  run: Run;
  view: ChartView;
  onZoom(zoom: Range | undefined): void;
  onVerdict(): void;
}): ReactElement {
  const { run, view } = props;
  const metrics = useMemo(() => run.metrics.filter(({ key }) => !key.startsWith(SYSTEM)), [run.metrics]);
  const curves = metrics.filter(({ count }) => count > 1).slice(0, CURVES);
  const params = useMemo(() => Object.entries(run.params), [run.params]);
  const tags = Object.entries(run.tags).filter(([key]) => !HOUSEKEEPING.test(key));
  const ofPipeline = typeof run.code?.['execution'] === 'string';
  const step = useQuery({ ...api(getRunStep, { params: { run: run.id } }), enabled: ofPipeline });
  const runs = useMemo(
    () => [{ id: run.id, name: run.name, started_at: run.started_at }],
    [run.id, run.name, run.started_at],
  );
  return (
    <div className="overview">
      <div className="overview-main">
        {curves.length > 0 && (
          <div className="charts">
            <h2 className="sr-only">Curves</h2>
            {curves.map(({ key }) => (
              <MetricChart
                key={key}
                title={key}
                metric={key}
                runs={runs}
                view={view}
                onZoom={props.onZoom}
                sync="overview"
                height={168}
              />
            ))}
          </div>
        )}
        <Section title="Metrics" quiet>
          <MetricSummaryTable run={run.id} metrics={metrics} />
        </Section>
        <Section title="Params" quiet>
          <Table
            label="Params"
            columns={PARAM_COLUMNS}
            rows={params}
            rowId={([key]) => key}
            maxHeight={410}
            empty={<p className="muted">None were logged.</p>}
          />
        </Section>
      </div>
      <div className="overview-side">
        <Section title="Outcome">
          <OutcomeCard run={run} onVerdict={props.onVerdict} />
        </Section>
        {ofPipeline && (
          <Section title="Made by">
            <MadeBy execution={`execution:${String(run.code?.['execution'])}`} step={step.data?.step} />
          </Section>
        )}
        <Section title="Note">
          <NoteCard run={run} />
        </Section>
        {step.isError && <Failure error={step.error} retry={() => void step.refetch()} />}
        <Section title="Data it read">
          <Reads run={run} step={step.data} waiting={ofPipeline && step.isPending} />
        </Section>
        {step.data && step.data.made.length > 0 && (
          <Section title="Outputs it made">
            <Made step={step.data} />
          </Section>
        )}
        <Section title="Models it made">
          <Models run={run} step={step.data} waiting={ofPipeline && step.isPending} />
        </Section>
        {tags.length > 0 && (
          <Section title="Tags">
            <KeyValue entries={tags} />
          </Section>
        )}
      </div>
    </div>
  );
}
