import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function ExperimentPage(): ReactElement {
  return (
    <Page title="Experiment">
      <Skeleton lines={5} />
    </Page>
  );
}
