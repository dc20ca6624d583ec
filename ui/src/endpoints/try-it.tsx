import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { addressSeenFrom } from '../../../src/serving/address-seen.ts';
import type { EndpointDetail } from '../../../src/serving/contract.ts';
import { api } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Choice, TextArea, TextField } from '../kit/field.tsx';
import { Section } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { describe } from '../kit/toast.tsx';
import { Answers } from './answers.tsx';
import { askEndpoint, type Answered } from './ask-endpoint.ts';
import { SNIPPETS, snippet, type SnippetKind } from './snippets.ts';
import { TryFields } from './try-fields.tsx';
import { fieldsOf, filled, jsonOf, requestOf, sampleRows, type Spec } from './try-form.ts';

/** How many answers are kept in sight. */
const KEPT = 12;

export interface TryView {
  form: 'fields' | 'json';
  snippet: SnippetKind;
}

/** Ask the endpoint from here: a form made from what the model takes, the same as JSON, and the same from elsewhere. */
export function TryIt({
  detail: { endpoint, spec },
  view,
  onView,
}: {
  detail: EndpointDetail & { spec: Spec };
  view: TryView;
  onView(view: TryView): void;
}): ReactElement {
  // A model without a usable signature takes any JSON: there is nothing to make fields of.
  const anyJson = spec.inputs.length === 0;
  const address = addressSeenFrom(endpoint.address, window.location.href);
  const [values, setValues] = useState(() => filled(spec));
  const [params, setParams] = useState<Record<string, string>>({});
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [key, setKey] = useState('');
  const [json, setJson] = useState<string>();
  const [row, setRow] = useState(0);
  const [answers, setAnswers] = useState<readonly Answered[]>([]);
  const me = useQuery(api(whoAmI, {}));
  const fields = fieldsOf(spec);
  const read = requestOf(spec, values, params);
  const fromForm = 'value' in read ? read.value : undefined;
  const text = json ?? (fromForm ? jsonOf(fromForm) : anyJson ? '{"inputs": [[]]}' : '');
  const form = anyJson ? 'json' : view.form;
  const asking = useMutation({
    mutationFn: (body: string) =>
      askEndpoint(endpoint.name, body, { anyJson, key, workspace: me.data?.workspace }),
    onSuccess: (answer) => setAnswers((before) => [answer, ...before].slice(0, KEPT)),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (form === 'json') {
      asking.mutate(text);
      return;
    }
    setProblems('problems' in read ? read.problems : {});
    if ('value' in read) asking.mutate(JSON.stringify(read.value));
    else asking.reset();
  };
  const rows = sampleRows(spec);
  // With one version that answers, a key decides nothing.
  const keyed = endpoint.current?.variants.some(({ role }) => role === 'canary') ?? false;
  const common = (
    <>
      {keyed && (
        <TextField
          label="Key of the caller"
          hint="Sent as X-Treadle-Key: the same key always gets the same version"
          value={key}
          onChange={(event) => setKey(event.target.value)}
          mono
        />
      )}
      <div className="row">
        <Button type="submit" look="primary" icon="send" disabled={asking.isPending}>
          Send
        </Button>
        {asking.isPending && <span className="faint">asking…</span>}
      </div>
      {asking.error !== null && (
        <p className="field-error" role="alert">
          {describe(asking.error)}
        </p>
      )}
    </>
  );
  return (
    <div className="pair try-it">
      <Section
        title="Ask"
        actions={
          rows > 0 &&
          form === 'fields' && (
            <Choice
              label="Filled with"
              value={String(row)}
              options={Array.from({ length: Math.min(rows, 50) }, (_, i) => ({
                value: String(i),
                label: `row ${i + 1} of the model’s sample`,
              }))}
              onChange={(value) => {
                setRow(Number(value));
                setValues(filled(spec, Number(value)));
                setProblems({});
              }}
            />
          )
        }
      >
        <Tabs
          label="How to ask"
          value={form}
          onChange={(value) => {
            setJson(undefined);
            asking.reset();
            onView({ ...view, form: value });
          }}
          tabs={[
            ...(anyJson
              ? []
              : [
                  {
                    value: 'fields' as const,
                    label: 'Form',
                    panel: (
                      <form className="stack" onSubmit={send} noValidate>
                        <TryFields
                          fields={fields}
                          params={spec.params}
                          values={values}
                          paramValues={params}
                          problems={problems}
                          onValue={(name, value) => setValues((now) => ({ ...now, [name]: value }))}
                          onParam={(name, value) => setParams((now) => ({ ...now, [name]: value }))}
                        />
                        {common}
                      </form>
                    ),
                  },
                ]),
            {
              value: 'json' as const,
              label: 'JSON',
              panel: (
                <form className="stack" onSubmit={send}>
                  <TextArea
                    label={
                      anyJson
                        ? 'The request, any JSON that the model takes'
                        : 'The request, Open Inference Protocol'
                    }
                    value={text}
                    rows={14}
                    mono
                    onChange={(event) => setJson(event.target.value)}
                  />
                  {common}
                </form>
              ),
            },
          ]}
        />
      </Section>
      <div className="stack">
        <Section title="Answers">
          <Answers endpoint={endpoint.name} answers={answers} />
        </Section>
        <Section
          title="From elsewhere"
          actions={
            <Choice
              label="In"
              value={view.snippet}
              options={SNIPPETS.filter(({ value }) => !anyJson || value === 'curl' || value === 'python')}
              onChange={(value) => onView({ ...view, snippet: value })}
            />
          }
        >
          <CodeBlock
            label="The same question from elsewhere"
            maxHeight={360}
            text={snippet(view.snippet, {
              address,
              endpoint: endpoint.name,
              body: bodyOf(form === 'json' ? text : undefined, fromForm ?? { inputs: [] }),
              token: !/^https?:\/\/(127\.|localhost|\[::1\])/.test(address),
              anyJson,
            })}
          />
        </Section>
      </div>
    </div>
  );
}

/** What is typed as JSON, while it is JSON. */
function bodyOf(text: string | undefined, otherwise: unknown): unknown {
  if (text === undefined) return otherwise;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise;
  }
}
