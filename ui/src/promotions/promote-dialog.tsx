import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { promoteVersion, type BoardCell } from '../../../src/promotions/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { Check } from '../kit/field.tsx';

/** Brings what answers in one environment to the next, by a release. */
export function PromoteDialog({
  cell: { model, version },
  next: { environment, endpoint },
  onClose,
}: {
  cell: BoardCell;
  next: NonNullable<BoardCell['next']>;
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate();
  const [atOnce, setAtOnce] = useState(false);
  return (
    <Ask
      title={`Promote ${model} v${version} to ${environment}?`}
      description={`A release brings it to endpoint ${endpoint}. Where people’s approval is missing, it asks for that and waits.`}
      action={`Promote to ${environment}`}
      run={async () => {
        const release = await call(promoteVersion, {
          params: { environment },
          body: { model, version: String(version), ...(atOnce ? { at_once: true } : {}) },
        });
        await queries.invalidateQueries();
        await navigate({ to: '/releases/$release', params: { release: release.id } });
      }}
      onClose={onClose}
    >
      <Check
        label="All requests at once, without the environment’s rollout"
        checked={atOnce}
        onChange={setAtOnce}
      />
    </Ask>
  );
}
