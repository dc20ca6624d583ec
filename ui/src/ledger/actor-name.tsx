import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { listUsers } from '../../../src/access/contract.ts';
import { api } from '../api/client.ts';

/** Who did it. The ledger has people by id alone; what they are called now is asked of those who know. */
export function ActorName({ actor }: { actor: { kind: string; id: string; name: string } }): ReactElement {
  const person = actor.kind === 'user';
  const users = useQuery({ ...api(listUsers, { query: {} }, ['user:*']), enabled: person });
  const named = users.data?.items.find(({ id }) => id === actor.id)?.name;
  return <>{person ? (named ?? `user ${actor.id.slice(0, 12)}…`) : actor.name}</>;
}
