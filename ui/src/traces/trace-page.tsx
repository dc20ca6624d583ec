import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { deleteTrace, getTrace, type Trace } from '../../../src/traces/contract.ts';
import { getExperiment } from '../../../src/tracking/contract.ts';
import { api, call } from '../api/client.ts';
import { live } from '../api/queries.ts';
import { Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, formatDuration, plural, shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Menu } from '../kit/menu.tsx';
import { Empty, Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { usePageAction } from '../shell/page-actions.ts';
import { AssessDialog, Assessments } from './assessments.tsx';
import { formatCost, spanTree } from './span-tree.ts';
import { SpanDetails } from './span-view.tsx';
import { Waterfall } from './waterfall.tsx';
import './traces.css';

export default function TracePage(): ReactElement {
  const { trace: id } = useParams({ from: '/traces/$trace' });
  const trace = useQuery(api(getTrace, { params: { trace: id } }));
  if (trace.error)
    return (
      <Page title="Trace" trail={<Link to="/experiments">Experiments</Link>}>
        <Failure error={trace.error} retry={() => void trace.refetch()} />
      </Page>
    );
  if (!trace.data)
    return (
      <Page title="Trace">
        <Skeleton lines={9} />
      </Page>
    );
  return <LoadedTrace key={id} trace={trace.data} />;
}

function LoadedTrace({ trace }: { trace: Trace }): ReactElement {
  const search = useSearch({ from: '/traces/$trace' });
  const navigate = useNavigate({ from: '/traces/$trace' });
  const leave = useNavigate();
  const experiment = useQuery(api(getExperiment, { params: { experiment: trace.experiment } }));
  const [dialog, setDialog] = useState<'assess' | 'delete' | undefined>();
  const tree = useMemo(() => spanTree(trace.tree), [trace.tree]);
  const row = tree.rows.find(({ span }) => span.id === search.span) ?? tree.rows[0];
  const select = (span: string): void =>
    void navigate({ search: (now) => ({ ...now, span }), replace: true });
  usePageAction('Say what this trace is worth', 'note', () => setDialog('assess'));

  const own = Object.entries(trace.tags).filter(([key]) => !key.startsWith('mlflow.'));
  const said = Object.entries(trace.metadata).filter(([key]) => !HIDDEN.test(key));
  return (
    <Page
      title={trace.name?.trim() || trace.id}
      heading={
        <span className="row row-wrap">
          {trace.name?.trim() || shortId(trace.id, 16)}
          <Status status={trace.status} />
        </span>
      }
      trail={
        <>
          <Link to="/experiments">Experiments</Link>
          <Link to="/experiments/$experiment/traces" params={{ experiment: trace.experiment }}>
            {experiment.data?.name ?? trace.experiment}
          </Link>
        </>
      }
      lead={
        <span className="trace-lead">
          <span>
            <Icon name="clock" />
            <span>
              started <TimeAgo time={trace.started_at} />
              {trace.duration_ms !== undefined && `, took ${formatDuration(trace.duration_ms)}`}
            </span>
          </span>
          <span>{plural(trace.tree.length, 'span')}</span>
          {trace.tokens?.['total_tokens'] !== undefined && (
            <span>
              {formatCount(trace.tokens['total_tokens'])} tokens (
              {formatCount(trace.tokens['input_tokens'] ?? 0)} in,{' '}
              {formatCount(trace.tokens['output_tokens'] ?? 0)} out)
            </span>
          )}
          {trace.cost?.['total_cost'] !== undefined && <span>{formatCost(trace.cost['total_cost'])}</span>}
          <span className="row">
            <code title={trace.id}>{shortId(trace.id, 14)}</code>
            <CopyButton text={trace.id} label="Copy the trace id" />
          </span>
        </span>
      }
      actions={
        <>
          <Button look="primary" icon="note" onClick={() => setDialog('assess')}>
            Add feedback
          </Button>
          <Menu
            trigger={<Button icon="more" label="More for this trace" />}
            entries={[
              { key: 'delete', label: 'Delete', icon: 'trash', danger: true, act: () => setDialog('delete') },
            ]}
          />
        </>
      }
    >
      <div className="trace-grid">
        <div className="trace-main">
          {tree.rows.length === 0 ? (
            <Empty icon="loop" title="No spans have come">
              <p>The trace was begun, and none of its steps has been sent here.</p>
            </Empty>
          ) : (
            <Section title="Steps" quiet>
              <Waterfall tree={tree} selected={row?.span.id} onSelect={select} />
            </Section>
          )}
          {row && (
            <div className="panel">
              <SpanDetails span={row.span} offset={row.offset} ms={row.ms} />
            </div>
          )}
        </div>
        <div className="trace-side">
          <Assessments trace={trace} onAdd={() => setDialog('assess')} />
          {(own.length > 0 || said.length > 0 || trace.session !== undefined || trace.runs.length > 0) && (
            <Section title="About it">
              <KeyValue
                entries={[
                  ['Session', trace.session],
                  ['User', trace.user],
                  ['Request', trace.client_request_id],
                  ...trace.runs.map(
                    (run) =>
                      [
                        'Run',
                        <Link key={run} to="/runs/$run" params={{ run }}>
                          {shortId(run, 12)}
                        </Link>,
                      ] as [string, ReactElement],
                  ),
                  ['Prompts', trace.prompts.join(', ')],
                  ...own.map(([key, value]) => [key, value] as [string, string]),
                  ...said.map(([key, value]) => [key.replace(/^mlflow\./, ''), value] as [string, string]),
                ]}
              />
            </Section>
          )}
        </div>
      </div>
      {dialog === 'assess' && (
        <AssessDialog
          trace={trace}
          span={row && row.depth > 0 ? row.span : undefined}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === 'delete' && (
        <Ask
          title={`Delete ${trace.name?.trim() || 'this trace'}?`}
          description="It goes for good, with its spans and what was said of it."
          action="Delete"
          danger
          run={() =>
            live.still(async () => {
              await call(deleteTrace, { params: { trace: trace.id } });
              say('The trace is deleted');
              await leave({
                to: '/experiments/$experiment/traces',
                params: { experiment: trace.experiment },
              });
            })
          }
          onClose={() => setDialog(undefined)}
        />
      )}
    </Page>
  );
}

/** What is said elsewhere on the page, or says nothing to people. */
const HIDDEN =
  /^mlflow\.(trace(Inputs|Outputs|_schema.*)|trace\.(sizeStats|sizeBytes|tokenUsage|cost|infoFinalized|session|user)|sourceRun|source\.git\..*)$/;
