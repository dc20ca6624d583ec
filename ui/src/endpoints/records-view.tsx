import { useState, type ReactElement } from 'react';
import {
  listSegments,
  ROLE_WORDS,
  updateEndpoint,
  type Endpoint,
  type PredictionSegment,
  type Recording,
} from '../../../src/serving/contract.ts';
import { keptFor } from '../../../src/serving/kept-for.ts';
import { call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatBytes, formatCount, formatNumber, formatTime } from '../kit/format.ts';
import {} from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { say } from '../kit/toast.tsx';
import { RecordedColumns, type Rule } from './recorded-columns.tsx';
import { refreshEndpoints } from './refresh.ts';

const KEPT: Readonly<Record<Recording, string>> = {
  all: 'inputs and outputs',
  outputs: 'outputs alone',
  none: 'nothing',
};

/** Shares of predictions that are offered. */
const SHARES: readonly number[] = [1, 0.5, 0.25, 0.1, 0.01];
const percent = (share: number): string => `${formatNumber(100 * share, 4)} %`;

const DAY = 86_400_000;
const TIMES: readonly number[] = [DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

const COLUMNS: Column<PredictionSegment>[] = [
  {
    id: 'from',
    header: 'From',
    width: 150,
    value: ({ from }) => from,
    cell: ({ from }) => formatTime(from),
  },
  { id: 'to', header: 'To', width: 150, value: ({ to }) => to, cell: ({ to }) => formatTime(to) },
  { id: 'revision', header: 'Revision', width: 84, align: 'end', value: ({ revision }) => revision },
  {
    id: 'role',
    header: 'Role',
    width: 90,
    value: ({ role }) => ROLE_WORDS[role],
  },
  {
    id: 'predictions',
    header: 'Predictions',
    width: 100,
    align: 'end',
    value: ({ predictions }) => predictions,
    cell: ({ predictions }) => formatCount(predictions),
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 90,
    align: 'end',
    value: ({ rows }) => rows,
    cell: ({ rows }) => formatCount(rows),
  },
  {
    id: 'bytes',
    header: 'Size',
    width: 90,
    align: 'end',
    value: ({ bytes }) => bytes,
    cell: ({ bytes }) => formatBytes(bytes),
  },
  { id: 'kind', header: 'Kind', width: 90, value: ({ kind }) => kind },
  { id: 'file', header: 'File, in the data folder', width: 560, value: ({ file }) => file },
];

/** One setting at a time. */
type Change =
  | { records: Recording }
  | { keep_ms: number }
  | { sample: number }
  | { columns: Record<string, Rule> };

/** What is kept of the predictions, and the files in which it lies. */
export function RecordsView({
  endpoint,
  inputs,
}: {
  endpoint: Endpoint;
  inputs: ReadonlyArray<{ name: string }>;
}): ReactElement {
  const [problem, setProblem] = useState<unknown>();
  const found = usePages(
    listSegments,
    { params: { endpoint: endpoint.name }, query: {} },
    ['endpoint:*'],
    true,
    30_000,
  );
  const [shorter, setShorter] = useState<number>();
  const [notes, setNotes] = useState<readonly string[]>([]);
  const change = async (body: Change, said: string): Promise<void> => {
    setProblem(undefined);
    const { notes: told = [] } = await call(updateEndpoint, { params: { endpoint: endpoint.name }, body });
    setNotes(told);
    await refreshEndpoints();
    say(said);
  };
  const keepFor = (ms: number) => change({ keep_ms: ms }, `predictions will be kept for ${keptFor(ms)}`);
  const times = [...new Set([...TIMES, endpoint.keep_ms])].toSorted((a, b) => a - b);
  return (
    <div className="stack">
      <div className="bar">
        <Choice
          label="Keep of each answer"
          value={endpoint.records}
          options={(['all', 'outputs', 'none'] as const).map((value) => ({ value, label: KEPT[value] }))}
          onChange={(records) => {
            change({ records }, `${KEPT[records]} will be kept of the next answers`).catch(setProblem);
          }}
        />
        <Choice
          label="For"
          value={String(endpoint.keep_ms)}
          options={times.map((ms) => ({ value: String(ms), label: keptFor(ms) }))}
          onChange={(chosen) => {
            const ms = Number(chosen);
            if (ms < endpoint.keep_ms) setShorter(ms);
            else keepFor(ms).catch(setProblem);
          }}
        />
        <Choice
          label="Of"
          value={String(endpoint.sample)}
          options={[...new Set([...SHARES, endpoint.sample])]
            .toSorted((a, b) => b - a)
            .map((share) => ({
              value: String(share),
              label: share === 1 ? 'all predictions' : `${percent(share)} of predictions`,
            }))}
          onChange={(chosen) => {
            const sample = Number(chosen);
            change({ sample }, `${percent(sample)} of the next predictions will be recorded`).catch(
              setProblem,
            );
          }}
        />
        <span className="faint">
          Parquet files that DuckDB and pandas read. What was kept before stays until its time is over.
        </span>
      </div>
      <RecordedColumns
        columns={endpoint.columns}
        inputs={inputs.map(({ name }) => name)}
        change={(column, rule, said) => {
          change({ columns: { [column]: rule } }, said).catch(setProblem);
        }}
      />
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
      {shorter !== undefined && (
        <Ask
          title={`Keep predictions for ${keptFor(shorter)} only?`}
          description="What is older is deleted within the hour, with its outcomes and the signals of that time. It cannot be had again."
          action="Delete what is older"
          danger
          run={() => keepFor(shorter)}
          onClose={() => setShorter(undefined)}
        />
      )}
      {problem !== undefined && <Failure error={problem} />}
      <FoundTable
        found={found}
        label={`Recorded predictions of ${endpoint.name}`}
        columns={COLUMNS}
        rowId={({ id }) => id}
        maxHeight={520}
        empty={
          <p className="muted">
            No file is whole yet: one is written after ten minutes with answers, or after enough of them.
          </p>
        }
        lines={5}
      />
    </div>
  );
}
