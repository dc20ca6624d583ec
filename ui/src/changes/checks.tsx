import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { ChangeCheck } from '../../../src/changes/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Listing } from '../kit/listing.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { checkStands, checkTone } from './change-words.ts';
import { ReportDialog } from './report.tsx';

/** What pipelines say of one change, each with its report. */
export function Checks({ label, checks }: { label: string; checks: readonly ChangeCheck[] }): ReactElement {
  const [shown, setShown] = useState<string>();
  return (
    <>
      <Listing
        label={label}
        bare
        rows={checks}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'pipeline',
            head: 'Pipeline',
            cell: ({ pipeline }) => (
              <Link to="/pipelines/$pipeline" params={{ pipeline }}>
                {pipeline}
              </Link>
            ),
          },
          {
            key: 'stands',
            head: 'Stands',
            cell: (check) => (
              <Badge tone={checkTone(check)} dot>
                {checkStands(check)}
              </Badge>
            ),
          },
          {
            key: 'says',
            head: 'What it says',
            cell: ({ summary, problem }) => summary ?? problem ?? <span className="faint">nothing yet</span>,
          },
          {
            key: 'when',
            head: 'When',
            wideOnly: true,
            cell: ({ ended_at: ended, created_at: made }) => <TimeAgo time={ended ?? made} />,
          },
          {
            key: 'do',
            head: 'More of it',
            hideHead: true,
            cell: ({ pipeline, execution, state }) =>
              execution !== undefined && (
                <span className="row row-wrap">
                  {state === 'done' && (
                    <Button
                      className="button-small"
                      aria-label={`Report of ${pipeline}`}
                      onClick={() => setShown(execution)}
                    >
                      Report
                    </Button>
                  )}
                  <Link to="/executions/$execution" params={{ execution }}>
                    what was run
                  </Link>
                </span>
              ),
          },
        ]}
      />
      {shown !== undefined && <ReportDialog execution={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}
