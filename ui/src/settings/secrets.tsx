import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { deleteSecret, listSecrets, setSecret, type Secret } from '../../../src/secrets/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';

const secretsQuery = api(listSecrets, {}, ['secret:*']);
const refresh = () => queries.invalidateQueries({ queryKey: secretsQuery.queryKey });
const nameOf = ({ name, environment }: Pick<Secret, 'name' | 'environment'>): string =>
  environment === undefined ? name : `${environment}:${name}`;

/** Values that steps of pipelines get: their names, since nobody is shown what they are. */
export function Secrets({ mayManage }: { mayManage: boolean }): ReactElement {
  const found = useQuery(secretsQuery);
  const [setting, setSetting] = useState<Secret | 'new'>();
  const [removing, setRemoving] = useState<Secret>();
  const columns: ListingColumn<Secret>[] = [
    { key: 'name', head: 'Secret', cell: (one) => <code>{nameOf(one)}</code> },
    { key: 'version', head: 'Value', cell: ({ version }) => `no. ${version}` },
    { key: 'for', head: 'Pipelines that may name it', cell: ({ pipelines }) => pipelines.join(', ') },
    {
      key: 'when',
      head: 'Set',
      cell: ({ updated_at, updated_by }) => (
        <>
          <TimeAgo time={updated_at} /> by {updated_by}
        </>
      ),
    },
    ...(mayManage
      ? [
          {
            key: 'change',
            head: 'Change it',
            cell: (one: Secret) => (
              <span className="row">
                <Button
                  look="quiet"
                  icon="note"
                  label={`Another value for ${nameOf(one)}`}
                  onClick={() => setSetting(one)}
                />
                <Button
                  look="quiet"
                  icon="trash"
                  label={`Remove ${nameOf(one)}`}
                  onClick={() => setRemoving(one)}
                />
              </span>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section
      title="Secrets"
      actions={
        mayManage && (
          <Button icon="plus" onClick={() => setSetting('new')}>
            New secret
          </Button>
        )
      }
    >
      {found.isPending ? (
        <Skeleton lines={2} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : found.data.items.length === 0 ? (
        <Empty icon="key" title="There is no secret">
          <p>
            Steps of pipelines get secrets that they name, <code>secrets: [DB_URL]</code>, as environment
            variables; logs hide them.
          </p>
        </Empty>
      ) : (
        <Listing<Secret> label="Secrets" bare rows={found.data.items} rowKey={nameOf} columns={columns} />
      )}
      {setting !== undefined && (
        <SetSecret
          {...(setting === 'new' ? {} : { secret: setting })}
          onClose={() => setSetting(undefined)}
        />
      )}
      {removing && (
        <Ask
          title={`Remove ${nameOf(removing)}?`}
          description="Steps that name it fail from then on."
          action="Remove"
          danger
          run={async () => {
            const { name, environment } = removing;
            await call(deleteSecret, {
              params: { secret: name },
              query: environment === undefined ? {} : { environment },
            });
            await refresh();
          }}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Section>
  );
}

function SetSecret({ secret, onClose }: { secret?: Secret; onClose(): void }): ReactElement {
  const [name, setName] = useState(secret?.name ?? '');
  const [environment, setEnvironment] = useState(secret?.environment ?? '');
  const [pipelines, setPipelines] = useState((secret?.pipelines ?? ['*']).join(', '));
  const [value, setValue] = useState('');
  return (
    <Ask
      title={secret ? `Another value for ${nameOf(secret)}` : 'New secret'}
      description="Nobody is shown it again, and the value before is gone."
      action="Set it"
      disabled={name === '' || value.length < 8}
      run={async () => {
        await call(setSecret, {
          params: { secret: name },
          query: environment === '' ? {} : { environment },
          body: { value, pipelines: pipelines.split(/[\s,]+/).filter((one) => one !== '') },
        });
        await refresh();
        say(`${name} is set`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {!secret && (
            <>
              <TextField
                label="Name"
                hint="DB_URL: the variable that a step gets it in"
                mono
                value={name}
                onChange={(event) => setName(event.target.value.toUpperCase())}
                error={error('secret')}
              />
              <TextField
                label="Environment"
                hint="Empty: of the workspace"
                value={environment}
                onChange={(event) => setEnvironment(event.target.value.toLowerCase())}
                error={error('environment')}
              />
            </>
          )}
          <TextField
            label="Value"
            type="password"
            autoComplete="off"
            hint="At least 8 characters"
            value={value}
            onChange={(event) => setValue(event.target.value)}
            error={error('value')}
          />
          <TextField
            label="Pipelines that may name it"
            hint="* stands for any letters; several with commas"
            value={pipelines}
            onChange={(event) => setPipelines(event.target.value)}
            error={error('pipelines')}
          />
        </>
      )}
    </Ask>
  );
}
