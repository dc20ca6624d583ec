import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { EvaluationSummary } from '../../../src/validation/contract.ts';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { metricWord } from './metric-words.ts';
import { EvaluationStatus } from './verdict.tsx';

/** Evaluations, newest first, each leading to its page. */
export function EvaluationTable({
  evaluations,
  more,
  of,
  maxHeight,
  empty,
}: {
  evaluations: readonly EvaluationSummary[];
  more?: { loading: boolean; load(): void } | undefined;
  /** What is the same in all of them, and not said again. */
  of?: 'model' | 'version';
  maxHeight?: number;
  empty?: ReactNode;
}): ReactElement {
  return (
    <Table
      label="Evaluations"
      columns={columns(of)}
      rows={evaluations}
      rowId={({ id }) => id}
      more={more}
      empty={empty}
      {...(maxHeight === undefined ? { keys: true } : { maxHeight })}
    />
  );
}

function columns(of: 'model' | 'version' | undefined): Column<EvaluationSummary>[] {
  return [
    {
      id: 'id',
      header: 'Evaluation',
      width: 130,
      cell: (evaluation) => (
        <Link to="/evaluations/$evaluation" params={{ evaluation: evaluation.id }}>
          <EvaluationStatus evaluation={evaluation} />
          <span className="sr-only">
            {' '}
            evaluation of {evaluation.model} v{evaluation.version} on {evaluation.data}
          </span>
        </Link>
      ),
    },
    ...(of === undefined
      ? [
          {
            id: 'model',
            header: 'Model',
            width: 190,
            value: ({ model }: EvaluationSummary) => model,
            cell: ({ model }: EvaluationSummary) => (
              <Link to="/models/$model" params={{ model }}>
                {model}
              </Link>
            ),
          },
        ]
      : []),
    ...(of === 'version'
      ? []
      : [
          {
            id: 'version',
            header: 'Version',
            width: 84,
            value: ({ version }: EvaluationSummary) => version,
            cell: ({ model, version }: EvaluationSummary) => (
              <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
                v{version}
              </Link>
            ),
          },
        ]),
    { id: 'data', header: 'Judged on', width: 210, value: ({ data }) => data },
    { id: 'rows', header: 'Rows', width: 90, align: 'end', value: ({ rows }) => rows, cell: rowsCell },
    {
      id: 'metric',
      header: 'Main metric',
      width: 150,
      sortable: false,
      cell: ({ metrics: [main] }) =>
        main ? (
          <span className="nowrap">
            {metricWord(main.name)} {formatNumber(main.value, 4)}
          </span>
        ) : (
          <span className="table-none">–</span>
        ),
    },
    { id: 'when', header: 'When', width: 100, value: (e) => e.created_at, cell: whenCell },
    { id: 'by', header: 'By', width: 120, value: ({ created_by }) => created_by },
    {
      id: 'why',
      header: 'Why',
      width: 460,
      sortable: false,
      value: ({ reasons, problem }) => problem ?? reasons[0],
    },
  ];
}

function rowsCell({ rows }: EvaluationSummary): ReactNode {
  return rows === undefined ? <span className="table-none">–</span> : formatCount(rows);
}

function whenCell({ created_at }: EvaluationSummary): ReactNode {
  return <TimeAgo time={created_at} />;
}
