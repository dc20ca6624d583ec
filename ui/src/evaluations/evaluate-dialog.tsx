import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useId, useState, type ReactElement } from 'react';
import { listDatasets } from '../../../src/data/contract.ts';
import {
  checkRules,
  createEvaluation,
  listEvaluations,
  type Evaluation,
} from '../../../src/validation/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { TextArea, TextField } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { pointAt, readNames, readRules } from './rule-text.ts';
import './evaluations.css';

/** Asks for an evaluation: on what, by which rules. It opens what it asked for. */
export function EvaluateDialog({
  model,
  version,
  from,
  onClose,
}: {
  model: string;
  version: number;
  /** To ask the same again. */
  from?: Evaluation;
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate();
  const list = useId();
  const spec = from?.spec;
  const [data, setData] = useState(from?.execution === undefined ? (from?.data ?? '') : '');
  const [label, setLabel] = useState(spec?.label ?? '');
  const [rules, setRules] = useState(spec?.rules?.join('\n') ?? '');
  const [key, setKey] = useState(spec?.key?.join(', ') ?? '');
  const [group, setGroup] = useState(spec?.group?.join(', ') ?? '');
  const [time, setTime] = useState(spec?.time ?? '');
  const [champion, setChampion] = useState('');
  const [slices, setSlices] = useState(spec?.slices?.join(', ') ?? '');
  const datasets = useQuery(api(listDatasets, { query: { limit: 200 } }));
  const problems = useRuleProblems(rules);
  const wrong = (problems?.length ?? 0) > 0;
  return (
    <Ask
      title={`Evaluate v${version} of ${model}`}
      description="It is scored here, in the runtime that would serve it, after its rows are proven unseen by training."
      action="Evaluate"
      disabled={data.trim() === '' || label.trim() === '' || wrong}
      run={async () => {
        const columns = readNames(key);
        const entity = readNames(group);
        const by = readNames(slices);
        const asked = readRules(rules).rules;
        const made = await call(createEvaluation, {
          body: {
            model,
            version: String(version),
            data: data.trim(),
            label: label.trim(),
            ...(asked.length === 0 ? {} : { rules: asked }),
            ...(spec?.task === undefined ? {} : { task: spec.task }),
            ...(spec?.prediction === undefined ? {} : { prediction: spec.prediction }),
            ...(spec?.positive === undefined ? {} : { positive: spec.positive }),
            ...(spec?.near === undefined ? {} : { near: spec.near }),
            ...(spec?.excuse === undefined ? {} : { excuse: spec.excuse }),
            ...(columns.length === 0 ? {} : { key: columns }),
            ...(entity.length === 0 ? {} : { group: entity }),
            ...(time.trim() === '' ? {} : { time: time.trim() }),
            ...(champion.trim() === '' ? {} : { champion: champion.trim() }),
            ...(by.length === 0 ? {} : { slices: by }),
          },
        });
        void queries.invalidateQueries({
          predicate: ({ queryKey }) => queryKey.includes(listEvaluations.path),
        });
        await navigate({ to: '/evaluations/$evaluation', params: { evaluation: made.id } });
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Data"
            hint="A dataset version, with a file of it where it has several: flights@v4:holdout.parquet"
            placeholder="flights@v4"
            list={list}
            value={data}
            onChange={(event) => setData(event.target.value)}
            error={error('data')}
            mono
          />
          <datalist id={list}>
            {datasets.data?.items.flatMap(({ name, latest }) =>
              latest ? (
                <option key={name} value={`${name}@${latest.name}`}>
                  {name}
                </option>
              ) : (
                []
              ),
            )}
          </datalist>
          <TextField
            label="Label"
            hint="The column that holds the truth"
            placeholder="late"
            value={label}
            onChange={(event) => setLabel(event.target.value)}
            error={error('label')}
            mono
          />
          <TextArea
            label="Rules, one a line"
            hint="All must hold. Metrics, champion.auc, baseline.auc, data.rows, p95_latency_ms"
            placeholder={'auc >= 0.60\nauc >= champion.auc - 0.005\np95_latency_ms < 20'}
            value={rules}
            rows={4}
            onChange={(event) => setRules(event.target.value)}
            error={error('rules')}
            mono
          />
          <RuleCheck text={rules} problems={problems} />
          <details open={key !== '' || group !== '' || time !== '' || slices !== ''}>
            <summary>Row identity, order, comparison</summary>
            <div className="stack">
              <TextField
                label="What makes a row the same row"
                hint="Columns, with commas between; the whole row unless said"
                placeholder="date, origin, destination"
                value={key}
                onChange={(event) => setKey(event.target.value)}
                error={error('key')}
                mono
              />
              <TextField
                label="Rows that go together"
                hint="Columns that name the entity: its rows count together in every interval"
                placeholder="patient"
                value={group}
                onChange={(event) => setGroup(event.target.value)}
                error={error('group')}
                mono
              />
              <TextField
                label="Later than training by"
                hint="A column of times: every row must be later than all that training read; intervals count its order"
                placeholder="date"
                value={time}
                onChange={(event) => setTime(event.target.value)}
                error={error('time')}
                mono
              />
              <TextField
                label="Compare with"
                hint="A version or an alias; @champion unless said"
                placeholder="@champion"
                value={champion}
                onChange={(event) => setChampion(event.target.value)}
                error={error('champion')}
                mono
              />
              <TextField
                label="Slices"
                hint="Columns to score by value; found by themselves unless said"
                placeholder="origin, carrier"
                value={slices}
                onChange={(event) => setSlices(event.target.value)}
                error={error('slices')}
                mono
              />
            </div>
          </details>
        </>
      )}
    </Ask>
  );
}

/** What the server says about the rules, while they are typed. Undefined: it has not said yet. */
function useRuleProblems(text: string) {
  const { rules } = readRules(useDeferredValue(text));
  const checked = useQuery({
    ...api(checkRules, { body: { rules } }),
    enabled: rules.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return rules.length === 0 || checked.isPlaceholderData ? undefined : checked.data?.problems;
}

function RuleCheck({
  text,
  problems,
}: {
  text: string;
  problems: ReturnType<typeof useRuleProblems>;
}): ReactElement | null {
  const { rules, lines } = readRules(text);
  if (!problems || rules.length === 0) return null;
  if (problems.length === 0)
    return (
      <p className="field-hint" role="status">
        {plural(rules.length, 'rule')} understood.
      </p>
    );
  return (
    <div role="status">
      <ul className="stack" aria-label="What is wrong with the rules">
        {problems.map(({ rule, message, at, hint }) => (
          <li key={`${rule} ${at ?? ''} ${message}`} className="rule-problem">
            <span>
              Line {lines[rule] ?? rule + 1}: {message}
            </span>
            {rules[rule] !== undefined && (
              <pre>
                <code>{pointAt(rules[rule], at)}</code>
              </pre>
            )}
            {hint !== undefined && <span className="faint">{hint}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
