import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { DatasetVersion } from '../../../src/data/contract.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Listing } from '../kit/listing.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { LineageGraph, lineageQuery } from '../ledger/lineage-graph.tsx';
import { useNames } from '../ledger/names.ts';
import { readResource } from '../ledger/resource.ts';
import { ResourceLink } from '../ledger/resource-link.tsx';

/** What came of the version: runs that read it, models that they made, versions derived from it. */
export function UsedBy({ version }: { version: DatasetVersion }): ReactElement {
  const node = `dataset_version:${version.id}`;
  const lineage = useQuery(lineageQuery(node, 'down', 10));
  const names = useNames(lineage.data?.nodes.map(({ id }) => id) ?? []);
  if (lineage.isPending) return <Skeleton lines={5} />;
  if (lineage.isError) return <Failure error={lineage.error} retry={() => void lineage.refetch()} />;
  const users = lineage.data.nodes.filter(({ depth }) => depth > 0);
  if (users.length === 0) {
    return (
      <Empty icon="graph" title="Nothing has used it yet">
        <p>A pipeline step that reads it is noted by itself. A training script says so with one line:</p>
        <CodeBlock
          label="Python that notes what a run read"
          text={`import mlflow\n\nmlflow.log_input(mlflow.data.from_pandas(rows, name="${version.dataset}@${version.name}"),\n                 context="training")`}
        />
      </Empty>
    );
  }
  const order = ['model_version', 'logged_model', 'run', 'execution', 'dataset_version'];
  const place = (noun: string) => (order.indexOf(noun) + order.length + 1) % (order.length + 1);
  return (
    <div className="stack">
      <Section title="What came of it">
        <LineageGraph node={node} show="down" depth={10} />
      </Section>
      <Listing
        label="What used this version"
        rows={users.toSorted((a, b) => place(a.noun) - place(b.noun) || a.depth - b.depth)}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'what',
            head: 'What',
            cell: ({ id }) => <ResourceLink resource={id} name={names.get(id)} />,
          },
          { key: 'noun', head: 'Kind', cell: ({ id }) => readResource(id).word },
          {
            key: 'how',
            head: 'How',
            cell: ({ id, depth }) =>
              depth === 1
                ? (lineage.data.edges.find((edge) => edge.from === id && edge.to === node)?.relation ??
                  'directly')
                : `${depth} steps away`,
          },
        ]}
      />
    </div>
  );
}
