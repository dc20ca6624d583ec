import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { listLoops, type Loop } from '../../../src/loops/contract.ts';
import { usePages } from '../api/pages.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { EditLoop } from './edit-loop.tsx';
import { NextTime } from './next-time.tsx';
import { LOOP_SUBJECTS } from './refresh.ts';
import { LoopStatus, TurnStatus } from './turn-status.tsx';
import { LOOP_STATES, LOOP_WORDS, triggerWords, whyOf } from './turn-words.ts';

const route = getRouteApi('/loops');

export default function LoopsPage(): ReactElement {
  const { sort: sorted, name, state } = route.useSearch();
  const navigate = route.useNavigate();
  const [making, setMaking] = useState(false);
  const found = usePages(listLoops, { query: state === undefined ? {} : { state } }, LOOP_SUBJECTS);
  const rows = useMemo(
    () => found.items.filter((one) => name === undefined || one.name.includes(name)),
    [found.items, name],
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Page
      title="Loops"
      lead="What keeps models fresh: when they are trained again, what holds that up, and what became of it."
      fill
      actions={
        <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
          New loop
        </Button>
      }
    >
      <div className="bar">
        <SearchField
          label="Part of the name"
          value={name ?? ''}
          onChange={(text) => see({ name: text || undefined })}
        />
        <Choice
          label="State"
          value={state ?? ''}
          options={[
            { value: '', label: 'any' },
            ...LOOP_STATES.map((value) => ({ value, label: LOOP_WORDS[value] })),
          ]}
          onChange={(value) => see({ state: value === '' ? undefined : value })}
        />
      </div>
      <FoundTable
        found={found}
        label="Loops"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        sorted={sorted}
        onSorted={(sort) => see({ sort })}
        empty={
          name !== undefined || state !== undefined ? (
            <Empty icon="filter" title="No loop is like that" />
          ) : (
            <Empty icon="loop" title="No model is kept fresh yet">
              <p>
                A pipeline that has run once can be run again by itself: at night, when data arrives, when
                answers get worse. <code>loop:</code> of its treadle.yaml says when, or the button above, or:
              </p>
              <CodeBlock
                prompt
                label="Command that makes a loop"
                text={'treadle loop set PIPELINE --daily "03:00 Europe/Berlin" --performance'}
              />
            </Empty>
          )
        }
      />
      {making && <EditLoop onClose={() => setMaking(false)} />}
    </Page>
  );
}

const columns: Column<Loop>[] = [
  {
    id: 'name',
    header: 'Loop',
    width: 190,
    value: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/loops/$loop" params={{ loop: name }} search={{}}>
        {name}
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: ({ state }) => state,
    cell: ({ state }) => <LoopStatus state={state} />,
  },
  {
    id: 'next',
    header: 'Next time',
    width: 130,
    value: ({ next_at }) => next_at,
    cell: ({ state, next_at }) =>
      next_at === undefined ? (
        <span className="faint">no schedule</span>
      ) : (
        <NextTime at={next_at} off={state !== 'active'} />
      ),
  },
  {
    id: 'latest',
    header: 'Last turn',
    width: 130,
    value: ({ latest }) => latest?.state,
    cell: ({ latest }) => latest && <TurnStatus state={latest.state} code={latest.code} />,
  },
  {
    id: 'when',
    header: 'When',
    width: 100,
    value: ({ latest }) => latest?.created_at,
    cell: ({ latest }) => latest && <TimeAgo time={latest.created_at} />,
  },
  {
    id: 'triggers',
    header: 'Turned by',
    width: 300,
    sortable: false,
    value: ({ settings }) => triggerWords(settings.triggers),
  },
  {
    id: 'why',
    header: 'Why',
    width: 420,
    sortable: false,
    value: ({ reason, latest }) => reason ?? (latest && whyOf(latest)),
  },
];
