import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { downloadOutput, type ExecutionDetail, type Step } from '../../../src/pipelines/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { Status } from '../kit/badge.tsx';
import { buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { Section } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { Log } from './log.tsx';
import { mentioned, stepIsOver } from './moments.ts';
import { Usage } from './usage.tsx';
import { Why } from './why.tsx';

export interface StepSearch {
  view?: 'why' | 'log' | 'io' | 'usage' | undefined;
  find?: string | undefined;
}

/** One step, whole: why it ran, what it said, what it read and made, what it cost. */
export function StepPanel({
  execution,
  step,
  search,
  set,
}: {
  execution: ExecutionDetail;
  step: Step;
  search: StepSearch;
  set(change: StepSearch): void;
}): ReactElement {
  // Who comes to a step that failed or runs comes for what it says.
  const usual = step.state === 'failed' || step.state === 'running' ? 'log' : 'why';
  return (
    <Section
      title={`Step ${step.name}`}
      actions={
        <>
          <Status status={step.state} />
          {step.run_id !== undefined && (
            <Link to="/runs/$run" params={{ run: step.run_id }} className={buttonClass('quiet')}>
              <Icon name="run" />
              <span>Its run</span>
            </Link>
          )}
        </>
      }
    >
      <div className="stack">
        <CodeBlock prompt text={step.command.trim()} label={`Command of ${step.name}`} />
        {step.outcome && step.outcome.reason !== 'ok' && (
          <p className="verdict verdict-bad" role="status">
            <Icon name="alert" />
            <span>
              <strong>{step.state === 'cancelled' ? 'Cancelled' : 'It failed'}.</strong>{' '}
              {step.outcome.message}
            </span>
          </p>
        )}
        {step.outcome?.warnings && step.outcome.warnings.length > 0 && (
          <div className="stack" role="note" aria-label={`Left out of ${step.name}`}>
            {step.outcome.warnings.map((warning) => (
              <p key={warning} className="verdict verdict-warn">
                <Icon name="alert" />
                <span>{warning}</span>
              </p>
            ))}
          </div>
        )}
        <Tabs
          label={`Parts of ${step.name}`}
          value={search.view ?? usual}
          onChange={(value) => set({ view: value === usual ? undefined : value })}
          tabs={[
            { value: 'why', label: 'Why', panel: <Why execution={execution.id} step={step} /> },
            {
              value: 'log',
              label: 'Log',
              panel: <StepLogPanel execution={execution} step={step} search={search} set={set} />,
            },
            {
              value: 'io',
              label: 'In and out',
              count: step.outputs.length || undefined,
              panel: <InAndOut execution={execution} step={step} />,
            },
            { value: 'usage', label: 'Time and resources', panel: <Usage step={step} /> },
          ]}
        />
      </div>
    </Section>
  );
}

function StepLogPanel({
  execution,
  step,
  search,
  set,
}: {
  execution: ExecutionDetail;
  step: Step;
  search: StepSearch;
  set(change: StepSearch): void;
}): ReactElement {
  if (step.state === 'cached' && step.cached_from) {
    return (
      <p className="muted">
        Nothing ran here. What it said when it did is in{' '}
        <Link
          to="/executions/$execution"
          params={{ execution: step.cached_from.execution }}
          search={{ step: step.cached_from.step, view: 'log' }}
        >
          #{step.cached_from.number}
        </Link>
        .
      </p>
    );
  }
  if (step.attempt === 0)
    return (
      <p className="muted">
        {stepIsOver(step.state) ? 'It did not run, so it said nothing.' : 'It has not begun.'}
      </p>
    );
  return (
    <Log
      key={`${execution.id} ${step.name} ${step.attempt}`}
      execution={execution.id}
      number={execution.number}
      pipeline={execution.pipeline}
      step={step.name}
      bytes={step.log_bytes}
      going={!stepIsOver(step.state)}
      find={search.find ?? ''}
      onFind={(words) => set({ find: words || undefined })}
    />
  );
}

function InAndOut({ execution, step }: { execution: ExecutionDetail; step: Step }): ReactElement {
  const names = mentioned(step.command);
  const data = execution.data.filter(({ name }) => names.has(name));
  const from = execution.steps
    .filter(({ name }) => step.needs.includes(name))
    .flatMap((one) =>
      one.outputs.filter((output) => names.has(output.name)).map((output) => ({ step: one.name, ...output })),
    );
  const params = execution.params.filter(({ name }) => names.has(name));
  return (
    <div className="stack">
      <h3>Read</h3>
      {data.length + from.length === 0 ? (
        <p className="muted">
          {step.needs.length === 0
            ? 'Nothing but its code.'
            : `What ${step.needs.join(' and ')} made, once it is there.`}
        </p>
      ) : (
        <Listing
          label="What the step reads"
          bare
          rows={[
            ...data.map(({ name, dataset, version, hash }) => ({
              name,
              digest: hash,
              size: undefined,
              dataset,
              version,
              step: undefined,
            })),
            ...from.map(({ name, digest, size, step: maker }) => ({
              name,
              digest,
              size,
              dataset: undefined,
              version: undefined,
              step: maker,
            })),
          ]}
          rowKey={({ name }) => name}
          columns={[
            { key: 'name', head: 'Name', cell: ({ name }) => <code>{`{${name}}`}</code> },
            {
              key: 'from',
              head: 'From',
              cell: ({ dataset, version, step: maker }) =>
                dataset !== undefined ? (
                  <Link to="/datasets/$dataset/versions/$version" params={{ dataset, version }}>
                    {dataset}@{version}
                  </Link>
                ) : (
                  <Link
                    from="/executions/$execution"
                    to="/executions/$execution"
                    search={(now) => ({ ...now, step: maker })}
                    resetScroll={false}
                  >
                    step {maker}
                  </Link>
                ),
            },
            {
              key: 'size',
              head: 'Size',
              numeric: true,
              cell: ({ size }) => (size === undefined ? '' : formatBytes(size)),
            },
            {
              key: 'digest',
              head: 'BLAKE3',
              wideOnly: true,
              cell: ({ digest }) => <HashText hash={digest} />,
            },
          ]}
        />
      )}
      {params.length > 0 && (
        <>
          <h3>Parameters</h3>
          <Listing
            label="Parameters that the step mentions"
            bare
            rows={params}
            rowKey={({ name }) => name}
            columns={[
              { key: 'name', head: 'Name', cell: ({ name }) => <code>{`{${name}}`}</code> },
              { key: 'value', head: 'Value', cell: ({ value }) => String(value) },
              {
                key: 'from',
                head: 'Set by',
                cell: ({ from: who }) => (who === 'file' ? 'the file' : 'whoever asked for it'),
              },
            ]}
          />
        </>
      )}
      <h3>Made</h3>
      {step.outputs.length === 0 ? (
        <p className="muted">
          {stepIsOver(step.state) ? 'Nothing was kept.' : 'Its outputs appear when it has ended.'}
        </p>
      ) : (
        <Listing
          label="What the step made"
          bare
          rows={step.outputs}
          rowKey={({ name }) => name}
          columns={[
            { key: 'name', head: 'Name', cell: ({ name }) => <code>{`{${name}}`}</code> },
            {
              key: 'path',
              head: 'Path',
              cell: ({ path, kind, files }) => (
                <span>
                  {path}
                  {kind === 'folder' && <span className="faint"> {formatCount(files)} files</span>}
                </span>
              ),
            },
            { key: 'size', head: 'Size', numeric: true, cell: ({ size }) => formatBytes(size) },
            {
              key: 'digest',
              head: 'BLAKE3',
              wideOnly: true,
              cell: ({ digest }) => <HashText hash={digest} />,
            },
            {
              key: 'get',
              head: 'Download',
              hideHead: true,
              cell: ({ name, path, kind }) =>
                kind === 'file' && (
                  <a
                    href={addressOf(downloadOutput, {
                      execution: execution.id,
                      step: step.name,
                      output: name,
                    })}
                    download={path.slice(path.lastIndexOf('/') + 1)}
                    aria-label={`Download ${path}`}
                    title={`Download ${path}`}
                  >
                    <Icon name="download" />
                  </a>
                ),
            },
          ]}
        />
      )}
    </div>
  );
}
