import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Outdated } from '../api/part.ts';
import { Failure } from '../kit/failure.tsx';
import { Page, Skeleton } from '../kit/page.tsx';

/** A page that broke: the rest of the house stands. */
export function Crash({ error, reset }: ErrorComponentProps): ReactElement {
  const outdated = error instanceof Outdated;
  return (
    <Page title="Something broke">
      <Failure
        error={error}
        // The router keeps what a page's code failed with: only a fresh start asks for it again.
        retry={() =>
          outdated || (error instanceof Error && error.cause !== undefined)
            ? window.location.reload()
            : reset()
        }
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
