import { useState, type ReactElement } from 'react';
import { setGitHost, type GitHost, type GitHostKind } from '../../../src/githosts/contract.ts';
import { call } from '../api/client.ts';
import { Ask } from '../kit/confirm.tsx';
import { SelectField, TextField } from '../kit/field.tsx';
import { say } from '../kit/toast.tsx';
import { KIND_WORDS } from './git-words.ts';

const ADDRESSES: Readonly<Record<GitHostKind, string>> = {
  github: 'https://github.com',
  gitlab: 'https://gitlab.com',
  gitea: '',
};

/** A connection, or a change of one. The token is taken and never shown; what is left empty stays as it is. */
export function GitHostDialog({
  host,
  onClose,
  onDone,
}: {
  host?: GitHost;
  onClose(): void;
  onDone(host: GitHost): Promise<void>;
}): ReactElement {
  const [name, setName] = useState(host?.name ?? '');
  const [kind, setKind] = useState<GitHostKind>(host?.kind ?? 'github');
  const [url, setUrl] = useState(host?.url ?? ADDRESSES.github);
  const [repository, setRepository] = useState(host?.repository ?? '');
  const [file, setFile] = useState(host?.file ?? 'treadle.yaml');
  const [token, setToken] = useState('');
  const elsewhere =
    host !== undefined && (host.kind !== kind || host.url !== url || host.repository !== repository);
  const [made, setMade] = useState<GitHost>();
  return (
    <Ask
      title={host ? `Change ${host.name}` : 'Connect a repository'}
      {...(elsewhere
        ? { description: 'Another place: token and webhook secret do not follow there, and are dropped.' }
        : {})}
      action={host ? 'Change it' : 'Connect it'}
      disabled={name === '' || url === '' || repository === ''}
      run={async () => {
        const done = await call(setGitHost, {
          params: { host: name },
          body: { kind, url, repository, file, ...(token === '' ? {} : { token }) },
        });
        say(`${done.name} checks ${done.repository}`);
        setMade(done);
      }}
      onClose={() => {
        onClose();
        if (made) void onDone(made);
      }}
    >
      {(error) => (
        <>
          {!host && (
            <TextField
              label="Name"
              hint="The status beside a commit is called treadle/NAME"
              value={name}
              onChange={(event) => setName(event.target.value.toLowerCase())}
              error={error('host')}
            />
          )}
          <SelectField
            label="Host"
            value={kind}
            options={(['github', 'gitlab', 'gitea'] as const).map((value) => ({
              value,
              label: KIND_WORDS[value],
            }))}
            onChange={(value) => {
              setKind(value);
              if (!host && Object.values(ADDRESSES).includes(url)) setUrl(ADDRESSES[value]);
            }}
          />
          <TextField
            label="Address"
            hint="One inside your network is opened with --allow-outbound HOST:PORT"
            value={url}
            onChange={(event) => setUrl(event.target.value.trim())}
            error={error('url')}
          />
          <TextField
            label="Repository"
            hint="owner/name"
            value={repository}
            onChange={(event) => setRepository(event.target.value.trim())}
            error={error('repository')}
          />
          <TextField
            label="Pipeline file"
            hint="Its folder is the project"
            value={file}
            onChange={(event) => setFile(event.target.value.trim())}
            error={error('file')}
          />
          <TextField
            label="Token"
            type="password"
            autoComplete="off"
            hint={
              host?.has_token && !elsewhere
                ? 'Left empty, the one that is set stays. It is never shown.'
                : 'It reads the repository, and writes commit statuses and comments. It is never shown again.'
            }
            value={token}
            onChange={(event) => setToken(event.target.value.trim())}
            error={error('token')}
          />
        </>
      )}
    </Ask>
  );
}
