import type { ReactElement } from 'react';
import type { Proof, Source } from '../../../src/validation/contract.ts';
import { CopyButton } from '../kit/code-block.tsx';
import { formatCount, formatDuration, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { useNames } from '../ledger/names.ts';
import { ResourceAnchor, ResourceLink } from '../ledger/resource-link.tsx';
import { ProofCoverage } from './proof-coverage.tsx';
import { ProofFiles } from './proof-files.tsx';
import { ProofNear } from './proof-near.tsx';
import { VerdictChip } from './verdict.tsx';

/** Both sides of the proof, and what they share: nothing, or these rows. */
export function ProofView({ proof }: { proof: Proof }): ReactElement {
  const names = useNames(proof.against.flatMap(({ read_by }) => read_by ?? []));
  return (
    <div className="stack proof">
      <p className="proof-summary">
        <VerdictChip verdict={proof.verdict} /> <span>{proof.summary}</span>
      </p>
      <div className="proof-sides">
        <section aria-label="Judged on">
          <h3>Judged on</h3>
          <Side source={proof.gate} />
        </section>
        <div
          className={`proof-middle${proof.overlapping_rows > 0 ? ' proof-shared' : ''}`}
          aria-label="What both hold"
          role="group"
        >
          <strong>{formatCount(proof.overlapping_rows)}</strong>
          <span>{proof.overlapping_rows === 1 ? 'row' : 'rows'} in both</span>
        </div>
        <section aria-label="Read by its lineage">
          <h3>Read by its lineage</h3>
          {proof.against.length === 0 ? (
            <p className="muted">
              {(proof.coverage?.length ?? 0) > 0
                ? 'Nothing that holds rows; see below.'
                : 'Nothing is known to have been read.'}
            </p>
          ) : (
            <div className="stack">
              {proof.against.map((source) => (
                <Side key={`${source.ref} ${source.read_by ?? ''}`} source={source} names={names} />
              ))}
            </div>
          )}
        </section>
      </div>
      <Identity proof={proof} />
      {proof.order && <Order order={proof.order} />}
      {(proof.warnings ?? []).map((warning) => (
        <p key={warning} className="notice" role="status">
          <Icon name="alert" />
          <span>{warning}</span>
        </p>
      ))}
      {proof.coverage && proof.coverage.length > 0 && <ProofCoverage coverage={proof.coverage} />}
      {proof.coverage === undefined && proof.unread.length > 0 && (
        <div className="notice">
          <Icon name="alert" />
          <div>
            Not compared, so nothing can be proven about it:
            <ul>
              {proof.unread.map(({ ref, label, reason }) => (
                <li key={ref}>
                  <ResourceAnchor resource={ref}>{label}</ResourceAnchor>: {reason}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {proof.overlaps.length > 0 && <Overlaps proof={proof} />}
      {proof.same_files && <ProofFiles same={proof.same_files} />}
      {proof.near && proof.near.length > 0 && (
        <ProofNear near={proof.near} rows={proof.near_rows ?? proof.near.length} />
      )}
      <p className="faint">
        Compared in {formatDuration(proof.ms)}, <TimeAgo time={proof.created_at} />. Proof{' '}
        <code>{proof.id}</code>
      </p>
    </div>
  );
}

function Side({ source, names }: { source: Source; names?: ReadonlyMap<string, string> }): ReactElement {
  return (
    <div className="proof-side">
      <p className="proof-name">
        <ResourceAnchor resource={source.ref}>{source.label}</ResourceAnchor>
      </p>
      <p>
        <strong>{formatCount(source.rows)}</strong> {source.rows === 1 ? 'row' : 'rows'},{' '}
        <span title={source.columns.join(', ')}>{plural(source.columns.length, 'column')}</span>
        {source.files.length > 0 && (
          <span className="faint" title={source.files.join('\n')}>
            {' '}
            in {source.files.length === 1 ? source.files[0] : plural(source.files.length, 'file')}
          </span>
        )}
      </p>
      <p className="row faint">
        digest <HashText hash={source.digest} />
        <CopyButton text={source.digest} label={`Copy the digest of ${source.label}`} />
      </p>
      {source.read_by !== undefined && (
        <p className="row faint">
          read by <ResourceLink resource={source.read_by} name={names?.get(source.read_by)} />
        </p>
      )}
    </div>
  );
}

function Identity({ proof: { identity } }: { proof: Proof }): ReactElement {
  const share = `${(identity.distinct_share * 100).toFixed(identity.distinct_share > 0.999 ? 2 : 1)} %`;
  return (
    <>
      <p>
        A row is the same row when{' '}
        {identity.kind === 'key' ? (
          <>
            {identity.columns.map((column, i) => (
              <span key={column}>
                {i > 0 && (i === identity.columns.length - 1 ? ' and ' : ', ')}
                <code>{column}</code>
              </span>
            ))}{' '}
            {identity.columns.length === 1 ? 'is' : 'are'} equal
          </>
        ) : (
          <>
            its values are equal in{' '}
            <span title={identity.columns.join(', ')}>
              {identity.columns.length > 8
                ? plural(identity.columns.length, 'column')
                : identity.columns.join(', ')}
            </span>
            , in whatever order and format they stand
          </>
        )}
        ; <span className="muted">{share} of the rows judged on differ in that.</span>
      </p>
      {identity.weak && (
        <p className="notice" role="status">
          <Icon name="alert" />
          <span>
            In these columns too many rows repeat by nature to tell the same row from another that looks like
            it. Say with <code>key:</code> which columns make a row the same row.
          </span>
        </p>
      )}
    </>
  );
}

function Order({ order }: { order: NonNullable<Proof['order']> }): ReactElement {
  return (
    <p className="row row-wrap">
      <VerdictChip verdict={order.holds ? 'pass' : 'fail'} />
      <span>
        By <code>{order.column}</code>:{' '}
        {order.holds
          ? 'every row judged on is later than all that training read'
          : `${plural(order.early_rows, 'row')} judged on ${order.early_rows === 1 ? 'is' : 'are'} not later than what training read`}
        {order.training_last !== undefined && order.gate_first !== undefined && (
          <span className="muted">
            {' '}
            (training ends {order.training_last}, judging begins {order.gate_first})
          </span>
        )}
      </span>
    </p>
  );
}

function Overlaps({ proof }: { proof: Proof }): ReactElement {
  const columns = [...new Set(proof.overlaps.flatMap(({ values }) => Object.keys(values)))];
  const labels = new Map(proof.against.map(({ ref, label }) => [ref, label]));
  return (
    <section aria-label="Rows in both">
      <h3>
        Rows in both
        {proof.overlapping_rows > proof.overlaps.length && (
          <span className="faint"> (the first {proof.overlaps.length})</span>
        )}
      </h3>
      <div className="overlap-table">
        <Listing
          label="Rows in both"
          rows={proof.overlaps}
          rowKey={({ gate_row, source }) => `${gate_row} ${source}`}
          columns={[
            { key: 'row', head: 'Row', numeric: true, cell: ({ gate_row }) => formatCount(gate_row) },
            ...columns.map((column) => ({
              key: `value.${column}`,
              head: column,
              cell: ({ values }: Proof['overlaps'][number]) => shown(values[column]),
            })),
            {
              key: 'source',
              head: 'Also in',
              cell: ({ source }) => (
                <ResourceAnchor resource={source}>{labels.get(source) ?? source}</ResourceAnchor>
              ),
            },
          ]}
        />
      </div>
    </section>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
