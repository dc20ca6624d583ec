import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useId, useState, type ReactElement } from 'react';
import {
  previewTriggers,
  setLoop,
  type LoopDetail,
  type LoopSettings,
  type Trigger,
} from '../../../src/loops/contract.ts';
import { listPipelines } from '../../../src/pipelines/contract.ts';
import { api, call } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { SelectField, TextField } from '../kit/field.tsx';
import { describe, say } from '../kit/toast.tsx';
import { refreshLoops } from './refresh.ts';
import { Triggers } from './triggers.tsx';
import { TriggerFields } from './trigger-fields.tsx';

/** Makes a loop, or changes it; says when it would turn before anything is saved. */
export function EditLoop({ loop, onClose }: { loop?: LoopDetail; onClose(): void }): ReactElement {
  const navigate = useNavigate();
  const list = useId();
  const [name, setName] = useState(loop?.name ?? '');
  const [settings, setSettings] = useState<LoopSettings>(
    loop?.settings ?? { pipeline: '', triggers: [{ kind: 'daily', at: '03:00', time_zone: here() }] },
  );
  const change = (part: Partial<LoopSettings>) => setSettings((now) => ({ ...now, ...part }));
  const { triggers } = settings;
  const setTrigger = (i: number, trigger: Trigger) => change({ triggers: triggers.with(i, trigger) });
  const pipelines = useQuery(api(listPipelines, { query: { limit: 200 } }));
  const asked = useDeferredValue(triggers);
  const preview = useQuery({ ...api(previewTriggers, { body: { triggers: asked } }), retry: false });
  const title = loop ? `Change ${loop.name}` : 'New loop';
  const budget = settings.budget ?? { runs: 4, per: 'day' as const };
  return (
    <Ask
      title={title}
      action={loop ? 'Save' : 'Make it'}
      disabled={name === '' || settings.pipeline === '' || preview.isError}
      run={async () => {
        await call(setLoop, { params: { loop: name }, body: settings });
        await refreshLoops();
        await navigate({ to: '/loops/$loop', params: { loop: name }, search: {} });
        say(loop ? 'Saved' : `${name} turns from now on`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {!loop && (
            <>
              <TextField
                label="Pipeline"
                hint="It has run to its end once: the loop takes its project"
                list={list}
                value={settings.pipeline}
                onChange={(event) => {
                  const pipeline = event.target.value.trim();
                  if (name === settings.pipeline) setName(pipeline);
                  change({ pipeline });
                }}
                error={error('pipeline')}
                mono
              />
              <datalist id={list}>
                {pipelines.data?.items.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </datalist>
              <TextField
                label="Name"
                value={name}
                onChange={(event) => setName(event.target.value.trim())}
                error={error('loop')}
                mono
              />
            </>
          )}
          {triggers.map((trigger, i) => (
            <TriggerFields
              // What is typed stays where it is while others come and go.
              // oxlint-disable-next-line react/no-array-index-key
              key={i}
              trigger={trigger}
              onChange={(next) => setTrigger(i, next)}
              onRemove={() => change({ triggers: triggers.toSpliced(i, 1) })}
            />
          ))}
          <span>
            <Button icon="plus" onClick={() => change({ triggers: [...triggers, { kind: 'performance' }] })}>
              Another trigger
            </Button>
          </span>
          <section className="loop-preview" aria-label="When it would turn" aria-live="polite">
            {preview.isError ? (
              <p className="field-error">{describe(preview.error)}</p>
            ) : (
              preview.data && <Triggers triggers={preview.data.triggers} active />
            )}
          </section>
          <div className="row row-wrap">
            <TextField
              label="Trainings at most"
              type="number"
              min={1}
              value={budget.runs}
              onChange={(event) => change({ budget: { ...budget, runs: Number(event.target.value) } })}
              error={error('budget.runs')}
            />
            <SelectField
              label="in a"
              value={budget.per}
              options={[
                { value: 'day', label: 'day' },
                { value: 'week', label: 'week' },
                { value: 'month', label: 'month' },
              ]}
              onChange={(per) => change({ budget: { ...budget, per } })}
            />
            <TextField
              label="Minutes between two"
              type="number"
              min={0}
              value={(settings.cooldown_ms ?? 3_600_000) / 60_000}
              onChange={(event) => change({ cooldown_ms: Math.round(Number(event.target.value) * 60_000) })}
              error={error('cooldown_ms')}
            />
          </div>
        </>
      )}
    </Ask>
  );
}

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
