import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { beginOidc, signIn, signInWays, signOut } from '../../../src/access/contract.ts';
import { api, call, type ApiError } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { TextField } from '../kit/field.tsx';
import { Mark } from '../kit/icons.tsx';
import { describe } from '../kit/toast.tsx';
import './sign-in.css';

/** Its own page: a full address, since another person sees other pages. */
export const SIGN_IN = '/sign-in';

/** How somebody came back from the provider. */
const CAME: Readonly<Record<string, string | undefined>> = {
  'no-role':
    'You are known now, and have no role here yet, or your account is disabled. Ask an admin of your workspace for a role, then sign in again.',
  unreachable:
    'The provider of your organisation cannot be asked now. The server log says why; an owner of the server mends it.',
  refused: 'That sign-in was refused. Begin it again; the server log says why.',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Instead of every page, while the server does not know who asks; and a page of its own, for whoever it takes for the machine's owner. */
export function SignIn({ refused }: { refused?: ApiError }): ReactElement {
  const ways = useQuery({ ...api(signInWays, {}), staleTime: Infinity });
  const came = CAME[new URLSearchParams(location.search).get('sign-in') ?? ''];
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const entering = useMutation({
    mutationFn: () => call(signIn, { body: { name: name.trim(), password } }),
    // What was read before was not theirs: everything is asked anew.
    onSuccess: () => (refused ? location.reload() : location.assign('/')),
  });
  const leaving = useMutation({ mutationFn: () => call(signOut, {}), onSuccess: () => location.reload() });
  const stale =
    refused !== undefined && (refused.message.includes('session') || refused.message.includes('disabled'));
  const insecure = !window.isSecureContext;
  return (
    <main id="main" className="sign-in">
      <title>Sign in · Treadle</title>
      <form
        className="sign-in-form panel stack"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (!entering.isPending) entering.mutate();
        }}
      >
        <h1 className="row">
          <Mark size={28} /> Treadle
        </h1>
        {stale && <p className="muted">{capital(refused.message)}.</p>}
        {!refused && (
          <p className="muted">
            As a person you approve, and the ledger says that it was you. <a href="/">Go back</a>
          </p>
        )}
        {came !== undefined && (
          <p className="field-error" role="alert">
            {came}
          </p>
        )}
        {insecure && (
          <p className="field-error" role="note">
            This page came over plain http, where a browser keeps no session: open it by https.
          </p>
        )}
        <TextField
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          value={name}
          maxLength={128}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          maxLength={1024}
          onChange={(event) => setPassword(event.target.value)}
        />
        {entering.error !== null && (
          <p className="field-error" role="alert">
            {describe(entering.error)}
          </p>
        )}
        <Button type="submit" look="primary" disabled={entering.isPending || name === '' || password === ''}>
          Sign in
        </Button>
        {ways.data?.provider === true && (
          // A page of the provider comes next: no link of the router leads there.
          <a className="button sign-in-provider" href={beginOidc.path}>
            Sign in by your organisation
          </a>
        )}
        {stale && (
          <Button look="quiet" onClick={() => leaving.mutate()}>
            Forget the old session
          </Button>
        )}
      </form>
    </main>
  );
}
