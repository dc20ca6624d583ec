import { useState, type ReactElement } from 'react';
import {
  CHECKS,
  setPolicy,
  type Check as Checked,
  type Cover,
  type Policy,
} from '../../../src/governance/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { Check, TextField } from '../kit/field.tsx';
import { say } from '../kit/toast.tsx';

const split = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');

/** A policy, or its next revision. Aliases and stages share one pattern of models here; the command line can say more. */
export function PolicyDialog({ policy, onClose }: { policy?: Policy; onClose(): void }): ReactElement {
  const terms = policy?.terms;
  const of = <K extends string>(key: K): string =>
    (terms?.covers ?? [])
      .flatMap((one: Cover) => (key in one ? [String(one[key as keyof Cover])] : []))
      .join(', ');
  const [name, setName] = useState(policy?.name ?? 'production');
  const [aliases, setAliases] = useState(policy ? of('alias') : 'champion');
  const [endpoints, setEndpoints] = useState(of('endpoint'));
  const [environments, setEnvironments] = useState(of('environment'));
  const [production, setProduction] = useState(of('stage').includes('Production'));
  const [model, setModel] = useState(
    terms?.covers.flatMap((one) => ('model' in one && one.model !== undefined ? [one.model] : []))[0] ?? '*',
  );
  const [count, setCount] = useState(String(terms?.approvers[0]?.count ?? 1));
  const [role, setRole] = useState(terms?.approvers[0]?.role ?? 'approver');
  const [hours, setHours] = useState(String(terms?.expires_h ?? 168));
  const [checks, setChecks] = useState<readonly Checked[]>(terms?.checks ?? []);
  const [back, setBack] = useState(terms?.going_back ?? true);
  const [glass, setGlass] = useState(terms?.break_glass ?? true);
  const covers: Cover[] = [
    ...split(aliases).map((alias) => ({ alias, model })),
    ...(production ? [{ stage: 'Production' as const, model }] : []),
    ...split(endpoints).map((endpoint) => ({ endpoint })),
    ...split(environments).map((environment) => ({ environment })),
  ];
  return (
    <Ask
      title={policy ? `Policy ${policy.name}, revision ${policy.revision + 1}` : 'New policy'}
      description="What stands there already stays. What was approved and is not used yet must be approved anew."
      action={policy ? 'Make the revision' : 'Make the policy'}
      disabled={covers.length === 0 || name === '' || !(Number(count) >= 1) || !(Number(hours) > 0)}
      run={async () => {
        await call(setPolicy, {
          params: { policy: name },
          body: {
            covers,
            checks: [...checks],
            approvers: [{ role, count: Number(count) }, ...(terms?.approvers.slice(1) ?? [])],
            expires_h: Number(hours),
            going_back: back,
            break_glass: glass,
            ...(terms?.merges ? { merges: terms.merges } : {}),
          },
        });
        await queries.invalidateQueries();
        say(`Policy ${name} holds`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {!policy && (
            <TextField
              label="Name"
              hint="Mostly that of the environment"
              value={name}
              onChange={(event) => setName(event.target.value.toLowerCase())}
              error={error('policy')}
            />
          )}
          <TextField
            label="Aliases"
            hint="* stands for any letters; several with commas"
            value={aliases}
            onChange={(event) => setAliases(event.target.value)}
          />
          <TextField
            label="Of models"
            value={model}
            onChange={(event) => setModel(event.target.value || '*')}
          />
          <TextField
            label="Endpoints"
            hint="prod-*; several with commas"
            value={endpoints}
            onChange={(event) => setEndpoints(event.target.value)}
          />
          <TextField
            label="Environments"
            hint="Each endpoint of them; several with commas"
            value={environments}
            onChange={(event) => setEnvironments(event.target.value)}
          />
          <Check label="MLflow’s stage Production" checked={production} onChange={setProduction} />
          <TextField
            label="Different people who approve"
            value={count}
            inputMode="numeric"
            onChange={(event) => setCount(event.target.value)}
          />
          <TextField label="Of role" value={role} onChange={(event) => setRole(event.target.value)} />
          {CHECKS.map((check) => (
            <Check
              key={check}
              label={`Check: ${check}`}
              checked={checks.includes(check)}
              onChange={(on) => setChecks(on ? [...checks, check] : checks.filter((one) => one !== check))}
            />
          ))}
          <TextField
            label="Hours that an approval counts"
            value={hours}
            inputMode="decimal"
            onChange={(event) => setHours(event.target.value)}
          />
          <Check label="What was approved before may come back" checked={back} onChange={setBack} />
          <Check label="An admin may break the glass" checked={glass} onChange={setGlass} />
        </>
      )}
    </Ask>
  );
}
