import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { PredictionLineage } from '../../../src/governance/contract.ts';
import type { Verdict } from '../../../src/validation/contract.ts';
import { causeWords, percentWords } from '../endpoints/traffic-words.ts';
import { metricWord } from '../evaluations/metric-words.ts';
import { VerdictChip } from '../evaluations/verdict.tsx';
import { Badge, Status } from '../kit/badge.tsx';
import { formatCount, formatNumber, formatTime, plural, shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { useNames } from '../ledger/names.ts';
import { ResourceAnchor, ResourceLink } from '../ledger/resource-link.tsx';
import { toNumber } from '../models/metric-columns.ts';
import { Chapter } from './chapter.tsx';
import { commitUrl, entriesOf } from './story.ts';

/** From the answer back to the rows: one thread, each station with its link, its date, and who. */
export function Story({ lineage }: { lineage: PredictionLineage }): ReactElement {
  const { endpoint, revision, variant, model_version: model, edges, gaps } = lineage;
  return (
    <>
      {gaps.length > 0 && (
        <div className="notice" role="status">
          <Icon name="alert" />
          <div>
            {gaps.length === 1 ? (
              <>Not all is known: {gaps[0]}</>
            ) : (
              <>
                Not all is known:
                <ul>
                  {gaps.map((gap) => (
                    <li key={gap}>{gap}</li>
                  ))}
                </ul>
              </>
            )}
          </div>
        </div>
      )}
      <ol className="thread">
        <Chapter
          icon="send"
          name="The answer"
          title={<code>{lineage.prediction}</code>}
          when={
            <>
              <TimeAgo time={lineage.at} />, {formatTime(lineage.at)}
            </>
          }
        >
          <p>
            Given by{' '}
            <Link to="/endpoints/$endpoint" params={{ endpoint: endpoint.name }}>
              {endpoint.name}
            </Link>
            {variant.role === 'champion'
              ? ', as the primary'
              : variant.role === 'canary'
                ? ', as a canary on trial'
                : ', as a shadow: it reached nobody'}
            {variant.percent < 100 && ` with ${percentWords(variant.percent)} of the requests`}, by{' '}
            {variant.runtime === 'onnx' ? 'ONNX Runtime' : 'a Python host'}.
          </p>
        </Chapter>
        <Chapter
          icon="endpoint"
          name="Revision"
          title={
            <Link
              to="/endpoints/$endpoint"
              params={{ endpoint: endpoint.name }}
              search={{ tab: 'revisions' }}
            >
              Revision {revision.revision} of {endpoint.name}
            </Link>
          }
          when={
            <>
              {causeWords(revision)} by {revision.created_by}, <TimeAgo time={revision.created_at} />
            </>
          }
          entries={entriesOf(edges, revision.ref)}
        >
          {revision.note !== undefined && <p className="muted">“{revision.note}”</p>}
        </Chapter>
        <Chapter
          icon="model"
          name="Model version"
          title={
            <Link
              to="/models/$model/versions/$version"
              params={{ model: model.model, version: String(model.version) }}
            >
              {model.model} v{model.version}
            </Link>
          }
          when={
            <>
              registered <TimeAgo time={model.created_at} /> by {model.created_by}
            </>
          }
          entries={entriesOf(edges, model.ref)}
        >
          {model.digest !== undefined && (
            <p className="row faint">
              content <HashText hash={model.digest} />
            </p>
          )}
        </Chapter>
        <RunChapter lineage={lineage} />
        <CodeChapter lineage={lineage} />
        <DataChapter lineage={lineage} />
        <EvaluationChapter lineage={lineage} />
        <ProofChapter lineage={lineage} />
      </ol>
      {edges.length > 0 && (
        <details>
          <summary>{plural(edges.length, 'arrow')} of the ledger that prove it</summary>
          <Edges edges={edges} />
        </details>
      )}
    </>
  );
}

function RunChapter({ lineage: { run, edges } }: { lineage: PredictionLineage }): ReactElement {
  if (!run) return <Chapter icon="run" name="Run" title="Not known" known={false} />;
  const metrics = Object.entries(run.metrics).flatMap(([name, value]): [string, ReactNode][] => {
    const number = toNumber(value);
    return number === undefined || name.startsWith('system/') ? [] : [[name, formatNumber(number)]];
  });
  const params = Object.entries(run.params);
  return (
    <Chapter
      icon="run"
      name="Trained by"
      title={
        <Link to="/runs/$run" params={{ run: run.id }}>
          {run.name}
        </Link>
      }
      when={run.user === undefined || run.user === '' ? undefined : <>by {run.user}</>}
      entries={entriesOf(edges, `run:${run.id}`)}
    >
      <p className="row row-wrap">
        <Status status={run.status} />
        <Link to="/experiments/$experiment" params={{ experiment: run.experiment_id }}>
          its experiment
        </Link>
      </p>
      {metrics.length > 0 && (
        <details>
          <summary>{plural(metrics.length, 'metric')} it logged itself</summary>
          <KeyValue entries={metrics} />
        </details>
      )}
      {params.length > 0 && (
        <details>
          <summary>{plural(params.length, 'parameter')}</summary>
          <KeyValue entries={params} />
        </details>
      )}
    </Chapter>
  );
}

function CodeChapter({ lineage: { code } }: { lineage: PredictionLineage }): ReactElement {
  if (!code || (code.commit === undefined && code.digest === undefined && code.command === undefined))
    return <Chapter icon="code" name="Code" title="Not known" known={false} />;
  const page = commitUrl(code.repository, code.commit);
  return (
    <Chapter
      icon="code"
      name="By the code"
      title={
        code.commit === undefined ? (
          code.digest === undefined ? (
            <code>{code.command}</code>
          ) : (
            <HashText hash={code.digest} />
          )
        ) : (
          <span className="row row-wrap">
            {page === undefined ? (
              <code title={code.commit}>{shortId(code.commit, 12)}</code>
            ) : (
              <a href={page} rel="noreferrer">
                <code title={code.commit}>{shortId(code.commit, 12)}</code>
              </a>
            )}
            {code.dirty === true && <Badge tone="warn">files differed from it</Badge>}
          </span>
        )
      }
      when={code.repository}
    >
      <KeyValue
        entries={[
          ['Command', code.command !== undefined && <code key="command">{code.command}</code>],
          [
            'Code that the step saw',
            code.digest !== undefined && code.commit !== undefined && (
              <HashText key="digest" hash={code.digest} />
            ),
          ],
          [
            'Pipeline',
            code.execution !== undefined && (
              <ResourceAnchor key="execution" resource={`execution:${code.execution}`}>
                execution {shortId(code.execution)}
              </ResourceAnchor>
            ),
          ],
        ]}
      />
    </Chapter>
  );
}

function DataChapter({ lineage: { datasets, edges } }: { lineage: PredictionLineage }): ReactElement {
  const names = useNames(datasets.map(({ read_by }) => read_by));
  if (datasets.length === 0) return <Chapter icon="data" name="Data" title="Not known" known={false} />;
  return (
    <Chapter
      icon="data"
      name="On the data"
      title={
        datasets.length === 1 ? (
          <ResourceAnchor resource={datasets[0]!.ref}>{dataName(datasets[0]!)}</ResourceAnchor>
        ) : (
          plural(datasets.length, 'dataset version')
        )
      }
      entries={entriesOf(edges, ...datasets.map(({ ref }) => ref))}
    >
      <ul className="story-data">
        {datasets.map((dataset) => (
          <li key={`${dataset.ref} ${dataset.read_by}`}>
            {datasets.length > 1 && (
              <ResourceAnchor resource={dataset.ref}>{dataName(dataset)}</ResourceAnchor>
            )}
            {dataset.hash !== undefined && <HashText hash={dataset.hash} />}
            <span className="row faint">
              read by <ResourceLink resource={dataset.read_by} name={names.get(dataset.read_by)} />
            </span>
          </li>
        ))}
      </ul>
    </Chapter>
  );
}

function dataName({ name, version, ref }: PredictionLineage['datasets'][number]): string {
  return name === undefined ? ref : version === undefined ? name : `${name}@${version}`;
}

function EvaluationChapter({
  lineage: { evaluation, edges, model_version: model },
}: {
  lineage: PredictionLineage;
}): ReactElement {
  if (!evaluation) {
    return (
      <Chapter icon="gauge" name="Judged" title="Never, before it answered" known={false}>
        <p>
          <Link
            to="/models/$model/versions/$version"
            params={{ model: model.model, version: String(model.version) }}
          >
            Evaluate {model.model} v{model.version}
          </Link>
        </p>
      </Chapter>
    );
  }
  return (
    <Chapter
      icon="gauge"
      name="Judged"
      title={
        <span className="row row-wrap">
          <VerdictChip verdict={verdictOf(evaluation.verdict)} />
          <Link to="/evaluations/$evaluation" params={{ evaluation: evaluation.id }}>
            by an evaluation
          </Link>
        </span>
      }
      when={<TimeAgo time={evaluation.at} />}
      entries={entriesOf(edges, `evaluation:${evaluation.id}`)}
    >
      {evaluation.when === 'after deployment' && <p>Only after it had been deployed.</p>}
      {evaluation.since !== undefined && (
        <p className="row row-wrap">
          Judged again since: <VerdictChip verdict={verdictOf(evaluation.since.verdict)} />
          <Link to="/evaluations/$evaluation" params={{ evaluation: evaluation.since.id }}>
            the newest evaluation
          </Link>
        </p>
      )}
      <p className="row row-wrap story-metrics">
        {Object.entries(evaluation.metrics)
          .slice(0, 8)
          .map(([name, value]) => (
            <span key={name}>
              <span className="muted">{metricWord(name)}</span> <strong>{formatNumber(value)}</strong>
            </span>
          ))}
      </p>
    </Chapter>
  );
}

function ProofChapter({
  lineage: { proof, evaluation, edges },
}: {
  lineage: PredictionLineage;
}): ReactElement {
  if (!proof) return <Chapter icon="shield" name="Proof" title="None" known={false} />;
  return (
    <Chapter
      icon="shield"
      name="Proof"
      title={
        <span className="row row-wrap">
          <VerdictChip verdict={verdictOf(proof.verdict)} />
          {evaluation ? (
            <Link to="/evaluations/$evaluation" params={{ evaluation: evaluation.id }}>
              {proofWords(proof)}
            </Link>
          ) : (
            proofWords(proof)
          )}
        </span>
      }
      entries={entriesOf(edges, `proof:${proof.id}`)}
    >
      <p>{proof.summary}</p>
      {proof.warnings.map((warning) => (
        <p key={warning} className="muted">
          {warning}
        </p>
      ))}
      <KeyValue
        entries={[
          [
            'Judged on',
            <span key="gate" className="row row-wrap">
              {plural(proof.gate_rows, 'row')} <HashText hash={proof.gate_digest} />
            </span>,
          ],
          [
            'Read by training',
            <span key="training" className="row row-wrap">
              {plural(proof.training_rows, 'row')} <HashText hash={proof.training_digest} />
            </span>,
          ],
          ...proof.excused.map(({ label, reason }): [string, ReactNode] => [
            'Excused',
            <span key={label}>
              {label}: “{reason}”
            </span>,
          ]),
        ]}
      />
    </Chapter>
  );
}

/** Only a proof that was decided says what was not read; the sentence below says of what. */
function proofWords({ overlapping_rows: shared, verdict }: NonNullable<PredictionLineage['proof']>): string {
  if (shared > 0)
    return `${formatCount(shared)} ${shared === 1 ? 'row' : 'rows'} of the judged ${shared === 1 ? 'was' : 'were'} found in what training read`;
  return verdict === 'pass' ? 'no row that it was judged on was found in what training read' : 'not decided';
}

function verdictOf(text: string): Verdict {
  return text === 'pass' || text === 'fail' ? text : 'inconclusive';
}

function Edges({ edges }: { edges: PredictionLineage['edges'] }): ReactElement {
  const names = useNames(edges.flatMap(({ from, to }) => [from, to]));
  return (
    <ul className="story-edges">
      {edges.map(({ from, to, relation, seq }) => (
        <li key={`${from} ${relation} ${to} ${seq}`} className="row row-wrap">
          <ResourceLink resource={from} name={names.get(from)} />
          <span className="muted">{relation.replaceAll('-', ' ')}</span>
          <ResourceLink resource={to} name={names.get(to)} />
          <span className="spacer" />
          <Link to="/ledger/$seq" params={{ seq: String(seq) }}>
            #{seq}
          </Link>
        </li>
      ))}
    </ul>
  );
}
