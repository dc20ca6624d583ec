import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Comparison, ExecutionDetail } from '../../../src/pipelines/contract.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatNumber, formatTime, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Listing } from '../kit/listing.tsx';
import { Section } from '../kit/page.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { LineageGraph } from '../ledger/lineage-graph.tsx';

/** What went into an execution besides its steps. */
export function AboutExecution({ execution }: { execution: ExecutionDetail }): ReactElement {
  const { code, params, data } = execution;
  return (
    <div className="stack about">
      <div className="pair">
        <Section title="Parameters">
          {params.length === 0 ? (
            <p className="muted">It has none.</p>
          ) : (
            <Listing
              label="Parameters"
              bare
              rows={params}
              rowKey={({ name }) => name}
              columns={[
                { key: 'name', head: 'Name', cell: ({ name }) => name },
                { key: 'value', head: 'Value', cell: ({ value }) => <code>{String(value)}</code> },
                {
                  key: 'from',
                  head: 'Set by',
                  cell: ({ from }) =>
                    from === 'file' ? 'the file' : <Badge tone="accent">whoever asked for it</Badge>,
                },
              ]}
            />
          )}
        </Section>
        <Section title="Code">
          <KeyValue
            entries={[
              ['Files', plural(code.files, 'file')],
              ['Digest', <HashText key="digest" hash={code.digest} />],
              ['Commit', code.git?.commit !== undefined && <code key="commit">{code.git.commit}</code>],
              ['Branch', code.git?.branch],
              ['Remote', code.git?.remote],
              [
                'State',
                code.git &&
                  (code.git.dirty ? (
                    <Badge key="dirty" tone="warn">
                      files differed from the commit
                    </Badge>
                  ) : (
                    'as committed'
                  )),
              ],
            ]}
          />
          {code.git?.diff !== undefined && code.git.diff !== '' && (
            <details>
              <summary>What differed from the commit</summary>
              <CodeBlock text={code.git.diff} label="Difference from the commit" maxHeight={420} />
            </details>
          )}
        </Section>
      </div>
      {data.length > 0 && (
        <Section title="Data">
          <Listing
            label="Dataset versions that were read"
            bare
            rows={data}
            rowKey={({ name }) => name}
            columns={[
              { key: 'name', head: 'Name in the file', cell: ({ name }) => name },
              { key: 'ref', head: 'Asked for', cell: ({ ref }) => <code>{ref}</code> },
              {
                key: 'version',
                head: 'Was then',
                cell: ({ dataset, version }) => (
                  <Link to="/datasets/$dataset/versions/$version" params={{ dataset, version }}>
                    {dataset}@{version}
                  </Link>
                ),
              },
              { key: 'hash', head: 'Hash', wideOnly: true, cell: ({ hash }) => <HashText hash={hash} /> },
            ]}
          />
        </Section>
      )}
      <Section title="Lineage">
        <LineageGraph node={`execution:${execution.id}`} depth={2} />
      </Section>
      <p className="faint">
        Asked for {formatTime(execution.created_at)} by {execution.created_by}, id <code>{execution.id}</code>
      </p>
    </div>
  );
}

const VERDICTS: Record<Comparison['verdict'], [tone: Tone, words: string]> = {
  bitwise: ['good', 'equal, byte for byte'],
  numeric: ['good', 'equal within the tolerance'],
  different: ['bad', 'different'],
  failed: ['bad', 'could not be repeated'],
};

/** How a repeated run came out beside the first. */
export function Repeated({ comparison }: { comparison: Comparison }): ReactElement {
  const [tone, words] = VERDICTS[comparison.verdict];
  return (
    <Section title="Repeated" actions={<Badge tone={tone}>{words}</Badge>}>
      <div className="stack">
        <p>
          <Icon name={tone === 'good' ? 'check' : 'alert'} className="inline-icon" /> {comparison.text}
        </p>
        {comparison.first && (
          <p className="muted">
            First in step {comparison.first.step}: {comparison.first.text}
          </p>
        )}
        {comparison.metrics.length > 0 && (
          <Listing
            label="Metrics that differ"
            bare
            rows={comparison.metrics}
            rowKey={({ step, name }) => `${step} ${name}`}
            columns={[
              { key: 'name', head: 'Metric', cell: ({ name }) => name },
              { key: 'step', head: 'Step', cell: ({ step }) => step },
              { key: 'before', head: 'Was', numeric: true, cell: ({ before }) => formatNumber(before, 8) },
              { key: 'after', head: 'Is', numeric: true, cell: ({ after }) => formatNumber(after, 8) },
            ]}
          />
        )}
        {comparison.environment.length > 0 && (
          <Listing
            label="What of the environment differs"
            bare
            rows={comparison.environment}
            rowKey={({ step, name }) => `${step} ${name}`}
            columns={[
              { key: 'name', head: 'Environment', cell: ({ name }) => name },
              { key: 'step', head: 'Step', cell: ({ step }) => step },
              {
                key: 'before',
                head: 'Was',
                cell: ({ before }) => before ?? <span className="faint">not there</span>,
              },
              { key: 'after', head: 'Is', cell: ({ after }) => after ?? <span className="faint">gone</span> },
            ]}
          />
        )}
      </div>
    </Section>
  );
}
