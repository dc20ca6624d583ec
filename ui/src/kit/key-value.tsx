import type { ReactElement, ReactNode } from 'react';
import './key-value.css';

/** Names and values in two columns; an entry whose value is undefined is left out. */
export function KeyValue({
  entries,
}: {
  entries: readonly [name: ReactNode, value: ReactNode][];
}): ReactElement {
  return (
    <dl className="key-value">
      {entries
        .filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '')
        .map(([name, value], i) => (
          <div key={typeof name === 'string' ? name : i}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
