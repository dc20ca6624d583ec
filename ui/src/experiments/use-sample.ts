import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { searchRuns, type RunRow } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { columnParts, metricNumber } from './run-columns.ts';
import type { RunQuery } from './use-runs.ts';

/** One answer holds so many; a chart of every run shows this many of them and says so. */
const MOST = 1000;

export interface Asked {
  see?: 'parallel' | 'scatter' | 'importance' | undefined;
  axes?: string[] | undefined;
  sx?: string | undefined;
  sy?: string | undefined;
  target?: string | undefined;
  brush?: string[] | undefined;
}
export interface KnownColumns {
  metrics: string[];
  params: string[];
  tags: string[];
  varying: { metrics: string[]; params: string[]; tags: string[] };
}

export interface Sample {
  rows: readonly RunRow[];
  ready: boolean;
  error: unknown;
  stale: boolean;
  /** Of the axis, by run. */
  values(id: string): { id: string; value: string | number | undefined }[];
}

/** The value of a run on an axis: a number, or text. */
export function valueOf(run: RunRow, id: string): string | number | undefined {
  const parts = columnParts(id);
  if (parts?.kind === 'metrics') return metricNumber(run.metrics[parts.key]);
  if (parts !== undefined) return run[parts.kind][parts.key];
  if (id === 'started') return run.started_at;
  if (id === 'duration') return run.ended_at === undefined ? undefined : run.ended_at - run.started_at;
  if (id === 'status') return run.status;
  return id === 'user' ? run.user : run.outcome?.verdict;
}

/** The axes that are drawn unless others were chosen: the params that vary, then the metrics that do. */
export function usualAxes({ varying }: KnownColumns): string[] {
  const metrics = varying.metrics.filter((key) => !key.startsWith('system/'));
  return [
    ...varying.params.slice(0, 5).map((key) => `params.${key}`),
    ...metrics.slice(0, 2).map((key) => `metrics.${key}`),
  ];
}

/** The most that one answer returns for each run. */
const MOST_COLUMNS = 200;

/** The runs that the charts of whole runs draw (parallel coordinates, scatter, importance), with what these need of each. */
export function useSample(
  query: Omit<RunQuery, 'columns'>,
  asked: Asked,
  known: KnownColumns | undefined,
  wanted: boolean,
): Sample {
  const brushed = (asked.brush ?? []).map((entry) => entry.slice(0, entry.indexOf('=')));
  const usual = known ? usualAxes(known) : [];
  const columns = [
    ...new Set(
      [
        ...brushed,
        ...(asked.see === 'parallel' ? (asked.axes ?? usual) : []),
        ...(asked.see === 'scatter' ? [asked.sx ?? usual[0], asked.sy ?? usual.at(-1)] : []),
        ...(asked.see === 'importance'
          ? [asked.target ?? usual.at(-1), ...(known?.varying.params ?? []).map((key) => `params.${key}`)]
          : []),
      ].flatMap((id) => (id !== undefined && columnParts(id) !== undefined ? [id] : [])),
    ),
  ].slice(0, MOST_COLUMNS);
  const enabled = wanted && known !== undefined && (asked.see !== undefined || brushed.length > 0);
  const answer = useQuery({
    ...api(
      searchRuns,
      {
        body: {
          experiments: [query.experiment],
          limit: MOST,
          columns,
          ...(query.filter === undefined ? {} : { filter: query.filter }),
          ...(query.order === undefined ? {} : { order: query.order }),
          ...(query.state === undefined ? {} : { state: query.state }),
        },
      },
      ['run:*'],
    ),
    enabled,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    const rows = answer.data?.items ?? [];
    return {
      rows,
      ready: answer.data !== undefined || answer.error !== null,
      error: answer.error,
      stale: answer.isPlaceholderData,
      values: (id: string) => rows.map((run) => ({ id: run.id, value: valueOf(run, id) })),
    };
  }, [answer.data, answer.error, answer.isPlaceholderData]);
}
