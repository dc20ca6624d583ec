import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getCheckpoint, getEntry, type EntryProof } from '../../../src/ledger/contract.ts';
import { api } from '../api/client.ts';
import { buttonClass } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, formatTime } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { Listing } from '../kit/listing.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { useShortcut } from '../kit/shortcuts.ts';
import { actorFilter, ActorName } from './actor-name.tsx';
import { ChangeTable } from './change-table.tsx';
import { canCheck, checkEntry, type EntryCheck } from './check-entry.ts';
import { useNames } from './names.ts';
import { Proof } from './proof.tsx';
import { ResourceLink } from './resource-link.tsx';
import './ledger.css';

const route = getRouteApi('/ledger/$seq');

export default function EntryPage(): ReactElement {
  const { seq } = route.useParams();
  const number = Number(seq);
  const proof = useQuery({
    ...api(getEntry, { params: { seq: number } }),
    enabled: Number.isSafeInteger(number) && number >= 0,
  });
  const key = useQuery(api(getCheckpoint, {}));
  const navigate = route.useNavigate();
  const go = (to: number) => void navigate({ params: { seq: String(to) } });
  useShortcut('[', 'Entry before', () => go(number - 1), number > 0);
  useShortcut(
    ']',
    'Next entry',
    () => go(number + 1),
    proof.data !== undefined && number + 1 < proof.data.size,
  );
  const check = useQuery({
    queryKey: ['ledger check', number, proof.data?.root, key.data?.public_key],
    queryFn: () => checkEntry(proof.data!, key.data!.public_key),
    enabled: canCheck() && proof.data !== undefined && key.data !== undefined,
    staleTime: Infinity,
  });
  const action = proof.data?.entry.action;
  return (
    <Page
      title={action === undefined ? `Entry ${seq}` : `${action} · entry ${seq}`}
      heading={
        <>
          Entry {Number.isFinite(number) ? formatCount(number) : seq}{' '}
          {action !== undefined && <code className="entry-action">{action}</code>}
        </>
      }
      trail={<Link to="/ledger">Ledger</Link>}
      actions={
        <>
          {number > 0 && (
            <Link to="/ledger/$seq" params={{ seq: String(number - 1) }} className={buttonClass()}>
              Before
            </Link>
          )}
          {proof.data !== undefined && number + 1 < proof.data.size && (
            <Link to="/ledger/$seq" params={{ seq: String(number + 1) }} className={buttonClass()}>
              Next
            </Link>
          )}
        </>
      }
    >
      {!Number.isSafeInteger(number) || number < 0 ? (
        <Failure error={new Error(`entries are called by their number, and '${seq}' is none`)} />
      ) : proof.isPending ? (
        <Skeleton lines={8} />
      ) : proof.isError ? (
        <Failure error={proof.error} retry={() => void proof.refetch()} />
      ) : (
        <div className="entry-pair">
          <Facts proof={proof.data} check={check.data} />
          {check.data ? (
            <Proof proof={proof.data} check={check.data} />
          ) : (
            <Section title="Inclusion proof">
              {!canCheck() ? (
                <p>
                  Browsers hash for pages from HTTPS or from the machine itself only, and this one came over
                  plain HTTP. The same check on the server’s machine: <code>treadle ledger verify</code>
                </p>
              ) : check.isError || key.isError ? (
                <Failure
                  error={check.error ?? key.error}
                  title="The proof could not be checked"
                  retry={() => void (key.isError ? key.refetch() : check.refetch())}
                />
              ) : (
                <Skeleton lines={6} />
              )}
            </Section>
          )}
        </div>
      )}
    </Page>
  );
}

/** Read from the hashed text once that is checked: what stands here is what the proof covers. */
function Facts({ proof, check }: { proof: EntryProof; check: EntryCheck | undefined }): ReactElement {
  const { entry } = proof;
  const { before, after } = check ? check.fields : entry;
  const names = useNames([entry.resource, ...(entry.edges ?? []).flatMap(({ from, to }) => [from, to])]);
  return (
    <div className="stack entry-facts">
      <Section title="What happened">
        <KeyValue
          entries={[
            [
              'Action',
              <Link key="action" to="/ledger" search={{ action: entry.action }}>
                <code>{entry.action}</code>
              </Link>,
            ],
            [
              'On',
              <ResourceLink key="resource" resource={entry.resource} name={names.get(entry.resource)} />,
            ],
            [
              'By',
              <span key="actor">
                <Link to="/ledger" search={{ actor: actorFilter(entry.actor) }}>
                  <ActorName actor={entry.actor} />
                </Link>{' '}
                <span className="faint">({entry.actor.kind})</span>
              </span>,
            ],
            [
              'When',
              <span key="time">
                {formatTime(entry.time)}{' '}
                <span className="faint">
                  (<TimeAgo time={entry.time} />)
                </span>
              </span>,
            ],
            ['Why', entry.reason],
            ['Request', <code key="request">{entry.request_id}</code>],
            [
              'History',
              <Link key="history" to="/ledger" search={{ resource: entry.resource }}>
                all entries on it
              </Link>,
            ],
          ]}
        />
      </Section>
      {(before !== undefined || after !== undefined) && (
        <Section title="What changed">
          <ChangeTable label="What changed, field by field" before={before} after={after} all />
        </Section>
      )}
      {entry.edges !== undefined && entry.edges.length > 0 && (
        <Section title="Lineage that it made">
          <Listing
            label="Lineage edges"
            bare
            rows={entry.edges}
            rowKey={(edge) => `${edge.from} ${edge.relation} ${edge.to}`}
            columns={[
              {
                key: 'from',
                head: 'From',
                cell: ({ from }) => <ResourceLink resource={from} name={names.get(from)} />,
              },
              {
                key: 'relation',
                head: 'Relation',
                hideHead: true,
                cell: ({ relation }) => <span className="faint">{relation}</span>,
              },
              {
                key: 'to',
                head: 'To',
                cell: ({ to }) => <ResourceLink resource={to} name={names.get(to)} />,
              },
            ]}
          />
        </Section>
      )}
    </div>
  );
}
