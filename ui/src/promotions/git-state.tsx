import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { proposeGitOps, syncGitOps, type GitOps, type TargetState } from '../../../src/gitops/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { shortId } from '../kit/format.ts';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';

const TONES: Readonly<Record<TargetState, Tone>> = {
  in_sync: 'good',
  on_the_way: 'live',
  waiting: 'neutral',
  blocked: 'bad',
  drift: 'warn',
};

/** How an environment stands beside the file that it follows: each endpoint where they differ, and why. */
export function GitState({ git }: { git: GitOps }): ReactElement {
  const [proposing, setProposing] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const differing = git.targets.filter(({ state }) => state !== 'in_sync');
  const blocked = differing.some(({ state }) => state === 'blocked');
  const sync = (retry: boolean): void => {
    setProblem(undefined);
    call(syncGitOps, { params: { environment: git.environment }, body: retry ? { retry } : {} })
      .then(() => say('The branch is looked at'))
      .catch(setProblem);
  };
  return (
    <div className="environment-git">
      <p>
        {git.in_sync ? (
          <Badge tone="good" dot>
            as Git says
          </Badge>
        ) : git.problem !== undefined ? (
          <Badge tone="bad" dot>
            cannot be read
          </Badge>
        ) : git.commit === undefined ? (
          <Badge dot>not read yet</Badge>
        ) : (
          <Badge tone="warn" dot>
            {differing.length} {differing.length === 1 ? 'differs' : 'differ'}
          </Badge>
        )}{' '}
        <code>{git.file}</code> of {git.branch} in {git.host}
        {git.commit !== undefined && <> at {shortId(git.commit)}</>}
        {git.looked_at !== undefined && (
          <>
            , looked at <TimeAgo time={git.looked_at} />
          </>
        )}
        {git.mode === 'report' && <>; only reported</>}
      </p>
      {git.late === true && <p role="alert">Its host was not heard of since; what it said last holds.</p>}
      {git.problem !== undefined && <p role="alert">Nothing is applied: {git.problem}</p>}
      {differing.length > 0 && (
        <ul>
          {differing.map((one) => (
            <li key={one.endpoint}>
              <Badge tone={TONES[one.state]}>{one.state.replaceAll('_', ' ')}</Badge>{' '}
              {one.release === undefined ? (
                one.endpoint
              ) : (
                <Link to="/releases/$release" params={{ release: one.release }}>
                  {one.endpoint}
                </Link>
              )}
              : {one.says}
            </li>
          ))}
        </ul>
      )}
      {git.unnamed.length > 0 && (
        <p className="faint">
          The file says nothing of{' '}
          {git.unnamed.map(({ endpoint, model, version }) => `${endpoint} (${model} v${version})`).join(', ')}
        </p>
      )}
      {problem !== undefined && <Failure error={problem} />}
      <div className="row">
        <Button look="quiet" icon="loop" onClick={() => sync(false)}>
          Look now
        </Button>
        {blocked && (
          <Button look="quiet" icon="play" onClick={() => sync(true)}>
            Try again
          </Button>
        )}
        <Button look="quiet" icon="send" onClick={() => setProposing(true)}>
          Propose
        </Button>
      </div>
      {proposing && <ProposeDialog git={git} onClose={() => setProposing(false)} />}
    </div>
  );
}

function ProposeDialog({ git, onClose }: { git: GitOps; onClose(): void }): ReactElement {
  const [model, setModel] = useState('');
  const [version, setVersion] = useState('');
  const [why, setWhy] = useState('');
  return (
    <Ask
      title={`Propose what runs in ${git.environment}`}
      description={`A branch of ${git.host} is pushed on which ${git.file} says what runs, with another version of a model where you name one. Nothing changes before somebody merges it.`}
      action="Push the branch"
      disabled={(model === '') !== (version === '')}
      run={async () => {
        const made = await call(proposeGitOps, {
          params: { environment: git.environment },
          body: {
            ...(model === '' ? {} : { models: { [model]: Number(version.replace(/^v/, '')) } }),
            ...(why.trim() === '' ? {} : { why: why.trim() }),
          },
        });
        await queries.invalidateQueries();
        say(`${made.branch} is pushed`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Model"
            hint="Empty: only what runs"
            value={model}
            onChange={(event) => setModel(event.target.value)}
            error={error('model')}
          />
          <TextField
            label="Version"
            inputMode="numeric"
            value={version}
            onChange={(event) => setVersion(event.target.value)}
            error={error('version') ?? error('file')}
          />
          <TextField label="Why" value={why} onChange={(event) => setWhy(event.target.value)} />
        </>
      )}
    </Ask>
  );
}
