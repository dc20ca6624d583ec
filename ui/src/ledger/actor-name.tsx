import type { ReactElement } from 'react';
import type { Entry } from '../../../src/ledger/contract.ts';

/** Who did it: the person, with the token that they used. The ledger has people by id alone; an answer says what they are called now. */
export function ActorName({ actor }: { actor: Entry['actor'] }): ReactElement {
  const { kind, id, name, person, token } = actor;
  if (person !== undefined)
    return (
      <>
        {person}
        {token === undefined ? null : <span className="faint"> (token {token})</span>}
      </>
    );
  if (kind === 'user') return <>user {id.slice(0, 12)}…</>;
  if (kind === 'token' && name !== token) return <>user {name.slice(0, 12)}…</>;
  return <>{kind === 'token' ? `token ${name}` : name}</>;
}

/** What to ask the ledger for, to see all that they did. */
export const actorFilter = ({ kind, id, name, person }: Entry['actor']): string =>
  person ?? (kind === 'user' ? id : name);
