import { useMemo, type ReactElement, type ReactNode } from 'react';
import { layoutGraph, type LayoutEdge, type Route } from './layout.ts';
import { useNarrow } from '../media.ts';
import './graph.css';

export interface GraphNode {
  id: string;
  width: number;
  height: number;
  /** What stands in the box; a link or button where there is somewhere to go. */
  content: ReactNode;
}
export interface GraphEdge extends LayoutEdge {
  label?: string;
  /** Something moves along it now. */
  live?: boolean;
}

/**
 * A drawing of what follows from what. Boxes are HTML, so they hold links and read in order; lines are SVG.
 * `label` names the picture; its edges are also said in words for those who do not see them.
 */
export function Graph(props: {
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  /** To the right where there is room for it, unless said. */
  direction?: 'right' | 'down';
  layerGap?: number;
  nodeGap?: number;
  /** How an id is called in words. */
  nameOf?(id: string): string;
}): ReactElement {
  const { nodes, edges, layerGap = 64, nodeGap = 18 } = props;
  const narrow = useNarrow();
  const direction = props.direction ?? (narrow ? 'down' : 'right');
  const layout = useMemo(
    () => layoutGraph(nodes, edges, { direction, layerGap, nodeGap }),
    [nodes, edges, direction, layerGap, nodeGap],
  );
  const details = new Map(edges.map((edge) => [`${edge.from} ${edge.to}`, edge]));
  const contents = new Map(nodes.map((node) => [node.id, node.content]));
  const name = props.nameOf ?? ((id: string) => id);
  // Read in the order of the drawing, layer by layer.
  const ordered = layout.nodes.toSorted((a, b) => a.layer - b.layer || a.y - b.y || a.x - b.x);
  return (
    <figure className="graph" aria-label={props.label}>
      <div className="graph-board" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {layout.edges.map((edge) => (
            <path key={`${edge.from} ${edge.to}`} className="graph-under" d={curve(edge, direction)} />
          ))}
          {layout.edges.map((edge) => {
            const detail = details.get(`${edge.from} ${edge.to}`);
            const middle = edge.points[Math.floor((edge.points.length - 1) / 2)]!;
            const after = edge.points[Math.floor((edge.points.length - 1) / 2) + 1] ?? middle;
            return (
              <g
                key={`${edge.from} ${edge.to}`}
                className={`graph-edge${edge.back ? ' graph-back' : ''}${detail?.live ? ' graph-live' : ''}`}
              >
                <path className="graph-line" d={curve(edge, direction)} />
                <path className="graph-arrow" d={arrow(edge, direction)} />
                {detail?.label !== undefined && (
                  <text
                    x={(middle.x + after.x) / 2 + (direction === 'down' ? 10 : 0)}
                    y={(middle.y + after.y) / 2 + (direction === 'down' ? 4 : -8)}
                    textAnchor={direction === 'down' ? 'start' : 'middle'}
                  >
                    {detail.label}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
        <ul className="graph-nodes">
          {ordered.map((node) => (
            <li key={node.id} style={{ left: node.x, top: node.y, width: node.width, height: node.height }}>
              {contents.get(node.id)}
            </li>
          ))}
        </ul>
      </div>
      <figcaption className="sr-only">
        {edges.map((edge) => `${name(edge.from)} ${edge.label ?? 'leads to'} ${name(edge.to)}`).join('; ')}
      </figcaption>
    </figure>
  );
}

/** Smooth from point to point, leaving and arriving along the direction of reading. */
function curve({ points }: Route, direction: 'right' | 'down'): string {
  return points
    .map(({ x, y }, i) => {
      const before = points[i - 1];
      if (!before) return `M${x} ${y}`;
      if (direction === 'right') {
        const middle = (before.x + x) / 2;
        return `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`;
      }
      const middle = (before.y + y) / 2;
      return `C${before.x} ${middle} ${x} ${middle} ${x} ${y}`;
    })
    .join('');
}

function arrow({ points, back }: Route, direction: 'right' | 'down'): string {
  const end = points.at(-1)!;
  const to = back ? -1 : 1;
  return direction === 'right'
    ? `M${end.x - 6 * to} ${end.y - 4}L${end.x} ${end.y}L${end.x - 6 * to} ${end.y + 4}`
    : `M${end.x - 4} ${end.y - 6 * to}L${end.x} ${end.y}L${end.x + 4} ${end.y - 6 * to}`;
}
