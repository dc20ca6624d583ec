import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import {
  listRequests,
  listReviews,
  type ApprovalRequest,
  type Review,
} from '../../../src/governance/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Badge } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Check, SearchField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { Empty, Page, Section } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { REQUEST_SUBJECTS, REQUEST_TONES, targetWords } from './approval-words.ts';
import { AskDialog } from './ask-dialog.tsx';

const route = getRouteApi('/requests');

export default function RequestsPage(): ReactElement {
  const { all = false, model, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const [asking, setAsking] = useState(false);
  const me = useQuery(api(whoAmI, {})).data;
  const asks =
    me !== undefined &&
    (me.may.includes('write') || me.grants.some(({ level }) => level === 'editor' || level === 'admin'));
  const found = usePages(
    listRequests,
    { query: { ...(all ? {} : { waiting: true }), ...(model === undefined ? {} : { model }) } },
    REQUEST_SUBJECTS,
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Page
      title="Approvals"
      lead="What people are asked to let through: a version for an alias, a stage or an endpoint that a policy guards."
      fill
      actions={
        <>
          <Link to="/policies" className={buttonClass()}>
            <Icon name="shield" />
            Policies
          </Link>
          {asks && (
            <Button look="primary" icon="plus" onClick={() => setAsking(true)}>
              Ask for approval
            </Button>
          )}
        </>
      }
    >
      <Reviews />
      <div className="bar">
        <SearchField
          label="Model, by its whole name"
          value={model ?? ''}
          onChange={(text) => see({ model: text || undefined })}
        />
        <Check
          label="Those that have ended, too"
          checked={all}
          onChange={(now) => see({ all: now || undefined })}
        />
      </div>
      <FoundTable
        found={found}
        label="Requests"
        columns={columns}
        rowId={({ id }) => id}
        sorted={sort}
        onSorted={(next) => see({ sort: next })}
        empty={
          model !== undefined ? (
            <Empty icon="filter" title={`No request is for a model called “${model}”`} />
          ) : (
            <Empty icon="shield" title="Nothing waits for approval">
              <p>
                A policy says what needs one. Whoever moves a guarded alias or endpoint is refused until
                others have approved that; releases ask by themselves. From a terminal:
              </p>
              <CodeBlock
                prompt
                label="Command that asks for approval"
                text="treadle request MODEL@v3 --alias champion -m 'why'"
              />
            </Empty>
          )
        }
      />
      {asking && <AskDialog onClose={() => setAsking(false)} />}
    </Page>
  );
}

/** What one person let through alone, while nobody has looked at it since. */
function Reviews(): ReactElement | null {
  const open = useQuery(api(listReviews, { query: { open: true } }, ['request:*']));
  if (!open.data || open.data.items.length === 0) return null;
  return (
    <Section title="Broken glass, to be reviewed">
      <Listing<Review>
        label="Open reviews"
        bare
        rows={open.data.items}
        rowKey={({ request }) => request}
        columns={[
          {
            key: 'what',
            head: 'Let through',
            cell: ({ request, model, version, target }) => (
              <Link to="/requests/$request" params={{ request }}>
                {model} v{version} for {targetWords(target)}
              </Link>
            ),
          },
          {
            key: 'state',
            head: 'Stands',
            cell: ({ state }) => (state === 'open' ? 'to be reviewed' : 'not moved yet'),
          },
          { key: 'why', head: 'Why', cell: ({ why }) => why },
          { key: 'when', head: 'When', cell: ({ opened_at }) => <TimeAgo time={opened_at} /> },
        ]}
      />
    </Section>
  );
}

const columns: Column<ApprovalRequest>[] = [
  {
    id: 'what',
    header: 'Version',
    width: 190,
    value: ({ model, version }) => `${model} v${version}`,
    cell: ({ id, model, version }) => (
      <Link to="/requests/$request" params={{ request: id }}>
        {model} v{version}
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'Stands',
    width: 120,
    value: ({ state }) => state,
    cell: ({ state }) => (
      <Badge tone={REQUEST_TONES[state]} dot>
        {state}
      </Badge>
    ),
  },
  { id: 'target', header: 'For', width: 170, value: ({ target }) => targetWords(target) },
  { id: 'by', header: 'Asked for by', width: 150, value: ({ requested_by }) => requested_by },
  {
    id: 'when',
    header: 'When',
    width: 110,
    value: ({ created_at }) => created_at,
    cell: ({ created_at }) => <TimeAgo time={created_at} />,
  },
  {
    id: 'says',
    header: 'What is missing',
    width: 420,
    sortable: false,
    value: ({ says }) => says,
    cell: ({ says }) => (
      <span className="truncate" title={says}>
        {says}
      </span>
    ),
  },
  { id: 'why', header: 'Why', width: 320, sortable: false, value: ({ why }) => why },
];
