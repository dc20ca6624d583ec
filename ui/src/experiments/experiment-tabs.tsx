import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import '../kit/tabs.css';

/** What an experiment holds: its runs, and the traces of what was built of them. */
export function ExperimentTabs({ experiment }: { experiment: string }): ReactElement {
  const params = { experiment };
  return (
    <nav className="tabs" aria-label="Parts of the experiment">
      <Link
        to="/experiments/$experiment"
        params={params}
        className="tab"
        activeOptions={{ exact: true, includeSearch: false }}
        activeProps={{ 'data-active': '', 'aria-current': 'page' }}
      >
        Runs
      </Link>
      <Link
        to="/experiments/$experiment/traces"
        params={params}
        className="tab"
        activeOptions={{ includeSearch: false }}
        activeProps={{ 'data-active': '', 'aria-current': 'page' }}
      >
        Traces
      </Link>
    </nav>
  );
}
