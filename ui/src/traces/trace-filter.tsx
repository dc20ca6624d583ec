import { useState, type FormEvent, type ReactElement } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { Popover } from '../kit/popover.tsx';
import { Section } from '../kit/page.tsx';
import '../experiments/filter-bar.css';

const EXAMPLES: readonly [filter: string, meaning: string][] = [
  ["status = 'ERROR'", 'OK, ERROR or IN_PROGRESS'],
  [
    "span.name = 'retrieve' AND span.status = 'ERROR'",
    'one span that is both; also span.type and span.attributes.…',
  ],
  ["trace.text LIKE '%refund%'", 'anywhere in what its spans say; LIKE and ILIKE only'],
  ["feedback.correct = 'false' OR feedback.score < 0.5", 'also expectation.…'],
  [
    "tags.team = 'ops' AND metadata.`mlflow.trace.session` = 's1'",
    'names with other signs stand in backquotes',
  ],
  ['execution_time_ms > 2000 AND tokens > 1000', 'numbers stand without quotes; also cost and timestamp_ms'],
];

/** A filter to type, in the search grammar, and examples of it for those who do not know it yet. */
export function TraceFilter(props: {
  filter: string | undefined;
  error: unknown;
  onFilter(filter: string | undefined): void;
}): ReactElement {
  const { filter, onFilter } = props;
  const [text, setText] = useState(filter ?? '');
  // Back, forward and an example change the filter under the field.
  const [told, setTold] = useState(filter);
  if (told !== filter) {
    setTold(filter);
    setText(filter ?? '');
  }
  const wrong = props.error instanceof ApiError && props.error.kind === 'invalid' ? props.error : undefined;
  return (
    <div className="filter-bar">
      <form
        className="filter-form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          onFilter(text.trim() || undefined);
        }}
      >
        <Icon name="filter" />
        <input
          data-filter
          className="input mono"
          aria-label="Filter traces"
          aria-invalid={wrong !== undefined}
          aria-describedby={wrong ? 'filter-error' : undefined}
          placeholder="span.name = 'retrieve' AND feedback.correct = 'false'"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            setText(filter ?? '');
            event.currentTarget.blur();
          }}
        />
        {text !== '' && (
          <Button
            look="quiet"
            icon="close"
            label="Clear the filter"
            onClick={() => {
              setText('');
              onFilter(undefined);
            }}
          />
        )}
      </form>
      <Popover title="Filters by example" trigger={<Button icon="question">Examples</Button>}>
        <ul className="filter-examples">
          {EXAMPLES.map(([example, meaning]) => (
            <li key={example}>
              <button type="button" className="link-button mono" onClick={() => onFilter(example)}>
                {example}
              </button>
              <span className="faint">{meaning}</span>
            </li>
          ))}
        </ul>
      </Popover>
      {wrong && (
        <p id="filter-error" className="field-error" role="alert">
          {wrong.message}. {wrong.hint}
        </p>
      )}
    </div>
  );
}

export function TraceFilterHelp(): ReactElement {
  return (
    <Section title="How a filter is written">
      <dl className="filter-help">
        {EXAMPLES.map(([filter, meaning]) => (
          <div key={filter}>
            <dt>
              <code>{filter}</code>
            </dt>
            <dd className="muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
