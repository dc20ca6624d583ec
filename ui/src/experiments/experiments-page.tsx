import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function ExperimentsPage(): ReactElement {
  return (
    <Page title="Experiments">
      <Skeleton lines={5} />
    </Page>
  );
}
