import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getExperiment } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Page } from '../kit/page.tsx';
import { ExperimentTabs } from './experiment-tabs.tsx';
import { WorkPlace } from './work-place.tsx';

export default function ExperimentPage(): ReactElement {
  const { experiment: id } = useParams({ from: '/experiments/$experiment' });
  const experiment = useQuery(api(getExperiment, { params: { experiment: id } }));
  if (experiment.error) {
    return (
      <Page title="Experiment" trail={<Link to="/experiments">Experiments</Link>}>
        <Failure error={experiment.error} retry={() => void experiment.refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={experiment.data?.name ?? 'Experiment'}
      trail={<Link to="/experiments">Experiments</Link>}
      lead={
        experiment.data && (
          <span className="row row-wrap">
            {experiment.data.note !== undefined && <span>{experiment.data.note.split('\n')[0]}</span>}
            <span className="faint row">
              id {experiment.data.id}
              <CopyButton text={experiment.data.id} label="Copy the experiment id" />
            </span>
          </span>
        )
      }
      fill
    >
      <ExperimentTabs experiment={id} />
      <WorkPlace id={id} tags={experiment.data?.tags ?? {}} />
    </Page>
  );
}
