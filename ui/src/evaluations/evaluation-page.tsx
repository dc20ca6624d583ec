import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { getEvaluation, type Evaluation } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { ResourceAnchor } from '../ledger/resource-link.tsx';
import { EvaluateDialog } from './evaluate-dialog.tsx';
import { EvaluationView } from './evaluation-view.tsx';
import { sliceSearch, sliceView } from './slice-search.ts';
import { EvaluationStatus } from './verdict.tsx';

const route = getRouteApi('/evaluations/$evaluation');

export default function EvaluationPage(): ReactElement {
  const { evaluation: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const found = useQuery({
    ...api(getEvaluation, { params: { evaluation: id } }),
    // What it is at is told by no event.
    refetchInterval: ({ state: { data } }) =>
      data?.state === 'queued' || data?.state === 'running' ? 1500 : false,
  });
  const [again, setAgain] = useState(false);
  const evaluation = found.isError ? undefined : found.data;
  return (
    <Page
      title={evaluation ? `${evaluation.model} v${evaluation.version} · evaluation` : 'Evaluation'}
      heading={
        evaluation ? (
          <>
            {evaluation.model} v{evaluation.version} <span className="muted">on {evaluation.data}</span>
          </>
        ) : (
          'Evaluation'
        )
      }
      trail={
        evaluation ? (
          <>
            <Link to="/models">Models</Link>
            <Link to="/models/$model" params={{ model: evaluation.model }}>
              {evaluation.model}
            </Link>
            <Link
              to="/models/$model/versions/$version"
              params={{ model: evaluation.model, version: String(evaluation.version) }}
            >
              v{evaluation.version}
            </Link>
          </>
        ) : (
          <Link to="/evaluations">Evaluations</Link>
        )
      }
      lead={
        evaluation && (
          <span className="row row-wrap">
            <EvaluationStatus evaluation={evaluation} />
            asked for <TimeAgo time={evaluation.created_at} /> by {evaluation.created_by}
          </span>
        )
      }
      actions={
        evaluation && (
          <>
            <Button icon="gauge" onClick={() => setAgain(true)}>
              Evaluate again…
            </Button>
            <Link to="/lineage/$node" params={{ node: evaluation.ref }} className={buttonClass()}>
              <Icon name="graph" />
              Lineage
            </Link>
          </>
        )
      }
    >
      {found.isPending ? (
        <Skeleton lines={9} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <EvaluationView
            evaluation={found.data}
            slices={sliceView(search)}
            onSlices={(view) =>
              void navigate({ search: sliceSearch(view), replace: true, resetScroll: false })
            }
          />
          <Asked evaluation={found.data} />
          {again && (
            <EvaluateDialog
              model={found.data.model}
              version={found.data.version}
              from={found.data}
              onClose={() => setAgain(false)}
            />
          )}
        </>
      )}
    </Page>
  );
}

/** What was asked for, so that it can be asked again. */
function Asked({ evaluation }: { evaluation: Evaluation }): ReactElement {
  const { spec } = evaluation;
  return (
    <Section title="What was asked">
      <KeyValue
        entries={[
          [
            'Data',
            evaluation.data_ref === undefined ? (
              evaluation.data
            ) : (
              <ResourceAnchor key="data" resource={evaluation.data_ref}>
                {evaluation.data}
              </ResourceAnchor>
            ),
          ],
          ['Label', <code key="label">{spec.label}</code>],
          ['Task', evaluation.task ?? spec.task],
          ['Scored output', spec.prediction],
          ['Counts as 1', spec.positive],
          ['A row is', spec.key?.join(', ')],
          ['Later than training by', spec.time],
          ['Nearly equal rows', spec.near === 'fail' ? 'fail it' : undefined],
          ['Excused', spec.excuse?.map(({ path, reason }) => `${path}: ${reason}`).join('; ')],
          ['Slices', spec.slices?.join(', ')],
          [
            'Asked by',
            evaluation.execution !== undefined && (
              <ResourceAnchor key="execution" resource={`execution:${evaluation.execution}`}>
                pipeline execution {shortId(evaluation.execution)}
              </ResourceAnchor>
            ),
          ],
          [
            'Took',
            evaluation.ended_at !== undefined && (
              <Duration key="took" from={evaluation.created_at} to={evaluation.ended_at} />
            ),
          ],
        ]}
      />
    </Section>
  );
}
