import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApprovalRequestDetail } from '../../../src/governance/contract.ts';
import { compareVersions } from '../../../src/models/contract.ts';
import { getEvaluation } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';
import { Metrics } from '../evaluations/metrics.tsx';
import { ProofView } from '../evaluations/proof.tsx';
import { Slices } from '../evaluations/slices.tsx';
import { VerdictBanner } from '../evaluations/verdict.tsx';
import '../evaluations/evaluations.css';
import { Failure } from '../kit/failure.tsx';
import { Section, Skeleton } from '../kit/page.tsx';
import { Compared } from '../models/compared.tsx';

/** What people decide about: the version beside what stands there now, and what judged it. */
export function WhatChanges({ one }: { one: ApprovalRequestDetail }): ReactElement {
  const now = one.now?.versions.find(({ model, ref }) => model === one.model && ref !== one.version_ref);
  return (
    <>
      {one.approved.evaluation ? (
        <Judged id={one.approved.evaluation.ref.replace(/^evaluation:/, '')} />
      ) : (
        <Section title="Evaluation">
          <p className="muted">
            Nothing has judged this version. <code>treadle evaluate</code> does, and so does the gate of a
            pipeline.
          </p>
        </Section>
      )}
      {now ? (
        <Beside model={one.model} from={now.version} to={one.version} />
      ) : (
        <Section title="What it takes the place of">
          <p>
            {one.now?.versions.some(({ ref }) => ref === one.version_ref)
              ? 'It is there already.'
              : one.now
                ? `${one.now.versions.map(({ model, version }) => `${model} v${version}`).join(', ')}, of another model.`
                : 'Nothing is there now.'}{' '}
            <Link
              to="/models/$model/versions/$version"
              params={{ model: one.model, version: String(one.version) }}
            >
              {one.model} v{one.version}
            </Link>
          </p>
        </Section>
      )}
    </>
  );
}

const NO_VIEW = { column: undefined, worse: false, metric: undefined, sort: undefined };

function Judged({ id }: { id: string }): ReactElement {
  const found = useQuery(api(getEvaluation, { params: { evaluation: id } }, [`evaluation:${id}`]));
  if (found.isPending) return <Skeleton lines={6} />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { verdict, reasons, metrics, slices, proof } = found.data;
  return (
    <>
      <Section
        title="Evaluation"
        actions={
          <Link to="/evaluations/$evaluation" params={{ evaluation: id }} search={{}}>
            all of it
          </Link>
        }
      >
        {verdict !== undefined && <VerdictBanner verdict={verdict} reasons={reasons} />}
        {metrics.length > 0 && <Metrics evaluation={found.data} />}
      </Section>
      {slices.length > 0 && (
        <Section title="Slices">
          <Slices slices={slices} overall={metrics} view={NO_VIEW} onView={() => undefined} />
        </Section>
      )}
      {proof && (
        <Section title="Proof that its rows are unseen">
          <ProofView proof={proof} />
        </Section>
      )}
    </>
  );
}

/** Beside what stands there: runs, parameters, data, code, signature, files, and what is written of both. */
function Beside({ model, from, to }: { model: string; from: number; to: number }): ReactElement {
  const found = useQuery(
    api(compareVersions, { params: { model }, query: { a: String(from), b: String(to) } }, [
      'model_version:*',
    ]),
  );
  return (
    <>
      <h2 className="approval-beside">Beside v{from}, which is there now</h2>
      {found.isPending ? (
        <Skeleton lines={6} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Compared comparison={found.data} />
      )}
    </>
  );
}
