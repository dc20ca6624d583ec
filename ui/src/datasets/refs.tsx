import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  listDatasets,
  moveBranch,
  protectBranch,
  setTag,
  type DatasetVersion,
  type Ref,
} from '../../../src/data/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { TextField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { say } from '../kit/toast.tsx';
import '../kit/badge.css';

/** A branch or tag, leading to the version it points at. */
export function RefBadge(props: {
  dataset: string;
  name: string;
  kind: Ref['kind'];
  version: string;
  withVersion?: boolean;
}): ReactElement {
  return (
    <Link
      to="/datasets/$dataset/versions/$version"
      params={{ dataset: props.dataset, version: props.name }}
      className={`badge ref ${props.kind === 'branch' ? 'badge-accent' : ''}`}
      title={`${props.kind} ${props.name} is ${props.version}`}
    >
      <Icon name={props.kind === 'branch' ? 'branch' : 'tag'} size={12} />
      <span className="truncate">{props.name}</span>
      {props.withVersion && <span className="ref-version">{props.version}</span>}
    </Link>
  );
}

const refresh = (dataset: string) =>
  queries.invalidateQueries({
    predicate: ({ queryKey }) =>
      JSON.stringify(queryKey).includes(listDatasets.path) &&
      JSON.stringify(queryKey).includes(JSON.stringify(dataset)),
  });

interface AskProps {
  version: DatasetVersion;
  refs: readonly Ref[];
  onClose(): void;
}

export function TagVersion({ version, onClose }: AskProps): ReactElement {
  const [name, setName] = useState('');
  return (
    <Ask
      title={`Tag ${version.dataset}@${version.name}`}
      description="A tag is a name that never moves: what a paper or a contract can point at."
      action="Tag it"
      disabled={name.trim() === ''}
      run={async () => {
        await call(setTag, {
          params: { dataset: version.dataset, tag: name.trim() },
          body: { to: version.id },
        });
        await refresh(version.dataset);
        say(`${name.trim()} is ${version.dataset}@${version.name}`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <TextField
          label="Tag"
          placeholder="paper-2026"
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          error={error('tag') ?? error('ref') ?? error('name')}
        />
      )}
    </Ask>
  );
}

/** A branch that takes merged proposals alone, or no longer. */
export function ProtectBranch({
  dataset,
  branch,
  onClose,
}: {
  dataset: string;
  branch: Ref;
  onClose(): void;
}): ReactElement {
  const held = branch.protected === true;
  return (
    <Ask
      title={held ? `Protect ${branch.name} no longer?` : `Protect ${branch.name}?`}
      description={
        held
          ? 'Whoever may write the dataset commits to it and moves it again.'
          : 'It takes merged proposals alone, and only those that a pipeline has checked and let pass.'
      }
      action={held ? 'Protect it no longer' : 'Protect it'}
      danger={held}
      run={async () => {
        await call(protectBranch, { params: { dataset, branch: branch.name }, body: { protected: !held } });
        await refresh(dataset);
        say(held ? `${branch.name} is protected no longer` : `${branch.name} is protected`);
      }}
      onClose={onClose}
    />
  );
}

/** Rolling back is moving a branch; so is starting one. */
export function MoveBranch({ version, refs, onClose }: AskProps): ReactElement {
  const [branch, setBranch] = useState('main');
  const [reason, setReason] = useState('');
  const name = branch.trim();
  const now = refs.find((ref) => ref.name === name && ref.kind === 'branch');
  const same = now?.version_id === version.id;
  return (
    <Ask
      title={`Point a branch at ${version.dataset}@${version.name}`}
      action={now ? 'Move the branch' : 'Make the branch'}
      disabled={name === '' || same || (now !== undefined && reason.trim() === '')}
      run={async () => {
        await call(moveBranch, {
          params: { dataset: version.dataset, branch: name },
          body: {
            to: version.id,
            expected: now?.version_id ?? null,
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          },
        });
        await refresh(version.dataset);
        say(`${name} is ${version.dataset}@${version.name}`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Branch"
            list="known-branches"
            value={branch}
            maxLength={100}
            onChange={(event) => setBranch(event.target.value)}
            error={error('branch')}
          />
          <datalist id="known-branches">
            {refs
              .filter(({ kind }) => kind === 'branch')
              .map((ref) => (
                <option key={ref.name} value={ref.name}>
                  {ref.name}
                </option>
              ))}
          </datalist>
          <p className="notice" role="status">
            <Icon name={now && !same ? 'alert' : 'branch'} />
            <span>
              {same ? (
                `${name} is at ${version.name} already.`
              ) : now ? (
                <>
                  <strong>{name}</strong> is at {now.version}. From then on{' '}
                  <code>
                    {version.dataset}@{name}
                  </code>{' '}
                  means {version.name}; {now.version} stays and can be gone back to.
                </>
              ) : (
                `${name || 'It'} is new. It begins at ${version.name}.`
              )}
            </span>
          </p>
          <ReasonField value={reason} onChange={setReason} error={error('reason')} optional={!now} />
        </>
      )}
    </Ask>
  );
}
