import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import type { Static } from 'typebox';
import type { explainAccess, GrantKind, User } from '../../../src/access/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { Listing } from '../kit/listing.tsx';
import { Skeleton } from '../kit/page.tsx';
import { GRANT_KINDS } from './grants.tsx';

type Explanation = Static<(typeof explainAccess)['response']>;

/** `model:flights`; nothing where it is not of this form. */
function thingOf(text: string): { kind: GrantKind; name: string } | undefined {
  const colon = text.indexOf(':');
  const kind = GRANT_KINDS.find((one) => one === text.slice(0, colon));
  const name = text.slice(colon + 1);
  return kind === undefined || name === '' ? undefined : { kind, name };
}

/** Why may she? What the server decides by, asked for somebody. */
export function Why({
  user,
  ask,
  onClose,
}: {
  user: User;
  ask(action: string, thing: { kind: GrantKind; name: string } | undefined): Promise<Explanation>;
  onClose(): void;
}): ReactElement {
  const [action, setAction] = useState('run:write');
  const [thing, setThing] = useState('');
  const about = thingOf(thing);
  const why = useQuery({
    queryKey: ['why', user.id, action, thing],
    queryFn: () => ask(action, about),
    enabled: /^[a-z_]+:[a-z]+$/.test(action) && (thing === '' || about !== undefined),
    staleTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`What ${user.name} may do`}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <TextField
        label="Action"
        mono
        hint="A noun and read, write, approve, admin or own: model:approve"
        value={action}
        maxLength={100}
        onChange={(event) => setAction(event.target.value)}
      />
      <TextField
        label="Thing"
        mono
        hint="Or nothing, for the whole workspace. With one, grants count: model:flights"
        value={thing}
        maxLength={260}
        onChange={(event) => setThing(event.target.value)}
      />
      {why.isPending ? (
        <Skeleton lines={2} />
      ) : why.isError ? (
        <Failure error={why.error} />
      ) : (
        <>
          <p className="row row-wrap">
            <Badge tone={why.data.allowed ? 'good' : 'bad'}>{why.data.allowed ? 'may' : 'may not'}</Badge>
            <span>{why.data.because}</span>
          </p>
          {why.data.grants.length > 0 && (
            <p className="muted">
              {`Granted: ${why.data.grants
                .map(({ level, kind, name, from }) => `${level} of ${kind} ${name} to ${from}`)
                .join(' · ')}`}
            </p>
          )}
          <p className="muted">
            {why.data.roles.length === 0
              ? 'No role in this workspace.'
              : why.data.roles.map(({ role, from }) => `${role} by ${from}`).join(' · ')}
          </p>
          <Listing
            label="The whole policy"
            columns={[
              { key: 'verb', head: 'Verb', cell: ({ verb }) => <code>{verb}</code> },
              { key: 'says', head: 'What it is', cell: ({ says }) => says },
              { key: 'roles', head: 'Roles', cell: ({ roles }) => roles.join(', ') },
            ]}
            rows={why.data.rules}
            rowKey={({ verb }) => verb}
          />
        </>
      )}
    </Dialog>
  );
}
