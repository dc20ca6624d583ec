import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState, type ReactElement } from 'react';
import { listModels, listVersions } from '../../../src/models/contract.ts';
import { deploy, getEndpoint, listEndpoints } from '../../../src/serving/contract.ts';
import { listEvaluations } from '../../../src/validation/contract.ts';
import { api, call } from '../api/client.ts';
import { EvaluationStatus } from '../evaluations/verdict.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Check, SelectField, TextField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { refreshEndpoints, SERVING_SUBJECTS } from './refresh.ts';
import { TrafficBar } from './traffic.tsx';
import { deployBody, deployed, trafficWords, type DeployChoice } from './traffic-words.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Asks which version answers where, and by how much; shows what will answer before it does. */
export function DeployDialog({
  model: givenModel,
  version: givenVersion,
  endpoint: givenEndpoint,
  onClose,
}: {
  model?: string;
  version?: number;
  /** Where it is deployed; without it, the dialog asks. */
  endpoint?: string;
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate();
  const lists = useId();
  const [endpoint, setEndpoint] = useState(givenEndpoint ?? givenModel ?? '');
  const [choice, setChoice] = useState<DeployChoice>({
    way: 'all',
    model: givenModel ?? '',
    version: givenVersion === undefined ? '' : String(givenVersion),
    percent: 10,
    runtime: '',
    sticky: true,
    note: '',
  });
  const change = (part: Partial<DeployChoice>) => setChoice((now) => ({ ...now, ...part }));
  const endpoints = useQuery(api(listEndpoints, { query: { limit: 200 } }, SERVING_SUBJECTS));
  const known = endpoints.data?.items.some(({ name }) => name === endpoint) ?? false;
  const detail = useQuery({
    ...api(getEndpoint, { params: { endpoint } }, SERVING_SUBJECTS),
    enabled: known,
  });
  const current = known ? detail.data?.endpoint.current : undefined;
  // Only what the dialog shows for certain is what its reader means to replace.
  const seen = known
    ? detail.data !== undefined
    : endpoints.data !== undefined && endpoints.data.next === undefined;
  const other = current?.variants.find(({ role }) => role === 'champion')?.model;
  // A share and copies need somebody to share with.
  const way = current === undefined ? 'all' : choice.way;
  const made = { ...choice, way };
  const ready = NAME.test(endpoint) && choice.model !== '' && choice.version !== '';
  const preview = ready ? deployed(made, current) : undefined;
  return (
    <Ask
      title={
        givenVersion === undefined
          ? `Deploy to ${endpoint || 'an endpoint'}`
          : `Deploy v${givenVersion} of ${givenModel}`
      }
      description="It is loaded and asked its sample first. Until it is ready, what answers now goes on answering; no request is lost."
      action={way === 'shadow' ? 'Start the shadow' : way === 'canary' ? 'Start the canary' : 'Deploy'}
      disabled={!ready || (way !== 'all' && !(choice.percent > 0 && choice.percent <= 100))}
      run={async () => {
        const revision = await call(deploy, { params: { endpoint }, body: deployBody(made, current, seen) });
        await refreshEndpoints();
        await navigate({ to: '/endpoints/$endpoint', params: { endpoint } });
        say(
          `Revision ${revision.revision} of ${endpoint} is ${revision.state === 'live' ? 'live' : 'being made ready'}`,
        );
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {givenEndpoint === undefined && (
            <>
              <TextField
                label="Endpoint"
                hint={
                  known || endpoint === '' || !endpoints.data
                    ? 'The name that callers ask for'
                    : NAME.test(endpoint)
                      ? 'It is made new: callers ask for it by this name'
                      : 'Letters, digits, dot, dash and underscore; it begins with a letter or a digit'
                }
                list={`${lists}-endpoints`}
                value={endpoint}
                onChange={(event) => setEndpoint(event.target.value.trim())}
                error={error('endpoint')}
                mono
              />
              <datalist id={`${lists}-endpoints`}>
                {endpoints.data?.items.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </datalist>
            </>
          )}
          {givenVersion === undefined && <Which choice={choice} change={change} error={error} />}
          <fieldset className="stack">
            <legend className="field-label">How much of the traffic</legend>
            <div className="ways">
              {(
                [
                  ['all', 'All of it', 'It takes over.'],
                  ['canary', 'A share', 'A canary beside what answers now.'],
                  ['shadow', 'Only copies', 'A shadow: compared, answers nobody.'],
                ] as const
              ).map(([value, label, what]) => (
                <div
                  key={value}
                  className={`way${current === undefined && value !== 'all' ? ' way-off' : ''}`}
                >
                  <input
                    type="radio"
                    id={`${lists}-${value}`}
                    name={`${lists}-way`}
                    value={value}
                    checked={way === value}
                    disabled={current === undefined && value !== 'all'}
                    onChange={() => change({ way: value, percent: value === 'shadow' ? 100 : 10 })}
                    aria-describedby={`${lists}-${value}-what`}
                  />
                  <span>
                    <label htmlFor={`${lists}-${value}`}>{label}</label>
                    <span id={`${lists}-${value}-what`} className="field-hint">
                      {what}
                    </span>
                  </span>
                </div>
              ))}
            </div>
            {current === undefined && NAME.test(endpoint) && !detail.isFetching && (
              <p className="field-hint">
                Nothing answers at {endpoint} yet, so there is nobody to share with.
              </p>
            )}
          </fieldset>
          {way !== 'all' && (
            <TextField
              label={way === 'canary' ? 'Share of the requests, %' : 'Requests copied to it, %'}
              type="number"
              min={0.1}
              max={100}
              step="any"
              value={choice.percent}
              onChange={(event) => change({ percent: Number(event.target.value) })}
              error={error(`${way}.percent`)}
            />
          )}
          {way === 'canary' && (
            <Check
              label="Sticky: who sends X-Treadle-Key always gets the same version"
              checked={choice.sticky}
              onChange={(sticky) => change({ sticky })}
            />
          )}
          <SelectField
            label="Runtime"
            value={choice.runtime}
            options={[
              { value: '', label: 'ONNX where the version has it, else Python' },
              { value: 'onnx', label: 'ONNX, in process' },
              { value: 'python', label: 'Python, in its own environment' },
            ]}
            onChange={(runtime) => change({ runtime })}
            error={error('runtime')}
          />
          <TextField
            label="Note"
            hint="Why; kept in the ledger"
            value={choice.note}
            maxLength={2000}
            onChange={(event) => change({ note: event.target.value })}
            error={error('note')}
          />
          {other !== undefined && choice.model !== '' && choice.model !== other && (
            <Check
              label={`Take ${endpoint} over from ${other}, also where its callers send other inputs`}
              checked={choice.replace === other}
              onChange={(on) => change({ replace: on ? other : undefined })}
            />
          )}
          {['replace', 'expects'].map((field) => {
            const said = error(field);
            return (
              said !== undefined && (
                <p key={field} className="field-error" role="alert">
                  {said}
                </p>
              )
            );
          })}
          {ready && <Judged model={choice.model} version={choice.version} />}
          {preview && (
            <div className="stack">
              <TrafficBar variants={preview} />
              <p className="field-hint">
                Then {trafficWords(preview)}.{' '}
                {current !== undefined && `Now ${trafficWords(current.variants)}.`}
              </p>
            </div>
          )}
        </>
      )}
    </Ask>
  );
}

function Which({
  choice,
  change,
  error,
}: {
  choice: DeployChoice;
  change(part: Partial<DeployChoice>): void;
  error(field: string): string | undefined;
}): ReactElement {
  const models = useQuery(api(listModels, { query: { limit: 500 } }));
  const versions = useQuery({
    ...api(listVersions, { params: { model: choice.model }, query: { limit: 200 } }),
    enabled: choice.model !== '',
  });
  return (
    <>
      <SelectField
        label="Model"
        value={choice.model}
        options={[
          { value: '', label: 'Choose a model' },
          ...(models.data?.items.map(({ name }) => ({ value: name, label: name })) ?? []),
        ]}
        onChange={(model) => change({ model, version: '' })}
        error={error('model')}
      />
      <SelectField
        label="Version"
        value={choice.version}
        options={[
          { value: '', label: choice.model === '' ? 'First choose a model' : 'Choose a version' },
          ...(versions.data?.items.map(({ version, aliases }) => ({
            value: String(version),
            label: `v${version}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`}`,
          })) ?? []),
        ]}
        onChange={(version) => change({ version })}
        error={error('version')}
      />
    </>
  );
}

/** How the version was judged last: said before it is put before callers. */
function Judged({ model, version }: { model: string; version: string }): ReactElement | null {
  const number = Number(version);
  const found = useQuery({
    ...api(listEvaluations, { query: { model, version: number, limit: 1 } }),
    enabled: Number.isInteger(number) && number > 0,
  });
  if (!found.data) return null;
  const newest = found.data.items[0];
  return newest?.verdict === 'pass' ? (
    <p className="row field-hint">
      <EvaluationStatus evaluation={newest} /> on {newest.data}, <TimeAgo time={newest.created_at} />
    </p>
  ) : (
    <p className="notice">
      <Icon name="alert" />
      <span>
        {newest === undefined ? (
          'No evaluation says that this version is any good on rows it has not seen.'
        ) : (
          <>
            Its newest evaluation, on {newest.data}: <EvaluationStatus evaluation={newest} />{' '}
            {newest.reasons[0] ?? newest.problem}
          </>
        )}
      </span>
    </p>
  );
}
