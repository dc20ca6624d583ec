import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { deleteAlias, setAlias, type Alias, type ModelVersion } from '../../../src/models/contract.ts';
import type { Policy } from '../../../src/governance/contract.ts';
import { whoAmI } from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { guardsAlias } from '../approvals/guards-alias.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { TextField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { say } from '../kit/toast.tsx';
import { refreshModel } from './refresh.ts';
import '../kit/badge.css';

/** The aliases of a model, each with where it points. */
export function Aliases({ model, aliases }: { model: string; aliases: readonly Alias[] }): ReactElement {
  return (
    <span className="row">
      {aliases.map(({ alias, version }) => (
        <Link
          key={alias}
          to="/models/$model/versions/$version"
          params={{ model, version: `@${alias}` }}
          className="badge badge-accent alias"
          title={`@${alias} is v${version}`}
        >
          {alias} <span className="alias-version">v{version}</span>
        </Link>
      ))}
    </span>
  );
}

/** The aliases of one version, with what adds and removes them. */
export function AliasEditor({
  version,
  all,
  policies,
}: {
  version: ModelVersion;
  all: readonly Alias[];
  policies: readonly Policy[];
}): ReactElement {
  const me = useQuery(api(whoAmI, {}));
  const mayManage = me.data?.may.includes('admin') ?? false;
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  return (
    <span className="row row-wrap">
      {version.aliases.map((alias) => (
        <span key={alias} className="badge badge-accent alias">
          {alias}
          {/* What is guarded an admin alone takes away. */}
          {(mayManage || !guardsAlias(policies, { model: version.model, alias })) && (
            <button
              type="button"
              className="alias-remove"
              aria-label={`Remove alias ${alias}`}
              title={`Remove alias ${alias}`}
              onClick={() => setRemoving(alias)}
            >
              <Icon name="close" size={11} />
            </button>
          )}
        </span>
      ))}
      <Button look="quiet" icon="tag" onClick={() => setAdding(true)}>
        Set alias
      </Button>
      {adding && <SetAlias version={version} all={all} onClose={() => setAdding(false)} />}
      {removing !== undefined && (
        <RemoveAlias version={version} alias={removing} onClose={() => setRemoving(undefined)} />
      )}
    </span>
  );
}

function SetAlias({
  version,
  all,
  onClose,
}: {
  version: ModelVersion;
  all: readonly Alias[];
  onClose(): void;
}): ReactElement {
  const [alias, setText] = useState('');
  const [reason, setReason] = useState('');
  const name = alias.trim();
  const before = all.find((one) => one.alias === name);
  const moves = before !== undefined && before.version !== version.version;
  return (
    <Ask
      title={`Set an alias for v${version.version}`}
      action={moves ? `Move ${name} here` : 'Set alias'}
      disabled={name === ''}
      run={async () => {
        await call(setAlias, {
          params: { model: version.model, alias: name },
          body: { version: version.version, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
        });
        await refreshModel(version.model);
        say(`${name} is v${version.version} of ${version.model}`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Alias"
            list="known-aliases"
            placeholder="champion"
            value={alias}
            maxLength={255}
            onChange={(event) => setText(event.target.value)}
            error={error('alias')}
            hint={moves ? undefined : 'A name that programs load by: champion, challenger, staging'}
          />
          <datalist id="known-aliases">
            {[...new Set([...all.map((one) => one.alias), 'champion', 'challenger'])].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </datalist>
          {moves && (
            <p className="notice" role="status">
              <Icon name="alert" />
              <span>
                <strong>{name}</strong> is v{before.version} now. From then on whatever loads{' '}
                <code>
                  models:/{version.model}@{name}
                </code>{' '}
                gets v{version.version}.
              </span>
            </p>
          )}
          <ReasonField value={reason} onChange={setReason} error={error('reason')} />
        </>
      )}
    </Ask>
  );
}

function RemoveAlias({
  version,
  alias,
  onClose,
}: {
  version: ModelVersion;
  alias: string;
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate({ from: '/models/$model/versions/$version' });
  const [reason, setReason] = useState('');
  return (
    <Ask
      title={`Remove alias ${alias}?`}
      description={`The version stays. What loads models:/${version.model}@${alias} fails until the alias is set again.`}
      action="Remove"
      danger
      run={async () => {
        await call(deleteAlias, {
          params: { model: version.model, alias },
          query: reason.trim() === '' ? {} : { reason: reason.trim() },
        });
        // The page may stand at the alias that is gone.
        await navigate({
          to: '/models/$model/versions/$version',
          params: { model: version.model, version: String(version.version) },
          search: (now) => now,
          replace: true,
        });
        await refreshModel(version.model);
        say(`Alias ${alias} is removed`);
      }}
      onClose={onClose}
    >
      {(error) => <ReasonField value={reason} onChange={setReason} error={error('reason')} />}
    </Ask>
  );
}
