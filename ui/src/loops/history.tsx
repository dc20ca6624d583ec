import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getTurn, listTurns, TURN_STATES, type Turn } from '../../../src/loops/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { LOOP_SUBJECTS } from './refresh.ts';
import { TurnStatus } from './turn-status.tsx';
import { TURN_WORDS, whyOf } from './turn-words.ts';
import { Links } from './under-way.tsx';

const route = getRouteApi('/loops/$loop');

/** Every turn with its verdict and why; one of them, opened, with each step of its way. */
export function History({ loop }: { loop: string }): ReactElement {
  const { state, turn: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const found = usePages(
    listTurns,
    { query: { loop, limit: 50, ...(state === undefined ? {} : { state }) } },
    LOOP_SUBJECTS,
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Section
      title="History"
      actions={
        <Choice
          label="State"
          value={state ?? ''}
          options={[
            { value: '', label: 'any' },
            ...TURN_STATES.map((value) => ({ value, label: TURN_WORDS[value] })),
          ]}
          onChange={(value) => see({ state: value === '' ? undefined : value })}
        />
      }
    >
      {opened !== undefined && <OpenedTurn id={opened} onClose={() => see({ turn: undefined })} />}
      <FoundTable
        found={found}
        label="Turns"
        columns={columns}
        rowId={({ id }) => id}
        maxHeight={520}
        empty={
          <Empty
            icon={state === undefined ? 'loop' : 'filter'}
            title={state === undefined ? 'It has not turned yet' : 'No turn is like that'}
          />
        }
        lines={4}
      />
    </Section>
  );
}

const columns: Column<Turn>[] = [
  {
    id: 'state',
    header: 'Turn',
    width: 132,
    value: ({ state }) => state,
    cell: ({ id, loop, state, trigger }) => (
      <Link from="/loops/$loop" to="/loops/$loop" params={{ loop }} search={(now) => ({ ...now, turn: id })}>
        <TurnStatus state={state} />
        <span className="sr-only"> by {trigger}</span>
      </Link>
    ),
  },
  {
    id: 'when',
    header: 'When',
    width: 104,
    value: ({ created_at }) => created_at,
    cell: ({ created_at }) => <TimeAgo time={created_at} />,
  },
  { id: 'trigger', header: 'Turned by', width: 210, value: ({ trigger }) => trigger },
  {
    id: 'execution',
    header: 'Execution',
    width: 96,
    value: ({ execution }) => execution?.number,
    cell: ({ execution }) =>
      execution && (
        <Link to="/executions/$execution" params={{ execution: execution.id }} search={{}}>
          #{execution.number}
        </Link>
      ),
  },
  {
    id: 'version',
    header: 'Version',
    width: 84,
    value: ({ version }) => version,
    cell: ({ model, version }) =>
      model !== undefined &&
      version !== undefined && (
        <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
          v{version}
        </Link>
      ),
  },
  {
    id: 'release',
    header: 'Release',
    width: 92,
    sortable: false,
    value: ({ release }) => release,
    cell: ({ release }) =>
      release !== undefined && (
        <Link to="/releases/$release" params={{ release }}>
          its way
        </Link>
      ),
  },
  {
    id: 'why',
    header: 'Why',
    width: 560,
    sortable: false,
    value: whyOf,
  },
];

function OpenedTurn({ id, onClose }: { id: string; onClose(): void }): ReactElement {
  const found = useQuery(api(getTurn, { params: { turn: id } }, LOOP_SUBJECTS));
  if (found.isPending) return <Skeleton lines={3} />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { transitions, trigger, cause, created_by } = found.data;
  return (
    <article className="loop-turn" aria-label="A turn">
      <header className="row row-wrap">
        <TurnStatus state={found.data.state} code={found.data.code} />
        <span>
          {trigger}, {created_by}: {cause}
        </span>
        <span className="spacer" />
        <Button look="quiet" icon="close" label="Close the turn" onClick={onClose} />
      </header>
      <ol className="way-steps">
        {transitions.map(({ state, at, note }, i) => (
          <li key={`${state}${at}`}>
            <TurnStatus state={state} />
            <span className="way-note">{note}</span>
            <span className="faint nowrap">
              {i === 0 ? (
                <TimeAgo time={at} />
              ) : (
                <>
                  + <Duration from={transitions[0]!.at} to={at} />
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
      <Links turn={found.data} />
    </article>
  );
}
