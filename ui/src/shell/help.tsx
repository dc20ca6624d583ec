import { useState, type ReactElement } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { activeShortcuts, setShortcutsOn, shortcutsOn } from '../kit/shortcuts.ts';

export default function Help({ onClose }: { onClose(): void }): ReactElement {
  const [on, setOn] = useState(shortcutsOn);
  // As they were when the help was opened: the dialog itself adds none.
  const [shortcuts] = useState(activeShortcuts);
  return (
    <Dialog open onClose={onClose} title="Keyboard" description="Every action is also in the palette.">
      <dl className="shortcut-list">
        {shortcuts.map(({ keys, what }) => (
          <Line key={keys} keys={keys} what={what} />
        ))}
      </dl>
      <label className="row">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setOn(event.target.checked);
            setShortcutsOn(event.target.checked);
          }}
        />
        Single-key shortcuts are on
      </label>
    </Dialog>
  );
}

function Line({ keys, what }: { keys: string; what: string }): ReactElement {
  return (
    <>
      <dt>{what}</dt>
      <dd className="row">
        {keys.split(' ').map((key) => (
          <kbd key={key}>
            {key
              .replace('mod+', 'Ctrl ')
              .replace('ArrowUp', '↑')
              .replace('ArrowDown', '↓')
              .toLocaleUpperCase('en')}
          </kbd>
        ))}
      </dd>
    </>
  );
}
