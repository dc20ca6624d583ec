import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function ComparePage(): ReactElement {
  return (
    <Page title="Compare">
      <Skeleton lines={5} />
    </Page>
  );
}
