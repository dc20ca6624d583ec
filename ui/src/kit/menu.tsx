import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import './popup.css';

export interface MenuEntry {
  key: string;
  label: ReactNode;
  icon?: IconName;
  /** Shown as a tick; makes the entry one of a choice. */
  chosen?: boolean;
  danger?: boolean;
  disabled?: boolean;
  act(): void;
}

/** A button that opens a list of actions. `trigger` is the button itself, a `<Button>`. */
export function Menu({
  trigger,
  entries,
  heading,
}: {
  trigger: ReactElement;
  entries: readonly MenuEntry[];
  heading?: string;
}): ReactElement {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={5} align="end" className="popup-positioner">
          <Base.Popup className="menu">
            <Base.Group>
              {heading !== undefined && <Base.GroupLabel className="menu-heading">{heading}</Base.GroupLabel>}
              {entries.map((entry) => {
                const inner = (
                  <>
                    {entry.icon && <Icon name={entry.icon} />}
                    <span className="truncate">{entry.label}</span>
                  </>
                );
                const look = `menu-item${entry.danger ? ' menu-danger' : ''}`;
                return entry.chosen === undefined ? (
                  <Base.Item
                    key={entry.key}
                    className={look}
                    disabled={entry.disabled ?? false}
                    onClick={() => entry.act()}
                  >
                    {inner}
                  </Base.Item>
                ) : (
                  <Base.CheckboxItem
                    key={entry.key}
                    className={look}
                    checked={entry.chosen}
                    closeOnClick
                    onCheckedChange={() => entry.act()}
                  >
                    {inner}
                    <span className="spacer" />
                    {entry.chosen && <Icon name="check" />}
                  </Base.CheckboxItem>
                );
              })}
            </Base.Group>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
