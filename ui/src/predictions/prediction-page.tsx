import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getPredictionLineage } from '../../../src/governance/contract.ts';
import { api } from '../api/client.ts';
import { CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatTime } from '../kit/format.ts';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { FindPrediction } from './find-prediction.tsx';
import { Story } from './story-view.tsx';
import './predictions.css';

const route = getRouteApi('/predictions/$prediction');

export default function PredictionPage(): ReactElement {
  const { prediction } = route.useParams();
  const found = useQuery(api(getPredictionLineage, { params: { prediction } }));
  return (
    <Page
      title={`Prediction ${prediction}`}
      heading="Where this prediction comes from"
      trail={
        <>
          <Link to="/endpoints">Endpoints</Link>
          {found.data && (
            <Link to="/endpoints/$endpoint" params={{ endpoint: found.data.endpoint.name }}>
              {found.data.endpoint.name}
            </Link>
          )}
          <Link to="/predictions">Predictions</Link>
        </>
      }
      lead={
        <span className="row row-wrap">
          <code>{prediction}</code>
          <CopyButton text={prediction} label="Copy the id" />
          {found.data && <span>answered {formatTime(found.data.at)}</span>}
        </span>
      }
    >
      {found.isPending ? (
        <Skeleton lines={12} />
      ) : found.isError ? (
        <>
          <Failure error={found.error} retry={() => void found.refetch()} />
          <Section title="Another one">
            <FindPrediction />
          </Section>
        </>
      ) : (
        <Story lineage={found.data} />
      )}
    </Page>
  );
}
