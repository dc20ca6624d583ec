import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function RunPage(): ReactElement {
  return (
    <Page title="Run">
      <Skeleton lines={5} />
    </Page>
  );
}
