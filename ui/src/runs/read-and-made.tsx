import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { getLoggedModel } from '../../../src/models/contract.ts';
import { downloadOutput, type RunStep } from '../../../src/pipelines/contract.ts';
import type { DatasetInput, Run } from '../../../src/tracking/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { api } from '../api/client.ts';
import { Badge } from '../kit/badge.tsx';
import { formatBytes, plural, shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Skeleton } from '../kit/page.tsx';
import { useNames } from '../ledger/names.ts';
import { ResourceAnchor, ResourceLink } from '../ledger/resource-link.tsx';

/** The execution of a pipeline whose step this run tells of. */
export function MadeBy({ execution, step }: { execution: string; step: string | undefined }): ReactElement {
  const names = useNames(useMemo(() => [execution], [execution]));
  return (
    <span className="row row-wrap">
      <ResourceLink resource={execution} name={names.get(execution)} />
      {step !== undefined && (
        <Link
          to="/executions/$execution"
          params={{ execution: execution.slice('execution:'.length) }}
          search={{ step }}
        >
          step {step}
        </Link>
      )}
    </span>
  );
}

/** What clients said that it read, and what its pipeline gave it: versions of datasets, outputs of other steps. */
export function Reads({
  run,
  step,
  waiting,
}: {
  run: Run;
  step: RunStep | undefined;
  waiting: boolean;
}): ReactElement {
  const known = new Set(run.inputs.map(({ version }) => version));
  const data = step?.data.filter(({ version_id }) => !known.has(version_id)) ?? [];
  if (run.inputs.length + data.length + (step ? step.read.length + step.lost.length : 0) === 0)
    return waiting ? (
      <Skeleton lines={2} />
    ) : step ? (
      <p className="muted">Nothing but its code.</p>
    ) : (
      <p className="muted">
        None was recorded. <code>mlflow.log_input(…)</code> or a pipeline does it.
      </p>
    );
  return (
    <ul className="things">
      {run.inputs.map((input) => (
        <li key={`${input.name} ${input.digest} ${input.context}`}>
          <Input input={input} />
        </li>
      ))}
      {data.map(({ name, dataset, version, version_id }) => (
        <li key={name}>
          <ResourceAnchor resource={`dataset_version:${version_id}`} className="row">
            <Icon name="data" />
            <span className="truncate">
              {dataset}@{version}
            </span>
          </ResourceAnchor>
          <Badge>{name}</Badge>
        </li>
      ))}
      {step?.read.map(({ step: maker, output, run_id }) => (
        <li key={`${maker} ${output.name}`}>
          <span className="row">
            <Icon name="file" />
            <span className="truncate" title={output.path}>
              {output.path}
            </span>
          </span>
          <span className="row row-wrap">
            <Badge>{output.name}</Badge>
            {run_id === undefined ? (
              <span className="faint">of step {maker}</span>
            ) : (
              <Link to="/runs/$run" params={{ run: run_id }}>
                of step {maker}
              </Link>
            )}
          </span>
        </li>
      ))}
      {step?.lost.map((name) => (
        <li key={name} className="faint">
          {name}: what it was is not there any more
        </li>
      ))}
    </ul>
  );
}

function Input({ input }: { input: DatasetInput }): ReactElement {
  const words = (
    <>
      <Icon name="data" />
      <span className="truncate">{input.version_ref ?? input.name}</span>
    </>
  );
  return (
    <>
      {input.version === undefined ? (
        <span className="row" title={input.source}>
          {words}
        </span>
      ) : (
        <ResourceAnchor resource={`dataset_version:${input.version}`} className="row">
          {words}
        </ResourceAnchor>
      )}
      <span className="row">
        {input.context !== undefined && <Badge>{input.context}</Badge>}
        <code className="faint" title={`digest ${input.digest}`}>
          {shortId(input.digest)}
        </code>
      </span>
    </>
  );
}

/** The outputs of its step; of an execution's run, those of all steps that ran. */
export function Made({ step }: { step: RunStep }): ReactElement {
  return (
    <ul className="things">
      {step.made.map(({ step: maker, output: { name, path, kind, size, files } }) => (
        <li key={`${maker} ${name}`}>
          <span className="row">
            <Icon name="file" />
            {kind === 'file' ? (
              <a
                className="truncate"
                href={addressOf(downloadOutput, { execution: step.execution, step: maker, output: name })}
                download={path.slice(path.lastIndexOf('/') + 1)}
                title={`Download ${path}`}
              >
                {path}
              </a>
            ) : (
              <span className="truncate" title={path}>
                {path}
              </span>
            )}
          </span>
          <span className="row row-wrap">
            <Badge>{step.step === undefined ? `${maker}.${name}` : name}</Badge>
            <span className="faint">
              {kind === 'folder' && `${plural(files, 'file')}, `}
              {formatBytes(size)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What the run packaged, and the registered versions that came of it. */
export function Models({
  run,
  step,
  waiting,
}: {
  run: Run;
  step: RunStep | undefined;
  waiting: boolean;
}): ReactElement {
  const ids = [...new Set(run.outputs.map(({ model }) => model))];
  const models = useQueries({ queries: ids.map((id) => api(getLoggedModel, { params: { id } })) });
  const shown = new Set(
    models.flatMap(({ data }) => data?.versions.map(({ model, version }) => `${model}/${version}`) ?? []),
  );
  const others = step?.models.filter(({ name, version }) => !shown.has(`${name}/${version}`)) ?? [];
  if (ids.length + others.length === 0)
    return waiting ? <Skeleton lines={1} /> : <p className="muted">None was logged.</p>;
  return (
    <ul className="things">
      {ids.map((id, i) => {
        const found = models[i]?.data;
        return (
          <li key={id}>
            <span className="row">
              <Icon name="model" />
              <span className="truncate" title={id}>
                {found?.logged_model.name ?? shortId(id)}
              </span>
            </span>
            <span className="row row-wrap">
              {found?.versions.map((version) => (
                <Version key={version.ref} name={version.model} version={version.version} />
              ))}
              {found && found.versions.length === 0 && <span className="faint">not registered</span>}
            </span>
          </li>
        );
      })}
      {others.map(({ name, version }) => (
        <li key={`${name}/${version}`}>
          <span className="row">
            <Icon name="model" />
            <Version name={name} version={version} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Version({ name, version }: { name: string; version: number }): ReactElement {
  return (
    <Link to="/models/$model/versions/$version" params={{ model: name, version: String(version) }}>
      {name} v{version}
    </Link>
  );
}
