import type { ReactElement } from 'react';
import type { Trigger, TriggerKind } from '../../../src/loops/contract.ts';
import { Button } from '../kit/button.tsx';
import { SelectField, TextField } from '../kit/field.tsx';

const KINDS: readonly { value: TriggerKind; label: string }[] = [
  { value: 'daily', label: 'every day' },
  { value: 'weekly', label: 'every week' },
  { value: 'monthly', label: 'every month' },
  { value: 'cron', label: 'cron' },
  { value: 'data', label: 'new data' },
  { value: 'performance', label: 'worse answers' },
  { value: 'drift', label: 'drift' },
  { value: 'push', label: 'a push to Git' },
];

/** What a kind begins with; fields of another kind would be refused. */
const FRESH: Readonly<Record<TriggerKind, Omit<Trigger, 'kind'>>> = {
  daily: { at: '03:00' },
  weekly: { at: 'Mon 03:00' },
  monthly: { at: '1 03:00' },
  cron: { at: '0 3 * * 1-5' },
  data: { data: '' },
  performance: {},
  drift: {},
  push: {},
};

export function TriggerFields({
  trigger,
  onChange,
  onRemove,
}: {
  trigger: Trigger;
  onChange(next: Trigger): void;
  onRemove(): void;
}): ReactElement {
  const { kind, at, time_zone, catch_up = 'last', data = '', rows, branch } = trigger;
  const set = (part: Partial<Trigger>) => onChange({ ...trigger, ...part });
  const scheduled = at !== undefined;
  return (
    <fieldset className="loop-trigger">
      <legend className="sr-only">A trigger</legend>
      <SelectField
        label="When"
        value={kind}
        options={KINDS}
        onChange={(next) =>
          onChange({
            kind: next,
            ...FRESH[next],
            ...(FRESH[next].at !== undefined && time_zone !== undefined ? { time_zone } : {}),
          })
        }
      />
      {scheduled && (
        <>
          <TextField
            label={kind === 'cron' ? 'Five fields' : 'At'}
            value={at}
            onChange={(event) => set({ at: event.target.value })}
            mono
          />
          <TextField
            label="Time zone"
            value={time_zone ?? 'UTC'}
            onChange={(event) => set({ time_zone: event.target.value })}
          />
          <SelectField
            label="If missed"
            value={catch_up}
            options={[
              { value: 'last', label: 'make up for the last' },
              { value: 'none', label: 'leave out' },
              { value: 'all', label: 'make up for each' },
            ]}
            onChange={(next) => set({ catch_up: next })}
          />
        </>
      )}
      {kind === 'data' && (
        <>
          <TextField
            label="Dataset"
            placeholder="flights@main"
            value={data}
            onChange={(event) => set({ data: event.target.value.trim() })}
            mono
          />
          <TextField
            label="Rows more"
            type="number"
            min={1}
            placeholder="any"
            value={rows ?? ''}
            onChange={(event) => {
              const { rows: _rows, ...rest } = trigger;
              const next = Number(event.target.value);
              onChange(next > 0 ? { ...rest, rows: next } : rest);
            }}
          />
        </>
      )}
      {kind === 'push' && (
        <TextField
          label="Branch"
          value={branch ?? 'main'}
          onChange={(event) => set({ branch: event.target.value.trim() })}
          mono
        />
      )}
      <Button look="quiet" icon="trash" label="Leave this trigger out" onClick={onRemove} />
    </fieldset>
  );
}
