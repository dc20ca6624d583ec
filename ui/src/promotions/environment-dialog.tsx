import { useState, type ReactElement } from 'react';
import { setEnvironment, type Environment, type Window } from '../../../src/promotions/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { Choice, TextField } from '../kit/field.tsx';
import { say } from '../kit/toast.tsx';

const DAYS: Readonly<Record<'week' | 'work', Window['days']>> = {
  week: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  work: ['mon', 'tue', 'wed', 'thu', 'fri'],
};
type Days = keyof typeof DAYS | 'kept' | 'always';
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** An environment that is made, or changed: one window here, the command line can say more. What is not shown stays as it is. */
export function EnvironmentDialog({
  environment,
  onClose,
}: {
  environment?: Environment;
  onClose(): void;
}): ReactElement {
  const terms = environment?.terms;
  const [name, setName] = useState(environment?.name ?? '');
  const [position, setPosition] = useState(environment ? String(environment.position) : '');
  const [endpoints, setEndpoints] = useState(terms?.endpoints ?? '');
  const [hold, setHold] = useState(String(terms?.hold_min ?? 0));
  const [days, setDays] = useState<Days>((terms?.windows.length ?? 0) > 0 ? 'kept' : 'always');
  const [from, setFrom] = useState('09:00');
  const [to, setTo] = useState('17:00');
  const [zone, setZone] = useState(terms?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const ownWindow = days === 'week' || days === 'work';
  return (
    <Ask
      title={environment ? `Environment ${environment.name}` : 'New environment'}
      description="What answers at its endpoints already stays."
      action={environment ? 'Change it' : 'Make the environment'}
      disabled={name === '' || !(Number(hold) >= 0) || (ownWindow && !(TIME.test(from) && TIME.test(to)))}
      run={async () => {
        await call(setEnvironment, {
          params: { environment: name },
          body: {
            ...(position === '' ? {} : { position: Number(position) }),
            ...(endpoints === '' ? {} : { endpoints }),
            ...(terms ? { models: terms.models, variables: terms.variables, freezes: terms.freezes } : {}),
            ...(terms?.rollout ? { rollout: terms.rollout } : {}),
            hold_min: Number(hold),
            windows: ownWindow
              ? [{ days: [...DAYS[days]], from, to }]
              : days === 'kept'
                ? (terms?.windows ?? [])
                : [],
            time_zone: zone === '' ? 'UTC' : zone,
            ...(environment ? { unchanged_since: environment.updated_at } : {}),
          },
        });
        await queries.invalidateQueries();
        say(`Environment ${name} is set`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {!environment && (
            <TextField
              label="Name"
              hint="staging, production"
              value={name}
              onChange={(event) => setName(event.target.value.toLowerCase())}
              error={error('environment')}
            />
          )}
          <TextField
            label="Place in the order"
            hint={environment ? undefined : 'Behind all others unless said'}
            inputMode="numeric"
            value={position}
            onChange={(event) => setPosition(event.target.value)}
            error={error('position')}
          />
          <TextField
            label="How its endpoints are called"
            hint={`{model}-${name === '' ? 'NAME' : name} unless said`}
            mono
            value={endpoints}
            onChange={(event) => setEndpoints(event.target.value)}
            error={error('endpoints')}
          />
          <TextField
            label="Minutes that a version answers here before it goes on"
            inputMode="numeric"
            value={hold}
            onChange={(event) => setHold(event.target.value)}
            error={error('hold_min')}
          />
          <Choice<Days>
            label="Versions may come"
            value={days}
            options={[
              { value: 'always', label: 'at any time' },
              { value: 'work', label: 'from Monday to Friday' },
              { value: 'week', label: 'every day' },
              ...((terms?.windows.length ?? 0) > 0
                ? [{ value: 'kept' as const, label: 'as it is now' }]
                : []),
            ]}
            onChange={setDays}
          />
          {ownWindow && (
            <>
              <TextField
                label="From"
                hint="HH:MM"
                value={from}
                onChange={(event) => setFrom(event.target.value)}
              />
              <TextField label="To" hint="HH:MM" value={to} onChange={(event) => setTo(event.target.value)} />
              <TextField
                label="Time zone"
                value={zone}
                onChange={(event) => setZone(event.target.value)}
                error={error('time_zone')}
              />
            </>
          )}
        </>
      )}
    </Ask>
  );
}
