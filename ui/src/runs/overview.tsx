import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { getLoggedModel } from '../../../src/models/contract.ts';
import type { DatasetInput, Run } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { Badge } from '../kit/badge.tsx';
import type { Range } from '../kit/chart/series.ts';
import { shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Section } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { useNames } from '../ledger/names.ts';
import { ResourceAnchor, ResourceLink } from '../ledger/resource-link.tsx';
import { MetricChart } from './metric-chart.tsx';
import { MetricSummaryTable } from './metric-summary-table.tsx';
import { NoteCard, OutcomeCard } from './outcome.tsx';
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
        {typeof run.code?.['execution'] === 'string' && (
          <Section title="Made by">
            <MadeBy execution={`execution:${run.code['execution']}`} />
          </Section>
        )}
        <Section title="Note">
          <NoteCard run={run} />
        </Section>
        <Section title="Data it read">
          {run.inputs.length === 0 ? (
            <p className="muted">
              None was recorded. <code>mlflow.log_input(…)</code> or a pipeline does it.
            </p>
          ) : (
            <ul className="things">
              {run.inputs.map((input) => (
                <li key={`${input.name} ${input.digest} ${input.context}`}>
                  <Input input={input} />
                </li>
              ))}
            </ul>
          )}
        </Section>
        <Section title="Models it made">
          <Outputs run={run} />
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

/** The execution of a pipeline whose step this run tells of. */
function MadeBy({ execution }: { execution: string }): ReactElement {
  const names = useNames(useMemo(() => [execution], [execution]));
  return <ResourceLink resource={execution} name={names.get(execution)} />;
}

function Input({ input }: { input: DatasetInput }): ReactElement {
  const words = (
    <>
      <Icon name="data" />
      <span className="truncate">{input.version_ref ?? input.name}</span>
    </>
  );
  return (
    <>
      {input.version === undefined ? (
        <span className="row" title={input.source}>
          {words}
        </span>
      ) : (
        <ResourceAnchor resource={`dataset_version:${input.version}`} className="row">
          {words}
        </ResourceAnchor>
      )}
      <span className="row">
        {input.context !== undefined && <Badge>{input.context}</Badge>}
        <code className="faint" title={`digest ${input.digest}`}>
          {shortId(input.digest)}
        </code>
      </span>
    </>
  );
}

/** What the run packaged, with the registered versions that came of it. */
function Outputs({ run }: { run: Run }): ReactElement {
  const ids = [...new Set(run.outputs.map(({ model }) => model))];
  const models = useQueries({ queries: ids.map((id) => api(getLoggedModel, { params: { id } })) });
  if (ids.length === 0) return <p className="muted">None was logged.</p>;
  return (
    <ul className="things">
      {ids.map((id, i) => {
        const found = models[i]?.data;
        return (
          <li key={id}>
            <span className="row">
              <Icon name="model" />
              <span className="truncate" title={id}>
                {found?.logged_model.name ?? shortId(id)}
              </span>
            </span>
            <span className="row row-wrap">
              {found?.versions.map((version) => (
                <Link
                  key={version.ref}
                  to="/models/$model/versions/$version"
                  params={{ model: version.model, version: String(version.version) }}
                >
                  {version.model} v{version.version}
                </Link>
              ))}
              {found && found.versions.length === 0 && <span className="faint">not registered</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
