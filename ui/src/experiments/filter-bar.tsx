import { useState, type FormEvent, type ReactElement } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { Popover } from '../kit/popover.tsx';
import { addCondition } from './run-columns.ts';
import './filter-bar.css';

const OPERATORS: Record<'number' | 'text', readonly [operator: string, words: string][]> = {
  number: [
    ['>', 'is greater than'],
    ['>=', 'is at least'],
    ['<', 'is less than'],
    ['<=', 'is at most'],
    ['=', 'is'],
    ['!=', 'is not'],
  ],
  text: [
    ['=', 'is'],
    ['!=', 'is not'],
    ['ILIKE', 'is like (% stands for anything)'],
  ],
};

/** A filter to type, in the search grammar, and a small builder for those who do not know it yet. */
export function FilterBar(props: {
  filter: string | undefined;
  columns: readonly string[];
  error: unknown;
  onFilter(filter: string | undefined): void;
}): ReactElement {
  const { filter, onFilter } = props;
  const [text, setText] = useState(filter ?? '');
  // Back, forward and a new condition change the filter under the field.
  const [told, setTold] = useState(filter);
  if (told !== filter) {
    setTold(filter);
    setText(filter ?? '');
  }
  const wrong = props.error instanceof ApiError && props.error.kind === 'invalid' ? props.error : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFilter(text.trim() || undefined);
  };
  return (
    <div className="filter-bar">
      <form onSubmit={submit} className="filter-form">
        <Icon name="filter" />
        <input
          data-filter
          className="input mono"
          aria-label="Filter runs"
          aria-invalid={wrong !== undefined}
          aria-describedby={wrong ? 'filter-error' : undefined}
          placeholder="metrics.auc > 0.6 AND params.model = 'xgb'"
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
      <Popover title="Add a condition" trigger={<Button icon="filter">Add condition</Button>}>
        <Builder
          columns={props.columns}
          onAdd={(column, operator, value) => onFilter(addCondition(filter, column, operator, value))}
        />
      </Popover>
      {wrong && (
        <p id="filter-error" className="field-error" role="alert">
          {wrong.message}. {wrong.hint}
        </p>
      )}
    </div>
  );
}

function Builder({
  columns,
  onAdd,
}: {
  columns: readonly string[];
  onAdd(column: string, operator: string, value: string): void;
}): ReactElement {
  const all = [...columns, 'name', 'status', 'user', 'verdict'];
  const [column, setColumn] = useState(all[0]!);
  const kind = column.startsWith('metrics.') ? 'number' : 'text';
  const [operator, setOperator] = useState(OPERATORS[kind][0]![0]);
  const [value, setValue] = useState('');
  const known = OPERATORS[kind].some(([each]) => each === operator);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== '')
          onAdd(
            column,
            known ? operator : OPERATORS[kind][0]![0],
            column === 'status' ? value.toUpperCase() : value,
          );
        setValue('');
      }}
    >
      <select
        className="select"
        aria-label="Column"
        value={column}
        onChange={(event) => setColumn(event.target.value)}
      >
        {all.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      <select
        className="select"
        aria-label="Condition"
        value={known ? operator : OPERATORS[kind][0]![0]}
        onChange={(event) => setOperator(event.target.value)}
      >
        {OPERATORS[kind].map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
      <input
        className="input"
        aria-label="Value"
        placeholder="value"
        value={value}
        inputMode={kind === 'number' ? 'decimal' : 'text'}
        onChange={(event) => setValue(event.target.value)}
      />
      <Button
        type="submit"
        look="primary"
        disabled={value === '' || (kind === 'number' && Number.isNaN(Number(value)))}
      >
        Add
      </Button>
    </form>
  );
}
