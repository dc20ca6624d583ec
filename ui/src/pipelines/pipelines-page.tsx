import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { listExecutions, listPipelines, type Pipeline } from '../../../src/pipelines/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Status } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { SearchField } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { StateStrip, StepTally } from './state-strip.tsx';
import './pipelines.css';

const route = getRouteApi('/pipelines');

const columns: Column<Pipeline>[] = [
  {
    id: 'name',
    header: 'Pipeline',
    width: 230,
    value: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/pipelines/$pipeline" params={{ pipeline: name }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'Last',
    width: 120,
    value: ({ latest }) => latest?.state,
    cell: ({ latest }) => latest && <Status status={latest.state} />,
  },
  {
    id: 'number',
    header: 'Execution',
    width: 96,
    align: 'end',
    value: ({ executions }) => executions,
    cell: ({ latest }) =>
      latest && (
        <Link to="/executions/$execution" params={{ execution: latest.id }}>
          #{formatCount(latest.number)}
        </Link>
      ),
  },
  { id: 'recent', header: 'The last twenty', width: 250, cell: ({ name }) => <Recent pipeline={name} /> },
  {
    id: 'steps',
    header: 'Steps of the last',
    width: 220,
    cell: ({ latest }) => latest && <StepTally states={latest.steps_by_state} />,
  },
  {
    id: 'took',
    header: 'Took',
    width: 96,
    align: 'end',
    cell: ({ latest }) =>
      latest && <Duration from={latest.started_at ?? latest.created_at} to={latest.ended_at} />,
  },
  {
    id: 'when',
    header: 'Asked for',
    width: 110,
    value: ({ latest, created_at: made }) => latest?.created_at ?? made,
    cell: ({ latest, created_at: made }) => <TimeAgo time={latest?.created_at ?? made} />,
  },
  { id: 'by', header: 'By', width: 130, value: ({ latest, created_by: by }) => latest?.created_by ?? by },
];

export default function PipelinesPage(): ReactElement {
  const { q, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const pipelines = usePages(listPipelines, { query: { limit: 1000 } }, ['execution:*']);
  const shown = useMemo(
    () => pipelines.items.filter(({ name }) => name.toLowerCase().includes((q ?? '').toLowerCase())),
    [pipelines.items, q],
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Page title="Pipelines" lead="Steps that are commands, run only where something changed." fill>
      {(pipelines.items.length > 0 || q !== undefined) && (
        <div className="bar">
          <SearchField
            label="Filter by name"
            value={q ?? ''}
            onChange={(text) => see({ q: text || undefined })}
          />
        </div>
      )}
      <FoundTable
        found={pipelines}
        label="Pipelines"
        columns={columns}
        rows={shown}
        rowId={({ name }) => name}
        sorted={sort}
        onSorted={(next) => see({ sort: next })}
        empty={
          q === undefined ? (
            <Empty icon="pipeline" title="No pipeline yet">
              <p>
                A pipeline is a file called <code>treadle.yaml</code>: steps that are commands, in any
                language. Names in braces tie them together.
              </p>
              <CodeBlock
                label="A pipeline file"
                text={`name: flight-delay\ndata: { flights: flights@main }\nsteps:\n  prep:\n    run: python prep.py {flights} {train}\n    out: { train: train.parquet }\n  train:\n    run: python train.py {train} {model}\n    out: { model: model/ }`}
              />
              <CodeBlock
                prompt
                text={'treadle check\ntreadle run'}
                label="Commands that check and run a pipeline"
              />
            </Empty>
          ) : (
            <Empty icon="filter" title={`No pipeline is called “${q}”`} />
          )
        }
      />
    </Page>
  );
}

function Recent({ pipeline }: { pipeline: string }): ReactElement | null {
  const executions = useQuery(api(listExecutions, { query: { pipeline, limit: 20 } }, ['execution:*']));
  return executions.data ? (
    <StateStrip executions={executions.data.items} label={`The last executions of ${pipeline}`} />
  ) : null;
}
