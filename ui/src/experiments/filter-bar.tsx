import { useQuery } from '@tanstack/react-query';
import {
  useId,
  useMemo,
  useRef,
  useState,
  type FormEvent,
  type KeyboardEvent,
  type ReactElement,
} from 'react';
import { groupRuns } from '../../../src/tracking/contract.ts';
import { api, ApiError } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { Popover } from '../kit/popover.tsx';
import { complete, completionsFor, isNumeric, placeAt, unknownNames } from './filter-words.ts';
import { addCondition, searchName } from './run-columns.ts';
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

/**
 * A filter to type, in the search grammar, with names, operators and values offered as it is typed, and a small builder for those who do not
 * know it yet. A name that no run has is told, with the real ones that may have been meant.
 */
export function FilterBar(props: {
  experiment: string;
  filter: string | undefined;
  columns: readonly string[];
  error: unknown;
  onFilter(filter: string | undefined): void;
}): ReactElement {
  const { experiment, filter, columns, onFilter } = props;
  const [text, setText] = useState(filter ?? '');
  // Back, forward and a new condition change the filter under the field.
  const [told, setTold] = useState(filter);
  if (told !== filter) {
    setTold(filter);
    setText(filter ?? '');
  }
  const list = useId();
  const field = useRef<HTMLInputElement>(null);
  /** Where the cursor is while names are offered; undefined while they are not. */
  const [cursor, setCursor] = useState<number | undefined>();
  const [active, setActive] = useState(-1);
  const place = useMemo(() => (cursor === undefined ? undefined : placeAt(text, cursor)), [text, cursor]);
  const values = useValues(experiment, place?.wants === 'value' ? place.name : undefined);
  const offers = useMemo(
    () => (place === undefined ? [] : completionsFor(place, columns, values)),
    [place, columns, values],
  );
  const open = offers.length > 0;
  const unknown = useMemo(
    () => (filter === undefined || columns.length === 0 ? [] : unknownNames(filter, columns)),
    [filter, columns],
  );

  const close = () => {
    setCursor(undefined);
    setActive(-1);
  };
  const take = (insert: string) => {
    if (place === undefined) return;
    const next = complete(text, place, insert);
    setText(next.text);
    setActive(-1);
    setCursor(next.cursor);
    // Once the field holds the new text.
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(next.cursor, next.cursor);
    });
  };
  const wrong = props.error instanceof ApiError && props.error.kind === 'invalid' ? props.error : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    close();
    onFilter(text.trim() || undefined);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && open) {
      event.preventDefault();
      // Below the last and above the first is the field itself.
      setActive(((active + 1 + step + offers.length + 1) % (offers.length + 1)) - 1);
    } else if (step === 1) setCursor(event.currentTarget.selectionStart ?? text.length);
    else if (event.key === 'Enter' && open && offers[active]) {
      event.preventDefault();
      take(offers[active].insert);
    } else if (event.key === 'Escape' && open) {
      event.stopPropagation();
      close();
    } else if (event.key === 'Escape') {
      setText(filter ?? '');
      event.currentTarget.blur();
    }
  };
  return (
    <div className="filter-bar">
      <form onSubmit={submit} className="filter-form">
        <Icon name="filter" />
        <input
          ref={field}
          data-filter
          className="input mono"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          {...(open && active >= 0 ? { 'aria-activedescendant': `${list}-${active}` } : {})}
          aria-invalid={wrong !== undefined}
          aria-describedby={wrong ? 'filter-error' : undefined}
          placeholder="metrics.auc > 0.6 AND params.model = 'xgb'"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setCursor(event.target.selectionStart ?? event.target.value.length);
            setActive(-1);
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
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
        <div id={list} role="listbox" aria-label="What may stand here" className="offers" hidden={!open}>
          {offers.map((offer, i) => (
            // The field keeps the focus and the keys.
            <div
              key={offer.label}
              id={`${list}-${i}`}
              role="option"
              aria-selected={i === active}
              onPointerDown={(event) => {
                event.preventDefault();
                take(offer.insert);
              }}
            >
              <code className="truncate">{offer.label}</code>
              <span className="faint">{offer.detail}</span>
            </div>
          ))}
        </div>
      </form>
      <Popover title="Add a condition" trigger={<Button icon="filter">Add condition</Button>}>
        <Builder
          columns={columns}
          onAdd={(column, operator, value) => onFilter(addCondition(filter, column, operator, value))}
        />
      </Popover>
      {wrong && (
        <p id="filter-error" className="field-error" role="alert">
          {wrong.message}. {wrong.hint}
        </p>
      )}
      {unknown.map(({ written, from, to, like }) => (
        <p key={from} className="unknown-name small" role="status">
          No run here has <code>{written}</code>.{like.length > 0 && ' Did you mean '}
          {like.map((name) => (
            <button
              key={name}
              type="button"
              className="link-button"
              onClick={() => onFilter(`${filter!.slice(0, from)}${name}${filter!.slice(to)}`)}
            >
              {name}
            </button>
          ))}
          {like.length > 0 && '?'}
        </p>
      ))}
    </div>
  );
}

const NO_VALUES: readonly string[] = [];

/** The commonest values that runs have of a name, counted by the server. */
function useValues(experiment: string, name: string | undefined): readonly string[] {
  const told = name !== undefined && !isNumeric(name) && !name.startsWith('datasets.') && name !== 'run_id';
  const found = useQuery({
    ...api(groupRuns, {
      body: { experiments: [experiment], by: searchName(name ?? '') ?? name ?? '', limit: 50 },
    }),
    enabled: told,
    retry: false,
  });
  return useMemo(
    () => (told ? found.data?.groups.flatMap(({ value }) => value ?? []) : undefined) ?? NO_VALUES,
    [told, found.data],
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
