import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Failure } from '../kit/failure.tsx';
import { Page, Skeleton } from '../kit/page.tsx';

/** A page that broke: the rest of the house stands. A chunk that is gone means that the server was upgraded meanwhile. */
export function Crash({ error, reset }: ErrorComponentProps): ReactElement {
  const outdated =
    error instanceof Error && /dynamically imported module|module script|preload/i.test(error.message);
  return (
    <Page title="Something broke">
      <Failure
        error={outdated ? new Error('this page was updated on the server since you opened it') : error}
        retry={() => (outdated ? window.location.reload() : reset())}
        title={outdated ? 'A newer version is there' : 'This page broke'}
      />
    </Page>
  );
}

export function Pending(): ReactElement {
  return (
    <div className="page">
      <Skeleton lines={6} />
    </div>
  );
}
