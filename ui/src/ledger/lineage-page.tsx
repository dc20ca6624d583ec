import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { Check, Choice, TextField } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { LineageGraph, lineageQuery } from './lineage-graph.tsx';
import { useNames } from './names.ts';
import { readResource } from './resource.ts';
import { ResourceAnchor, ResourceLink } from './resource-link.tsx';
import './ledger.css';

const route = getRouteApi('/lineage/$node');

export default function LineagePage(): ReactElement {
  const { node } = route.useParams();
  const { show, depth = 4, files = false } = route.useSearch();
  const navigate = route.useNavigate();
  const lineage = useQuery(lineageQuery(node, show, depth));
  const names = useNames(lineage.data?.nodes.map(({ id }) => id) ?? []);
  const { word, short: id } = readResource(node);
  const short = names.get(node) ?? id;
  return (
    <Page
      title={`Lineage of ${word} ${short}`}
      heading={
        <>
          Lineage of {word} <ResourceAnchor resource={node}>{short}</ResourceAnchor>
        </>
      }
      trail={<Link to="/ledger">Ledger</Link>}
      lead="What it came from stands on the left, what came from it on the right. Each line is an entry of the ledger."
      actions={<GoTo />}
    >
      <div className="bar">
        <Choice
          label="Show"
          value={show ?? 'both'}
          options={[
            { value: 'both', label: 'both directions' },
            { value: 'up', label: 'what it came from' },
            { value: 'down', label: 'what came from it' },
          ]}
          onChange={(value) =>
            void navigate({
              search: (now) => ({ ...now, show: value === 'both' ? undefined : value }),
              replace: true,
            })
          }
        />
        <Choice
          label="Steps"
          value={String(depth)}
          options={[
            '1',
            '2',
            '3',
            '4',
            '6',
            '10',
            '50',
            ...(['1', '2', '3', '4', '6', '10', '50'].includes(String(depth)) ? [] : [String(depth)]),
          ].map((value) => ({ value, label: value }))}
          onChange={(value) =>
            void navigate({
              search: (now) => ({ ...now, depth: value === '4' ? undefined : Number(value) }),
              replace: true,
            })
          }
        />
        <Check
          label="Single files too"
          checked={files}
          onChange={(on) =>
            void navigate({ search: (now) => ({ ...now, files: on || undefined }), replace: true })
          }
        />
      </div>
      {lineage.isError ? (
        <Failure error={lineage.error} retry={() => void lineage.refetch()} />
      ) : (
        <>
          <Section title="Graph">
            <LineageGraph node={node} show={show} depth={depth} files={files} />
          </Section>
          <Section
            title="Edges"
            actions={
              lineage.data && <span className="faint">{plural(lineage.data.edges.length, 'edge')}</span>
            }
          >
            {lineage.isPending ? (
              <Skeleton lines={3} />
            ) : lineage.data.edges.length === 0 ? (
              <p className="muted">
                None. Edges are written when a run reads a dataset version, a model is made by a run, and when
                either is derived from another.
              </p>
            ) : (
              <Listing
                label="Edges of the lineage"
                bare
                rows={lineage.data.edges.slice(0, 500)}
                rowKey={(edge) => `${edge.from} ${edge.relation} ${edge.to} ${edge.seq}`}
                columns={[
                  {
                    key: 'from',
                    head: 'This',
                    cell: ({ from }) => <ResourceLink resource={from} name={names.get(from)} />,
                  },
                  { key: 'relation', head: 'is tied by', cell: ({ relation }) => relation },
                  {
                    key: 'to',
                    head: 'to this',
                    cell: ({ to }) => <ResourceLink resource={to} name={names.get(to)} />,
                  },
                  {
                    key: 'seq',
                    head: 'Proof',
                    cell: ({ seq }) => (
                      <Link to="/ledger/$seq" params={{ seq: String(seq) }}>
                        entry {seq}
                      </Link>
                    ),
                  },
                ]}
              />
            )}
          </Section>
        </>
      )}
    </Page>
  );
}

/** Another thing to look at, by its name in the ledger. */
function GoTo(): ReactElement {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const navigate = useNavigate();
  if (!open)
    return (
      <Button icon="search" onClick={() => setOpen(true)}>
        Another thing
      </Button>
    );
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.includes(':')) void navigate({ to: '/lineage/$node', params: { node: text.trim() } });
      }}
    >
      <TextField
        label="Name in the ledger"
        placeholder="model_version:flights/3"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" look="primary" disabled={!text.includes(':')}>
        Show
      </Button>
    </form>
  );
}
