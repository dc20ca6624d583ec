import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { listQuotas, setQuotas, type Quota, type QuotaName } from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Section, Skeleton } from '../kit/page.tsx';
import { say } from '../kit/toast.tsx';
import { countOf, sizeOf, sizeText } from './quota-sizes.ts';

const quotasQuery = api(listQuotas, {}, ['workspace:*']);

const NAMES: Record<QuotaName, string> = {
  bytes: 'Bytes stored',
  runs: 'Runs',
  endpoints: 'Endpoints',
  requests: 'Requests a minute',
};
const HINTS: Record<QuotaName, string> = {
  bytes: 'Files of datasets, runs and models, code and outputs of pipelines: 200 GiB, 500 MB',
  runs: 'Those that are kept; deleted ones count until gc takes them',
  endpoints: 'That answer, or are being made ready',
  requests: 'To the API; predictions do not count',
};
const said = (quota: QuotaName, n: number): string => (quota === 'bytes' ? formatBytes(n) : formatCount(n));
const shareOf = ({ used, limit }: Quota): number =>
  limit === undefined ? 0 : limit === 0 ? 1 : Math.min(1, Math.max(0, used) / limit);

/** How much the workspace may have, and has: for its admins to see, for owners of the server to set. */
export function Quotas({ workspace, maySet }: { workspace: string; maySet: boolean }): ReactElement {
  const found = useQuery(quotasQuery);
  const [setting, setSetting] = useState(false);
  return (
    <Section
      title="Quotas"
      actions={
        maySet &&
        found.data && (
          <Button icon="note" onClick={() => setSetting(true)}>
            Set quotas
          </Button>
        )
      }
    >
      <p className="muted settings-note">
        What workspace {workspace} may have, and has. Where a quota is used up, nothing goes, and nothing more
        comes.
      </p>
      {found.isPending ? (
        <Skeleton lines={4} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Listing
          label="Quotas"
          bare
          columns={COLUMNS}
          rows={found.data.items}
          rowKey={({ quota }) => quota}
        />
      )}
      {setting && found.data && <SetQuotas quotas={found.data.items} onClose={() => setSetting(false)} />}
    </Section>
  );
}

const COLUMNS: ListingColumn<Quota>[] = [
  { key: 'quota', head: 'Quota', cell: ({ quota }) => NAMES[quota] },
  {
    key: 'used',
    head: 'Used',
    numeric: true,
    cell: ({ quota, used }) => said(quota, Math.max(0, used)),
  },
  {
    key: 'limit',
    head: 'Limit',
    numeric: true,
    cell: ({ quota, limit }) =>
      limit === undefined ? <span className="faint">none</span> : said(quota, limit),
  },
  {
    key: 'share',
    head: 'Share used',
    cell: (one) => {
      if (one.limit === undefined) return <span className="faint">no limit</span>;
      const share = shareOf(one);
      const look = share >= 1 ? ' share-full' : share >= 0.8 ? ' share-high' : '';
      return (
        <span className="row quota-share">
          <span className={`share${look}`} aria-hidden="true">
            <span style={{ width: `${Math.max(one.used > 0 ? 1 : 0, share * 100)}%` }} />
          </span>
          <span>{share >= 1 ? 'used up' : `${Math.floor(share * 100)} %`}</span>
        </span>
      );
    },
  },
];

type Typed = Record<QuotaName, string>;

function SetQuotas({ quotas, onClose }: { quotas: readonly Quota[]; onClose(): void }): ReactElement {
  const [typed, type] = useState<Typed>(() => {
    const now: Typed = { bytes: '', runs: '', endpoints: '', requests: '' };
    for (const { quota, limit } of quotas)
      if (limit !== undefined) now[quota] = quota === 'bytes' ? sizeText(limit) : String(limit);
    return now;
  });
  const read = (quota: QuotaName) => (quota === 'bytes' ? sizeOf : countOf)(typed[quota]);
  const wrong = (quota: QuotaName): string | undefined =>
    read(quota) !== undefined
      ? undefined
      : quota === 'bytes'
        ? 'Write it as 20 GiB, 500 MB, or a number of bytes.'
        : 'A whole number.';
  return (
    <Ask
      title="Set quotas"
      description="Empty: no limit. One below what is used takes nothing away, and lets nothing more in."
      action="Set quotas"
      disabled={quotas.some(({ quota }) => wrong(quota) !== undefined)}
      run={async () => {
        const body = Object.fromEntries(quotas.map(({ quota }) => [quota, read(quota) ?? null]));
        await call(setQuotas, { body });
        await queries.invalidateQueries({ queryKey: quotasQuery.queryKey });
        say('The quotas are set');
      }}
      onClose={onClose}
    >
      {(error) =>
        quotas.map(({ quota }) => (
          <TextField
            key={quota}
            label={NAMES[quota]}
            hint={HINTS[quota]}
            value={typed[quota]}
            maxLength={30}
            inputMode={quota === 'bytes' ? 'text' : 'numeric'}
            onChange={({ target }) => type((before) => ({ ...before, [quota]: target.value }))}
            error={wrong(quota) ?? error(quota)}
          />
        ))
      }
    </Ask>
  );
}
