import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { groupRuns } from '../../../src/tracking/contract.ts';
import { api, type Answer } from '../api/client.ts';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { Swatch } from '../kit/chart/swatch.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Empty, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { addCondition } from './run-columns.ts';

type Group = Answer<typeof groupRuns>['groups'][number];

/** One row a group, summed up by the server: how many runs, and of each chosen metric the mean between least and greatest. */
export function GroupTable(props: {
  experiment: string;
  by: string;
  filter: string | undefined;
  state: 'deleted' | 'all' | undefined;
  metrics: readonly string[];
  /** Of the groups that the charts draw. */
  styles: ReadonlyMap<string, SeriesStyle>;
  ready: boolean;
  /** The filter that was typed, which opening a group adds to. */
  own: string | undefined;
  onOpen(filter: string): void;
}): ReactElement {
  const { by, filter, onOpen, styles, own } = props;
  // As many as one request asks of.
  const metrics = useMemo(() => props.metrics.slice(0, 20), [props.metrics]);
  const groups = useQuery({
    ...api(
      groupRuns,
      {
        body: {
          experiments: [props.experiment],
          by,
          limit: 1000,
          metrics,
          ...(filter === undefined ? {} : { filter }),
          ...(props.state === undefined ? {} : { state: props.state }),
        },
      },
      ['run:*'],
    ),
    enabled: props.ready,
    placeholderData: keepPreviousData,
  });
  const columns = useMemo((): Column<Group>[] => {
    const word = by.replace(/^(params|tags)\./, '').replace('user_id', 'user');
    return [
      {
        id: 'value',
        header: word,
        width: 160,
        value: (group) => group.value ?? '',
        cell: (group) =>
          group.value === undefined ? (
            <span className="run-name">
              <Swatch style={styles.get('none')} />
              <span className="faint">none</span>
            </span>
          ) : (
            <span className="run-name">
              <Swatch style={styles.get(group.value)} />
              <button
                type="button"
                className="link-button truncate"
                onClick={() => onOpen(addCondition(own, by, '=', group.value!))}
              >
                {group.value === '' ? '(empty)' : group.value}
              </button>
            </span>
          ),
      },
      {
        id: 'runs',
        header: 'Runs',
        align: 'end',
        width: 90,
        value: (group) => group.runs,
        cell: (group) => formatCount(group.runs),
      },
      {
        id: 'last',
        header: 'Newest',
        width: 120,
        value: (group) => group.last_started_at,
        cell: (group) => <TimeAgo time={group.last_started_at} />,
      },
      ...metrics.map((key): Column<Group> => {
        const of = (group: Group) => group.metrics.find((metric) => metric.key === key);
        return {
          id: `metrics.${key}`,
          header: key,
          align: 'end',
          width: 216,
          value: (group) => of(group)?.mean,
          cell: (group) => {
            const metric = of(group);
            return metric === undefined ? (
              <span className="table-none">–</span>
            ) : (
              <span
                className="nowrap"
                title={`mean of ${metric.runs} runs${metric.sd === undefined ? '' : ', its standard deviation'}, between the least and the greatest`}
              >
                {formatNumber(metric.mean)}
                {metric.sd !== undefined && ` ± ${formatNumber(metric.sd, 2)}`}{' '}
                <span className="faint">
                  {formatNumber(metric.min, 3)} … {formatNumber(metric.max, 3)}
                </span>
              </span>
            );
          },
        };
      }),
    ];
  }, [by, own, metrics, onOpen, styles]);
  if (groups.error) return <Failure error={groups.error} retry={() => void groups.refetch()} />;
  if (!groups.data) return <Skeleton lines={8} />;
  return (
    <Table
      label={`Runs by ${by}`}
      columns={columns}
      rows={groups.data.groups}
      rowId={(group) => `=${group.value ?? '\u0000none'}`}
      total={groups.data.total}
      keys
      empty={<Empty icon="experiment" title="No runs to group" />}
    />
  );
}
