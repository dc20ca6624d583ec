import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactElement, ReactNode } from 'react';
import { formatCount } from './format.ts';
import './tabs.css';

export interface TabItem<T extends string> {
  value: T;
  label: string;
  count?: number | undefined;
  panel: ReactNode;
}

/** The page owns which tab is open, in its address. Only the open panel is drawn. */
export function Tabs<T extends string>(props: {
  label: string;
  value: T;
  tabs: readonly TabItem<T>[];
  onChange(value: T): void;
}): ReactElement {
  return (
    <Base.Root value={props.value} onValueChange={(value) => props.onChange(value as T)}>
      <Base.List className="tabs" aria-label={props.label} activateOnFocus={false}>
        {props.tabs.map(({ value, label, count }) => (
          <Base.Tab key={value} value={value} className="tab">
            {label}
            {count !== undefined && <span className="tab-count">{formatCount(count)}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {props.tabs.map(({ value, panel }) => (
        <Base.Panel key={value} value={value} className="tab-panel">
          {panel}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
