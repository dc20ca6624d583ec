import { Link } from '@tanstack/react-router';
import { useMemo, useRef, type ReactElement } from 'react';
import { Badge, statusTone } from '../kit/badge.tsx';
import { Graph, type GraphEdge, type GraphNode } from '../kit/graph/graph.tsx';
import { Icon, type IconName } from '../kit/icons.tsx';
import { useWidth } from '../kit/media.ts';
import { TimeAgo } from '../kit/time.tsx';

/** One leg of the loop as it is now. */
export interface Station {
  id: string;
  name: string;
  icon: IconName;
  to: string;
  count: string;
  noun: string;
  detail: string;
  /** How many things move in it. */
  live: number;
  latest: { label: string; to: string; time: number; status?: string } | undefined;
}

/** How the legs hang together, in the verbs of lineage. */
const VERBS: Record<string, string> = {
  pipelines: 'is read by',
  runs: 'start',
  models: 'make',
  endpoints: 'answer at',
};

/** Room for the verb between two stations, px. */
const GAP = 60;

/** The loop as far as it exists: stations on a thread, in the order that things are made from one another. */
export function LoopPicture({ stations }: { stations: readonly Station[] }): ReactElement {
  const holder = useRef<HTMLDivElement>(null);
  const room = useWidth(holder, 1100);
  // Side by side where every card keeps the room that its words need; else one below the other.
  const width = Math.min(236, (room - (stations.length - 1) * GAP) / stations.length);
  const across = width >= 176;
  const nodes = useMemo(
    () =>
      stations.map((station): GraphNode => ({
        id: station.id,
        width: across ? width : Math.min(320, room),
        height: across ? 178 : 176,
        content: <StationCard station={station} />,
      })),
    [stations, across, width, room],
  );
  const edges = useMemo(
    () =>
      stations.slice(1).map((station, i): GraphEdge => ({
        from: stations[i]!.id,
        to: station.id,
        label: VERBS[station.id] ?? '',
        live: station.live > 0,
      })),
    [stations],
  );
  return (
    <div className={`loop${across ? ' loop-across' : ''}`}>
      <div ref={holder} />
      <Graph
        label="The loop"
        nodes={nodes}
        edges={edges}
        direction={across ? 'right' : 'down'}
        layerGap={across ? GAP : 44}
        nameOf={(id) => stations.find((each) => each.id === id)?.name ?? id}
      />
    </div>
  );
}

function StationCard({ station }: { station: Station }): ReactElement {
  const { latest } = station;
  return (
    <article className={`station${station.count === '0' ? ' station-empty' : ''}`} aria-label={station.name}>
      <header className="row">
        <span className="station-icon">
          <Icon name={station.icon} size={18} />
        </span>
        <Link to={station.to} className="station-name">
          {station.name}
        </Link>
        <span className="spacer" />
        {station.live > 0 && (
          <Badge tone="live" dot>
            {station.live} live
          </Badge>
        )}
      </header>
      <p className="station-count">
        <span className="truncate">
          <strong>{station.count}</strong> {station.noun}
        </span>
        <span className="truncate">{station.detail}</span>
      </p>
      <footer>
        {latest === undefined ? (
          <span className="faint">nothing yet</span>
        ) : (
          <>
            <Link to={latest.to} className="truncate" title={latest.label}>
              {latest.label}
            </Link>
            <span className="row">
              {latest.status !== undefined && <Badge tone={statusTone(latest.status)}>{latest.status}</Badge>}
              <span className="faint">
                <TimeAgo time={latest.time} />
              </span>
            </span>
          </>
        )}
      </footer>
    </article>
  );
}
