import { useState, type ReactElement } from 'react';
import { Button } from '../button.tsx';
import { Popover } from '../popover.tsx';

export interface ColumnGroup {
  name: string;
  columns: readonly { id: string; label: string }[];
}

/** How many names are drawn at once; a search narrows thousands down. */
const SHOWN = 200;

/** Which columns a table shows, by group, with a search over all of them. */
export function ColumnChooser(props: {
  groups: readonly ColumnGroup[];
  chosen: readonly string[];
  onChange(chosen: string[]): void;
  onReset?(): void;
  /** Choices of many at once. */
  shortcuts?: readonly { label: string; act(): void }[];
}): ReactElement {
  const [search, setSearch] = useState('');
  const chosen = new Set(props.chosen);
  const matches = (label: string) => label.toLowerCase().includes(search.toLowerCase());
  const toggle = (id: string) =>
    props.onChange(chosen.has(id) ? props.chosen.filter((each) => each !== id) : [...props.chosen, id]);
  return (
    <Popover title="Columns" trigger={<Button icon="columns">Columns</Button>}>
      <input
        className="input"
        type="search"
        aria-label="Find a column"
        placeholder="Find a column"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {/* Scrolls, so it takes focus. */}
      <div className="chooser">
        {props.groups.map((group) => {
          const found = group.columns.filter((column) => matches(column.label));
          return (
            found.length > 0 && (
              <fieldset key={group.name}>
                <legend>{group.name}</legend>
                {found.slice(0, SHOWN).map((column) => (
                  <label key={column.id}>
                    <input
                      type="checkbox"
                      checked={chosen.has(column.id)}
                      onChange={() => toggle(column.id)}
                    />
                    <span className="truncate">{column.label}</span>
                  </label>
                ))}
                {found.length > SHOWN && (
                  <p className="faint">{found.length - SHOWN} more: search to find them</p>
                )}
              </fieldset>
            )
          );
        })}
      </div>
      {props.shortcuts?.map(({ label, act }) => (
        <Button key={label} look="quiet" onClick={act}>
          {label}
        </Button>
      ))}
      {props.onReset && (
        <Button look="quiet" onClick={props.onReset}>
          Back to the usual columns
        </Button>
      )}
    </Popover>
  );
}
