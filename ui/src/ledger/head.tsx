import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getCheckpoint, verify, type Verification } from '../../../src/ledger/contract.ts';
import { api, call } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock, CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatDuration, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Popover } from '../kit/popover.tsx';
import { HashText } from './hash-text.tsx';

interface Verified {
  result: Verification;
  ms: number;
}

/** The signed head of the ledger, and the button that checks everything below it. */
export function Head(): ReactElement {
  const checkpoint = useQuery(api(getCheckpoint, {}));
  const check = useMutation({
    mutationFn: async (): Promise<Verified> => {
      const start = performance.now();
      const result = await call(verify, {});
      void checkpoint.refetch();
      return { result, ms: performance.now() - start };
    },
  });
  return (
    <section className="ledger-head panel" aria-label="The whole ledger">
      <div className="ledger-head-row">
        {checkpoint.data ? (
          <span className="row row-wrap">
            <Icon name="shield" />
            <span>
              {plural(checkpoint.data.size, 'entry', 'entries')} under one root{' '}
              <HashText hash={checkpoint.data.root} />
            </span>
            <Popover title="Checkpoint" trigger={<Button look="quiet">Checkpoint</Button>}>
              <div className="stack">
                <p className="muted">
                  Keep this note somewhere else. It shows later that nothing below it was rewritten.
                </p>
                <CodeBlock text={checkpoint.data.checkpoint} label="The signed checkpoint" />
                <p className="muted">
                  Public key of this ledger{' '}
                  <CopyButton text={checkpoint.data.public_key} label="Copy the public key" />
                </p>
                <CodeBlock prompt text="treadle ledger verify" label="Command that checks the ledger" />
              </div>
            </Popover>
          </span>
        ) : checkpoint.isError ? (
          <Failure
            error={checkpoint.error}
            title="The head of the ledger could not be read"
            retry={() => void checkpoint.refetch()}
          />
        ) : (
          <span className="faint">Reading the head of the ledger…</span>
        )}
        <span className="spacer" />
        <Button icon="shield" onClick={() => check.mutate()} disabled={check.isPending}>
          {check.isPending ? 'Checking every entry…' : 'Verify'}
        </Button>
      </div>
      <div role="status">
        {check.isError && (
          <Failure error={check.error} title="The check did not finish" retry={() => check.mutate()} />
        )}
        {check.data && <Result {...check.data} />}
      </div>
    </section>
  );
}

function Result({ result, ms }: Verified): ReactElement {
  if (result.ok) {
    return (
      <p className="verdict verdict-good">
        <Icon name="check" />
        <span>
          It holds. {plural(result.entries, 'entry', 'entries')} and {plural(result.edges, 'lineage edge')}{' '}
          were read again and hashed in {formatDuration(ms)}; they give the signed root{' '}
          <HashText hash={result.root} />.
        </span>
      </p>
    );
  }
  const { fault } = result;
  return (
    <p className="verdict verdict-bad">
      <Icon name="alert" />
      <span>
        <strong>The ledger was changed.</strong>{' '}
        {fault
          ? `${capital(fault.what)}${fault.seq === undefined ? '' : ` ${fault.seq}`}${fault.n === undefined ? '' : `, edge ${fault.n}`}: ${fault.reason}.`
          : ''}{' '}
        {fault?.seq !== undefined && (
          <Link to="/ledger/$seq" params={{ seq: String(fault.seq) }}>
            Look at entry {fault.seq}
          </Link>
        )}{' '}
        The {plural(result.entries, 'entry', 'entries')} before it hold. Compare with a checkpoint kept
        elsewhere, and restore the database from a backup.
      </span>
    </p>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
