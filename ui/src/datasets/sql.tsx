import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { runSql, type TableProfile } from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextArea } from '../kit/field.tsx';
import { formatDuration, plural } from '../kit/format.ts';
import { Empty, Skeleton } from '../kit/page.tsx';
import { shellQuoted } from '../kit/shell-words.ts';
import { sqlName } from './facts.ts';
import { Grid } from './grid.tsx';
import type { PartProps } from './parts.ts';

/** Questions to the version in SQL. What was asked is in the address, so a link shows the answer. */
export function Sql({
  version,
  search,
  set,
  tables,
}: PartProps & { tables: readonly TableProfile[] }): ReactElement {
  const name = sqlName(version.dataset, version.name, tables[0]?.path, tables.length);
  const [draft, setDraft] = useState(search.sql ?? `select * from ${name} limit 100`);
  const asked = search.sql;
  // The same words over the same version give the same answer.
  const answer = useQuery({
    ...api(runSql, { body: { query: asked ?? '' } }),
    enabled: asked !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  const ask = () =>
    draft.trim() === asked ? void answer.refetch() : set({ sql: draft.trim() || undefined });
  const column = tables[0]?.columns?.find(({ top }) => top !== undefined && top.length > 1)?.name;
  const example =
    column === undefined
      ? undefined
      : `select "${column}", count(*) as rows\nfrom ${name}\ngroup by all order by rows desc limit 20`;
  return (
    <div className="stack">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <TextArea
          label="SQL over this version"
          hint={
            <>
              DuckDB’s SQL. Tables are versions in quotes, this one <code>{name}</code>; others can be joined.
              Ctrl Enter runs it.
            </>
          }
          mono
          rows={5}
          spellCheck={false}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              ask();
            }
          }}
        />
        <div className="bar">
          <Button
            type="submit"
            look="primary"
            icon="play"
            disabled={draft.trim() === '' || (asked !== undefined && answer.isFetching)}
          >
            {asked !== undefined && answer.isFetching ? 'Asking…' : 'Run'}
          </Button>
          {example !== undefined && (
            <Button look="quiet" onClick={() => setDraft(example)}>
              Count by {column}
            </Button>
          )}
          {answer.data && (
            <span className="muted" role="status">
              {plural(answer.data.rows.length, 'row')}
              {answer.data.truncated && ' shown, there are more'}, {formatDuration(answer.data.ms)}
            </span>
          )}
        </div>
      </form>
      {asked === undefined ? (
        <Empty icon="table" title="Ask it something">
          <p>
            The query runs on the server, in a process that can read the versions it names and nothing else.
            The same on a command line:
          </p>
          <CodeBlock
            prompt
            text={`treadle data sql ${shellQuoted(`select count(*) from ${name}`)}`}
            label="Command that runs a query"
          />
        </Empty>
      ) : answer.isPending ? (
        <Skeleton lines={6} />
      ) : answer.isError ? (
        <Failure error={answer.error} title="The query was not answered" />
      ) : (
        <>
          {answer.data.notes?.map((note) => (
            <p key={note} className="muted" role="note">
              {note}
            </p>
          ))}
          <Grid label="The answer" columns={answer.data.columns} rows={answer.data.rows} />
          <details>
            <summary>The same on a command line</summary>
            <CodeBlock
              prompt
              text={`treadle data sql ${shellQuoted(asked.replaceAll(/\s+/g, ' '))}`}
              label="Command that runs this query"
            />
          </details>
        </>
      )}
    </div>
  );
}
