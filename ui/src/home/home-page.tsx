import type { ReactElement } from 'react';
import { Page, Skeleton } from '../kit/page.tsx';

export default function HomePage(): ReactElement {
  return (
    <Page title="Home">
      <Skeleton lines={5} />
    </Page>
  );
}
