import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function ComingPage(): ReactElement {
  return (
    <Page title="Loading">
      <Skeleton lines={5} />
    </Page>
  );
}
