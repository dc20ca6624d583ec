import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { createRequest, type Target } from '../../../src/governance/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { SelectField, TextField } from '../kit/field.tsx';
import { ReasonField } from '../kit/reason-field.tsx';

type Kind = 'alias' | 'stage' | 'endpoint';

/** Asks people for a version at a guarded place. */
export function AskDialog({
  about,
  onClose,
}: {
  /** The version that it is asked for, where that is known. */
  about?: { model: string; version: number };
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate();
  const [model, setModel] = useState(about?.model ?? '');
  const [version, setVersion] = useState(String(about?.version ?? 'latest'));
  const [kind, setKind] = useState<Kind>('alias');
  const [name, setName] = useState('champion');
  const [why, setWhy] = useState('');
  const target: Target =
    kind === 'alias'
      ? { alias: name }
      : kind === 'endpoint'
        ? { endpoint: name }
        : { stage: name === 'Staging' ? 'Staging' : 'Production' };
  return (
    <Ask
      title="Ask for approval"
      description="What people approve is exactly this: the files of the version, its newest evaluation, what is written of it, and the policies as they are now."
      action="Ask"
      disabled={model === '' || version === '' || name === '' || why.trim() === ''}
      run={async () => {
        const made = await call(createRequest, { body: { model, version, target, why: why.trim() } });
        await queries.invalidateQueries();
        await navigate({ to: '/requests/$request', params: { request: made.id } });
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Model"
            value={model}
            onChange={(event) => setModel(event.target.value)}
            error={error('model') ?? error('name')}
          />
          <TextField
            label="Version"
            hint="3, latest or @alias"
            value={version}
            onChange={(event) => setVersion(event.target.value)}
            error={error('version')}
          />
          <SelectField
            label="What shall point at it"
            value={kind}
            options={[
              { value: 'alias', label: 'an alias of the model' },
              { value: 'endpoint', label: 'an endpoint' },
              { value: 'stage', label: 'a stage (MLflow’s older way)' },
            ]}
            onChange={(next) => {
              setKind(next);
              setName(next === 'alias' ? 'champion' : next === 'stage' ? 'Production' : '');
            }}
          />
          <TextField
            label={kind === 'alias' ? 'Alias' : kind === 'endpoint' ? 'Endpoint' : 'Stage'}
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={error('target')}
          />
          <ReasonField value={why} onChange={setWhy} error={error('why')} />
        </>
      )}
    </Ask>
  );
}
