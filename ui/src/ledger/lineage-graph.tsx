import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, type ReactElement } from 'react';
import { getLineage } from '../../../src/ledger/contract.ts';
import { api } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { Graph, type GraphNode } from '../kit/graph/graph.tsx';
import { Icon } from '../kit/icons.tsx';
import { Skeleton } from '../kit/page.tsx';
import { viewLineage } from './lineage-view.ts';
import { useNames } from './names.ts';
import { readResource } from './resource.ts';
import { ResourceAnchor } from './resource-link.tsx';
import './ledger.css';

/** More boxes than this are no picture any more; the nearest are drawn. */
const DRAWN = 150;

interface Props {
  node: string;
  show?: 'up' | 'down' | undefined;
  depth?: number | undefined;
  /** The bytes of single files too. */
  files?: boolean;
}

export function lineageQuery(node: string, show: 'up' | 'down' | undefined, depth: number) {
  // Any change may add an edge; the nodes' own nouns are the ones that do.
  return api(getLineage, { params: { node }, query: { direction: show ?? 'both', depth } }, [
    'run:*',
    'dataset:*',
    'model:*',
    'execution:*',
    'pipeline:*',
  ]);
}

/** Where a thing came from (left) and what came from it (right). */
export function LineageGraph({ node, show, depth = 4, files = false }: Props): ReactElement {
  const lineage = useQuery(lineageQuery(node, show, depth));
  const names = useNames(lineage.data?.nodes.map(({ id }) => id) ?? []);
  const view = useMemo(
    () => lineage.data && viewLineage(lineage.data, { files, most: DRAWN }),
    [lineage.data, files],
  );
  const nodes = useMemo(
    () =>
      (view?.nodes ?? []).map(({ id }): GraphNode => ({
        id,
        width: 178,
        height: 46,
        content: <Box id={id} here={id === node} name={names.get(id)} />,
      })),
    [view, node, names],
  );
  const frame = useRef<HTMLDivElement>(null);
  const count = nodes.length;
  useEffect(() => {
    // A picture wider than its place begins at the thing that was asked for.
    const here = frame.current?.querySelector<HTMLElement>('.graph-box-here');
    const scroller = here?.closest<HTMLElement>('.graph');
    if (!here || !scroller) return;
    const place = here.getBoundingClientRect();
    const view = scroller.getBoundingClientRect();
    scroller.scrollLeft += place.left + place.width / 2 - (view.left + view.width / 2);
  }, [node, count]);
  if (lineage.isPending) return <Skeleton height={120} />;
  if (lineage.isError) return <Failure error={lineage.error} retry={() => void lineage.refetch()} />;
  if (!view || nodes.length <= 1)
    return (
      <p className="muted">
        The ledger knows of nothing that this came from, and of nothing that came from it.
      </p>
    );
  return (
    <div ref={frame}>
      <Graph
        label={`Lineage of ${readResource(node).word} ${names.get(node) ?? readResource(node).short}`}
        nodes={nodes}
        edges={view.edges}
        layerGap={92}
        nodeGap={14}
        nameOf={(id) => names.get(id) ?? readResource(id).short}
      />
      {(lineage.data.truncated || view.left > 0) && (
        <p className="muted">
          There is more{view.left > 0 ? `: ${view.left} further things are not drawn` : ' further away'}.{' '}
          <Link to="/lineage/$node" params={{ node }}>
            Explore it
          </Link>
        </p>
      )}
    </div>
  );
}

function Box({ id, here, name }: { id: string; here: boolean; name: string | undefined }): ReactElement {
  const { icon, word, short } = readResource(id);
  const inner = (
    <>
      <small className="row">
        <Icon name={icon} size={12} />
        {word}
      </small>
      <span className="truncate" title={id}>
        {name ?? short}
      </span>
    </>
  );
  return here ? (
    <span className="graph-box graph-box-here" aria-current="true">
      {inner}
    </span>
  ) : (
    <ResourceAnchor resource={id} className="graph-box">
      {inner}
    </ResourceAnchor>
  );
}
