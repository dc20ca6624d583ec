import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { explainStep, type Reason, type Step } from '../../../src/pipelines/contract.ts';
import { api } from '../api/client.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { Skeleton } from '../kit/page.tsx';
import { HashText } from '../ledger/hash-text.tsx';

/** Why a step ran or did not: field by field, what of its key is not what it was. */
export function Why({ execution, step }: { execution: string; step: Step }): ReactElement {
  const why = useQuery(
    api(explainStep, { params: { execution, step: step.name } }, [`execution:${execution}`]),
  );
  if (why.isPending) return <Skeleton lines={4} />;
  if (why.isError) return <Failure error={why.error} retry={() => void why.refetch()} />;
  const { reasons, compared_with: other, parts } = why.data;
  const fields = reasons.filter(({ before, after }) => before !== undefined || after !== undefined);
  const words = reasons.filter(({ before, after }) => before === undefined && after === undefined);
  return (
    <div className="stack">
      {step.state === 'cached' && step.cached_from && (
        <p className="verdict verdict-good">
          <Icon name="check" />
          <span>
            Cached: same as{' '}
            <Link
              to="/executions/$execution"
              params={{ execution: step.cached_from.execution }}
              search={{ step: step.cached_from.step }}
            >
              {step.cached_from.pipeline} #{step.cached_from.number}
            </Link>
            . Everything its result depends on is what it was, and all of its outputs are still there.
          </span>
        </p>
      )}
      {words.length > 0 && !(step.state === 'cached' && fields.length === 0) && (
        <ul className="reasons">
          {words.map(({ text }) => (
            <li key={text}>{capital(text)}</li>
          ))}
        </ul>
      )}
      {fields.length > 0 && (
        <>
          <p className="muted">
            {other ? (
              <>
                Beside{' '}
                <Link
                  to="/executions/$execution"
                  params={{ execution: other.execution }}
                  search={{ step: step.name }}
                >
                  #{other.number}
                </Link>
                , the last time it ran:
              </>
            ) : (
              'What changed since it last ran:'
            )}
          </p>
          <Listing
            label="What of the key changed"
            bare
            rows={fields.map((reason, i) => ({ ...reason, i }))}
            rowKey={({ i }) => String(i)}
            columns={[
              { key: 'part', head: 'What', cell: (reason) => <Part reason={reason} /> },
              {
                key: 'before',
                head: 'Was',
                cell: ({ before }) =>
                  before === undefined ? (
                    <span className="faint">not there</span>
                  ) : (
                    <Value text={before} look="why-old" />
                  ),
              },
              {
                key: 'after',
                head: 'Is',
                cell: ({ after }) =>
                  after === undefined ? (
                    <span className="faint">gone</span>
                  ) : (
                    <Value text={after} look="why-new" />
                  ),
              },
            ]}
          />
        </>
      )}
      {step.key !== undefined && (
        <details>
          <summary>
            Its key <code>{step.key.slice(0, 12)}…</code> and everything that the key is made of
          </summary>
          <CodeBlock
            text={parts === undefined ? step.key : JSON.stringify(parts, null, 2)}
            label="Parts of the cache key"
            maxHeight={420}
          />
        </details>
      )}
    </div>
  );
}

function Part({ reason }: { reason: Reason }): ReactElement {
  return (
    <span title={reason.text}>
      <span className="faint">{reason.part}</span> {reason.name}
    </span>
  );
}

/** A file is known by its hash, which nobody reads to its end. */
function Value({ text, look }: { text: string; look: string }): ReactElement {
  return (
    <span className={look}>
      {/^[0-9a-f]{40,}$/.test(text) ? <HashText hash={text} /> : <code>{text}</code>}
    </span>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
