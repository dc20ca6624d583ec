import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { listRevisions, type Revision, type RevisionState } from '../../../src/serving/contract.ts';
import { usePages } from '../api/pages.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/field.tsx';
import { formatDuration } from '../kit/format.ts';
import {} from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { SERVING_SUBJECTS } from './refresh.ts';
import { RevisionStateBadge } from './revision-state.tsx';
import { Rollback } from './rollback.tsx';
import { TrafficBar, VersionLinks } from './traffic.tsx';
import { causeWords, evaluationOf } from './traffic-words.ts';

/** All that ever answered, newest first; any of them can answer again. */
export function RevisionTable({
  endpoint,
  current,
  state,
  onState,
}: {
  endpoint: string;
  current: Revision | undefined;
  state: RevisionState | undefined;
  onState(state: RevisionState | undefined): void;
}): ReactElement {
  const [restoring, setRestoring] = useState<Revision>();
  const found = usePages(
    listRevisions,
    { params: { endpoint }, query: state === undefined ? {} : { state } },
    SERVING_SUBJECTS,
  );
  const columns: Column<Revision>[] = [
    {
      id: 'revision',
      header: 'Revision',
      width: 78,
      value: ({ revision }) => revision,
      cell: ({ revision, ref }) => (
        <Link to="/lineage/$node" params={{ node: ref }} title="Its lineage">
          {revision}
        </Link>
      ),
    },
    {
      id: 'state',
      header: 'State',
      width: 116,
      value: (revision) => revision.state,
      cell: (revision) => <RevisionStateBadge revision={revision} />,
    },
    {
      id: 'traffic',
      header: 'Traffic',
      width: 104,
      cell: ({ variants }) => <TrafficBar variants={variants} small />,
    },
    {
      id: 'variants',
      header: 'What answers',
      width: 236,
      cell: ({ variants }) => <VersionLinks variants={variants} />,
    },
    { id: 'cause', header: 'Cause', width: 160, value: causeWords },
    {
      id: 'restore',
      header: 'Restore',
      width: 110,
      sortable: false,
      cell: (revision) =>
        revision.state === 'superseded' ? (
          <Button look="quiet" icon="back" onClick={() => setRestoring(revision)}>
            Restore
          </Button>
        ) : (
          <span className="table-none">–</span>
        ),
    },
    {
      id: 'evaluation',
      header: 'Judged by',
      width: 110,
      cell: ({ variants }) => {
        const judged = variants.flatMap((variant) => {
          const evaluation = evaluationOf(variant);
          return evaluation === undefined ? [] : [{ evaluation, version: variant.version }];
        });
        return judged.length === 0 ? (
          <span className="table-none">–</span>
        ) : (
          <span className="version-links">
            {judged.map(({ evaluation, version }) => (
              <Link
                key={`${evaluation} ${version}`}
                to="/evaluations/$evaluation"
                params={{ evaluation }}
                title={`Evaluation of v${version}`}
              >
                v{version}’s
              </Link>
            ))}
          </span>
        );
      },
    },
    {
      id: 'when',
      header: 'Asked for',
      width: 96,
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <TimeAgo time={created_at} />,
    },
    { id: 'by', header: 'By', width: 120, value: ({ created_by }) => created_by },
    {
      id: 'load',
      header: 'Loading',
      width: 84,
      align: 'end',
      value: ({ load_ms }) => load_ms,
      cell: ({ load_ms }) =>
        load_ms === undefined ? <span className="table-none">–</span> : formatDuration(load_ms),
    },
    { id: 'note', header: 'Note', width: 300, value: ({ note, problem }) => problem ?? note },
  ];
  return (
    <div className="stack">
      <div className="bar">
        <Choice
          label="State"
          value={state ?? ''}
          options={[
            { value: '', label: 'any' },
            { value: 'live', label: 'live' },
            { value: 'preparing', label: 'preparing' },
            { value: 'superseded', label: 'superseded' },
            { value: 'failed', label: 'failed' },
          ]}
          onChange={(value) => onState(value === '' ? undefined : value)}
        />
      </div>
      <FoundTable
        found={found}
        label={`Revisions of ${endpoint}`}
        columns={columns}
        rowId={({ id }) => id}
        maxHeight={520}
        empty={<p className="muted">No revision is in that state.</p>}
        lines={5}
      />
      {restoring && (
        <Rollback
          endpoint={endpoint}
          to={restoring}
          current={current}
          onClose={() => setRestoring(undefined)}
        />
      )}
    </div>
  );
}
