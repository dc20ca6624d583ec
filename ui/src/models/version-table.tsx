import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { ModelVersion } from '../../../src/models/contract.ts';
import { searchRuns } from '../../../src/tracking/contract.ts';
import { listEvaluations, type EvaluationSummary } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';
import { EvaluationStatus } from '../evaluations/verdict.tsx';
import { formatNumber, formatBytes, shortId } from '../kit/format.ts';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { metricColumns, toNumber } from './metric-columns.ts';
import '../kit/badge.css';

interface Props {
  model: string;
  versions: readonly ModelVersion[];
  /** Version numbers, two at most. */
  selected: readonly string[];
  onSelect(selected: string[]): void;
  more: { loading: boolean; load(): void } | undefined;
}

const ID = /^[0-9a-f]{32}$/;

/** The versions of a model beside what their runs measured. */
export function VersionTable({ model, versions, selected, onSelect, more }: Props): ReactElement {
  const ids = [
    ...new Set(versions.flatMap(({ run_id }) => (run_id !== undefined && ID.test(run_id) ? [run_id] : []))),
  ].slice(0, 200);
  const runs = useQuery({
    ...api(searchRuns, {
      body: {
        experiments: [],
        filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
        limit: 200,
        state: 'all',
      },
    }),
    enabled: ids.length > 0,
    placeholderData: (before) => before,
  });
  const byId = useMemo(() => new Map(runs.data?.items.map((run) => [run.id, run])), [runs.data]);
  const metrics = useMemo(() => metricColumns([...byId.values()]), [byId]);
  const evaluations = useQuery(api(listEvaluations, { query: { model, limit: 500 } }));
  const judged = useMemo(() => {
    const newest = new Map<number, EvaluationSummary>();
    for (const each of evaluations.data?.items ?? [])
      if (!newest.has(each.version)) newest.set(each.version, each);
    return newest;
  }, [evaluations.data]);
  const columns = useMemo(
    (): Column<ModelVersion>[] => [
      {
        id: 'version',
        header: 'Version',
        width: 96,
        value: ({ version }) => version,
        cell: ({ version }) => (
          <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
            v{version}
          </Link>
        ),
      },
      {
        id: 'aliases',
        header: 'Aliases',
        width: 170,
        cell: ({ aliases }) => (
          <span className="row">
            {aliases.map((alias) => (
              <span key={alias} className="badge badge-accent">
                {alias}
              </span>
            ))}
          </span>
        ),
      },
      ...(judged.size === 0
        ? []
        : [
            {
              id: 'judged',
              header: 'Judged',
              width: 116,
              value: ({ version }: ModelVersion) => judged.get(version)?.verdict,
              cell: ({ version }: ModelVersion) => {
                const newest = judged.get(version);
                return newest ? (
                  <Link to="/evaluations/$evaluation" params={{ evaluation: newest.id }}>
                    <EvaluationStatus evaluation={newest} />
                    <span className="sr-only"> on {newest.data}</span>
                  </Link>
                ) : (
                  <span className="table-none">–</span>
                );
              },
            },
          ]),
      ...metrics.map((key): Column<ModelVersion> => ({
        id: `metrics.${key}`,
        header: key,
        width: 110,
        align: 'end',
        value: ({ run_id }) => toNumber(byId.get(run_id ?? '')?.metrics[key]),
        cell: ({ run_id }) => {
          const value = toNumber(byId.get(run_id ?? '')?.metrics[key]);
          return value === undefined ? <span className="table-none">–</span> : formatNumber(value);
        },
      })),
      {
        id: 'run',
        header: 'Run',
        width: 170,
        value: ({ run_id }) => (run_id === undefined ? undefined : (byId.get(run_id)?.name ?? run_id)),
        cell: ({ run_id }) =>
          run_id === undefined ? (
            <span className="table-none">–</span>
          ) : (
            <Link to="/runs/$run" params={{ run: run_id }}>
              {byId.get(run_id)?.name ?? shortId(run_id)}
            </Link>
          ),
      },
      {
        id: 'flavors',
        header: 'Flavours',
        width: 150,
        value: ({ facts }) =>
          facts
            ? Object.keys(facts.flavors)
                .filter((flavor) => flavor !== 'python_function')
                .join(', ') || 'python_function'
            : undefined,
      },
      {
        id: 'size',
        header: 'Size',
        width: 90,
        align: 'end',
        value: ({ facts }) => facts?.size,
        cell: ({ facts }) => (facts ? formatBytes(facts.size) : <span className="table-none">–</span>),
      },
      {
        id: 'created',
        header: 'Registered',
        width: 110,
        value: ({ created_at }) => created_at,
        cell: ({ created_at }) => <TimeAgo time={created_at} />,
      },
      { id: 'by', header: 'By', width: 120, value: ({ created_by }) => created_by },
      { id: 'about', header: 'About', width: 300, value: ({ description }) => description?.split('\n')[0] },
    ],
    [model, metrics, byId, judged],
  );
  return (
    <Table
      label={`Versions of ${model}`}
      columns={columns}
      rows={versions}
      rowId={({ version }) => String(version)}
      rowName={({ version }) => `v${version}`}
      selected={new Set(selected)}
      // Two can be compared: a third one takes the place of the first.
      onSelect={(ids) => onSelect([...ids].slice(-2))}
      more={more}
      maxHeight={520}
      keys
    />
  );
}
