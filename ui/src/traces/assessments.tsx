import { useState, type ReactElement } from 'react';
import {
  createAssessment,
  deleteAssessment,
  type Assessment,
  type Trace,
} from '../../../src/traces/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { SelectField, TextArea, TextField } from '../kit/field.tsx';
import { Section } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { shortValue, toneOf } from './assessment-words.tsx';
import { typedValue, valueText } from './span-tree.ts';

const WHO: Readonly<Record<string, string>> = { HUMAN: 'a person', LLM_JUDGE: 'a judge', CODE: 'code' };

/** What people and judges made of a trace, and what it should have been. */
export function Assessments({ trace, onAdd }: { trace: Trace; onAdd(): void }): ReactElement {
  const spans = new Map(trace.tree.map(({ id, name }) => [id, name]));
  const remove = async (one: Assessment): Promise<void> => {
    try {
      await call(deleteAssessment, { params: { trace: trace.id, assessment: one.id } });
      say(`${one.name} taken back`);
      await queries.invalidateQueries();
    } catch (error) {
      sayError('It could not be taken back', error);
    }
  };
  return (
    <Section
      title="Feedback"
      actions={
        <Button icon="plus" onClick={onAdd}>
          Add
        </Button>
      }
    >
      {trace.assessments.length === 0 ? (
        <p className="muted">Nobody has said yet what this is worth.</p>
      ) : (
        <ul className="assessments">
          {trace.assessments.map((one) => (
            <li key={one.id} data-invalid={one.valid ? undefined : ''}>
              <div className="row">
                <strong className="truncate">{one.name}</strong>
                <Badge tone={toneOf(one)}>{shortValue(one)}</Badge>
                {one.kind === 'expectation' && <span className="faint">expected</span>}
                {!one.valid && <span className="faint">replaced</span>}
                <span className="spacer" />
                <Button
                  look="quiet"
                  icon="trash"
                  label={`Take ${one.name} back`}
                  onClick={() => void remove(one)}
                />
              </div>
              {valueText(one.value).length > 24 && !one.error && (
                <CodeBlock text={valueText(one.value)} label={one.name} maxHeight={160} />
              )}
              {one.error && <p className="muted written">{one.error.message ?? one.error.code}</p>}
              {one.rationale !== undefined && <p className="written">{one.rationale}</p>}
              <p className="faint">
                {one.source_id === 'default' ? (WHO[one.source_type] ?? one.source_type) : one.source_id},{' '}
                <TimeAgo time={one.created_at} />
                {one.span !== undefined && <> · of {spans.get(one.span) ?? one.span}</>}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export function AssessDialog({
  trace,
  span,
  onClose,
}: {
  trace: Trace;
  span: { id: string; name: string } | undefined;
  onClose(): void;
}): ReactElement {
  const [kind, setKind] = useState<'feedback' | 'expectation'>('feedback');
  const [name, setName] = useState('correct');
  const [value, setValue] = useState('true');
  const [rationale, setRationale] = useState('');
  const [about, setAbout] = useState<'trace' | 'span'>('trace');
  const save = async (): Promise<void> => {
    await call(createAssessment, {
      params: { trace: trace.id },
      body: {
        kind,
        name: name.trim(),
        value: typedValue(value),
        ...(rationale.trim() === '' ? {} : { rationale: rationale.trim() }),
        ...(about === 'span' && span ? { span: span.id } : {}),
      },
    });
    say(kind === 'feedback' ? 'The feedback is kept' : 'The expectation is kept');
    await queries.invalidateQueries();
  };
  return (
    <Ask
      title="What is this trace worth?"
      action="Add"
      run={save}
      onClose={onClose}
      disabled={name.trim() === '' || value.trim() === ''}
    >
      {(error) => (
        <>
          <SelectField<'feedback' | 'expectation'>
            label="Kind"
            value={kind}
            options={[
              { value: 'feedback', label: 'feedback: what I make of it' },
              { value: 'expectation', label: 'expectation: what it should have been' },
            ]}
            onChange={setKind}
          />
          <TextField
            label="Name"
            value={name}
            error={error('name')}
            maxLength={250}
            onChange={(event) => setName(event.target.value)}
          />
          <TextArea
            label="Value"
            rows={2}
            value={value}
            error={error('value')}
            hint="true, false, a number, text, or JSON"
            onChange={(event) => setValue(event.target.value)}
          />
          <TextArea
            label="Why"
            rows={3}
            value={rationale}
            error={error('rationale')}
            onChange={(event) => setRationale(event.target.value)}
          />
          {span && (
            <SelectField<'trace' | 'span'>
              label="About"
              value={about}
              options={[
                { value: 'trace', label: 'the whole trace' },
                { value: 'span', label: `the span ${span.name}` },
              ]}
              onChange={setAbout}
            />
          )}
        </>
      )}
    </Ask>
  );
}
