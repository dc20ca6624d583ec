import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Empty, Page } from '../kit/page.tsx';

export function NotFound(): ReactElement {
  return (
    <Page title="No such page">
      <Empty icon="search" title="There is nothing at this address">
        <p>
          Perhaps it was renamed or deleted. Go <Link to="/">home</Link>, or press <kbd>Ctrl K</kbd> and
          search.
        </p>
      </Empty>
    </Page>
  );
}
