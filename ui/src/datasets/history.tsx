import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { DatasetVersion, Ref } from '../../../src/data/contract.ts';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { RefBadge } from './refs.tsx';
import { layoutLanes, type LaneRow } from './version-lanes.ts';

interface Props {
  dataset: string;
  /** Newest first. */
  versions: readonly DatasetVersion[];
  refs: readonly Ref[];
  /** Version names, two at most. */
  selected: readonly string[];
  onSelect(selected: string[]): void;
  more: { loading: boolean; load(): void } | undefined;
}

const LANE = 16;
const ROW = 34;
/** Beyond this the picture would push the words out; further lanes are drawn on the last. */
const LANES = 8;

/** Versions as a graph of what was made from what, with its branches and tags. */
export function History({ dataset, versions, refs, selected, onSelect, more }: Props): ReactElement {
  const lanes = useMemo(() => layoutLanes(versions), [versions]);
  const rowOf = useMemo(() => new Map(versions.map(({ id }, i) => [id, i])), [versions]);
  const columns = useMemo((): Column<DatasetVersion>[] => {
    const width = Math.min(lanes.width, LANES) * LANE;
    return [
      {
        id: 'version',
        header: 'Version',
        width: width + 74,
        cell: ({ id, name }) => {
          const at = rowOf.get(id) ?? 0;
          return (
            <span className="history-version" style={{ paddingLeft: width }}>
              <Threads above={lanes.rows[at - 1]} here={lanes.rows[at]} width={width} />
              <Link to="/datasets/$dataset/versions/$version" params={{ dataset, version: name }}>
                {name}
              </Link>
            </span>
          );
        },
      },
      {
        id: 'refs',
        header: 'Points here',
        width: 190,
        cell: ({ id }) => (
          <span className="row">
            {refs
              .filter((ref) => ref.version_id === id)
              .map((ref) => (
                <RefBadge key={ref.name} dataset={dataset} {...ref} />
              ))}
          </span>
        ),
      },
      {
        id: 'message',
        header: 'Message',
        width: 320,
        cell: ({ message }) =>
          message === '' ? (
            <span className="table-none">–</span>
          ) : (
            <span className="truncate">{message.split('\n')[0]}</span>
          ),
      },
      { id: 'when', header: 'When', width: 110, cell: ({ created_at }) => <TimeAgo time={created_at} /> },
      { id: 'by', header: 'By', width: 130, cell: ({ author }) => author },
      { id: 'files', header: 'Files', width: 80, align: 'end', cell: ({ files }) => formatCount(files) },
      { id: 'size', header: 'Size', width: 100, align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
      {
        id: 'hash',
        header: 'Hash',
        width: 110,
        cell: ({ hash }) => <code title={hash}>{hash.slice(0, 8)}</code>,
      },
      {
        id: 'source',
        header: 'Source',
        width: 280,
        cell: ({ source }) =>
          source === undefined ? (
            <span className="table-none">–</span>
          ) : (
            <span className="truncate">{source}</span>
          ),
      },
    ];
  }, [dataset, refs, lanes, rowOf]);
  return (
    <Table
      label={`Versions of ${dataset}, newest first`}
      columns={columns}
      rows={versions}
      rowId={({ name }) => name}
      rowName={({ name }) => name}
      selected={new Set(selected)}
      onSelect={(names) => onSelect([...names].slice(-2))}
      more={more}
      maxHeight={620}
      keys
    />
  );
}

/** The lines that run through a row: what comes down from the row above to its middle, and what leaves it below. */
function Threads({
  above,
  here,
  width,
}: {
  above: LaneRow | undefined;
  here: LaneRow | undefined;
  width: number;
}): ReactElement | null {
  if (!here) return null;
  const x = (lane: number) => Math.min(lane, LANES - 1) * LANE + LANE / 2;
  // A line bends in the upper half of the row that it arrives in.
  return (
    <svg
      className="history-threads"
      width={width}
      height={ROW}
      viewBox={`0 0 ${width} ${ROW}`}
      aria-hidden="true"
    >
      {above?.lines.map(({ from, to }) => (
        <path
          key={`a${from}-${to}`}
          className={`thread thread-${to % 4}`}
          d={`M${x(from)} 0C${x(from)} ${ROW / 3} ${x(to)} ${ROW / 8} ${x(to)} ${ROW / 2}`}
        />
      ))}
      {here.lines.map(({ from }) => (
        <path key={`b${from}`} className={`thread thread-${from % 4}`} d={`M${x(from)} ${ROW / 2}V${ROW}`} />
      ))}
      <circle className={`thread-dot thread-${here.lane % 4}`} cx={x(here.lane)} cy={ROW / 2} r="4.5" />
    </svg>
  );
}
