import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { ALERT_CAUSES, ALERT_STATES, listAlerts, type Alert } from '../../../src/monitoring/contract.ts';
import { usePages } from '../api/pages.ts';
import { Badge } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Check, Choice, SearchField } from '../kit/field.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { CAUSE_WORDS, STATE_TONES } from './alert-words.ts';
import './alerts.css';

const route = getRouteApi('/alerts');
const any = { value: '', label: 'any' } as const;

export default function AlertsPage(): ReactElement {
  const { sort: sorted, endpoint, state, cause, severity, all = false } = route.useSearch();
  const navigate = route.useNavigate();
  const found = usePages(
    listAlerts,
    {
      query: {
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(state === undefined ? {} : { state }),
        ...(cause === undefined ? {} : { cause }),
        ...(severity === undefined ? {} : { severity }),
        ...(all || state !== undefined ? {} : { open: true }),
      },
    },
    ['alert:*'],
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  const filtered = [endpoint, state, cause, severity].some((one) => one !== undefined);
  return (
    <Page
      title="Alerts"
      lead="What monitors found. All that one cause makes of one endpoint is one alert; its page says why."
      fill
    >
      <div className="bar">
        <SearchField
          label="Endpoint, by its whole name"
          value={endpoint ?? ''}
          onChange={(text) => see({ endpoint: text || undefined })}
        />
        <Choice
          label="Cause"
          value={cause ?? ''}
          options={[any, ...ALERT_CAUSES.map((value) => ({ value, label: value }))]}
          onChange={(value) => see({ cause: value === '' ? undefined : value })}
        />
        <Choice
          label="Severity"
          value={severity ?? ''}
          options={[any, { value: 'page', label: 'page' }, { value: 'ticket', label: 'ticket' }]}
          onChange={(value) => see({ severity: value === '' ? undefined : value })}
        />
        <Choice
          label="State"
          value={state ?? ''}
          options={[any, ...ALERT_STATES.map((value) => ({ value, label: value }))]}
          onChange={(value) => see({ state: value === '' ? undefined : value })}
        />
        <Check label="Also resolved" checked={all} onChange={(now) => see({ all: now || undefined })} />
      </div>
      <FoundTable
        found={found}
        label="Alerts"
        columns={columns}
        rowId={({ id }) => id}
        sorted={sorted}
        onSorted={(sort) => see({ sort })}
        empty={
          filtered || all ? (
            <Empty icon="filter" title="No alert is like that" />
          ) : (
            <Empty icon="check" title="Nothing is wrong, as far as monitors see">
              <p>Endpoints that nobody watches raise no alerts.</p>
              <CodeBlock prompt label="Command that watches" text="treadle monitor set NAME" />
            </Empty>
          )
        }
      />
    </Page>
  );
}

const columns: Column<Alert>[] = [
  {
    id: 'state',
    header: 'Alert',
    width: 150,
    value: ({ state }) => state,
    cell: ({ id, state, endpoint, cause }) => (
      <Link to="/alerts/$alert" params={{ alert: id }}>
        <Badge tone={STATE_TONES[state]} dot>
          {state}
        </Badge>
        <span className="sr-only">
          {' '}
          {cause} of {endpoint}
        </span>
      </Link>
    ),
  },
  {
    id: 'severity',
    header: 'Severity',
    width: 92,
    value: ({ severity }) => severity,
    cell: ({ severity }) => <Badge tone={severity === 'page' ? 'bad' : 'neutral'}>{severity}</Badge>,
  },
  {
    id: 'endpoint',
    header: 'Endpoint',
    width: 180,
    value: ({ endpoint }) => endpoint,
    cell: ({ endpoint }) => (
      <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: 'monitoring' }}>
        {endpoint}
      </Link>
    ),
  },
  { id: 'cause', header: 'Cause', width: 190, value: ({ cause }) => CAUSE_WORDS[cause] },
  {
    id: 'since',
    header: 'Since',
    width: 110,
    value: ({ opened_at }) => opened_at,
    cell: ({ opened_at }) => <TimeAgo time={opened_at} />,
  },
  { id: 'owner', header: 'Owner', width: 110, value: ({ owner }) => owner },
  { id: 'what', header: 'What', width: 560, sortable: false, value: ({ summary }) => summary },
];
