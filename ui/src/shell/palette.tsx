import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useRef, useState, type ReactElement } from 'react';
import { Icon, type IconName } from '../kit/icons.tsx';
import { setTheme } from '../kit/theme.ts';
import { rooms } from '../rooms.ts';
import { pageActions } from './page-actions.ts';

interface Item {
  value: string;
  label: string;
  detail?: string | undefined;
  icon: IconName;
  act(): void;
}
interface Group {
  value: string;
  items: Item[];
}

/** Ctrl-K: pages, what is in the rooms, and everything that can be done here. */
export default function Palette({ onClose, onHelp }: { onClose(): void; onHelp(): void }): ReactElement {
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim());
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: ['palette', search],
    queryFn: async ({ signal }) => {
      // Typing goes on; the pause lets the last letter win.
      await new Promise((resolve) => setTimeout(resolve, search === '' ? 0 : 120));
      signal.throwIfAborted();
      const lists = await Promise.all(
        rooms.map(async (room) => ({
          room,
          items: await Promise.resolve(room.find?.(search, signal)).catch(() => []),
        })),
      );
      return lists.filter(({ items }) => (items?.length ?? 0) > 0);
    },
    placeholderData: (before) => before,
    staleTime: 5000,
  });

  const groups = useMemo(() => {
    // At once, not when the search is done: who types fast and presses Enter means what was typed.
    const typed = text.trim().toLowerCase();
    const matches = (label: string) => label.toLowerCase().includes(typed);
    const go = (to: string) => () => void navigate({ to });
    const all: Group[] = [
      {
        value: 'On this page',
        items: pageActions()
          .filter((action) => matches(action.label))
          .map((action) => ({ ...action, value: `page:${action.label}` })),
      },
      {
        value: 'Pages',
        items: rooms
          .filter((room) => matches(room.name))
          .map((room) => ({
            value: room.to,
            label: room.name,
            icon: room.icon,
            detail: `G ${room.key.toUpperCase()}`,
            act: go(room.to),
          })),
      },
      ...(found.data ?? []).map(({ room, items }) => ({
        value: room.name === 'Experiments' ? 'Experiments and runs' : room.name,
        // While the next search runs, what the last one found is kept as far as it fits.
        items: (items ?? [])
          .filter((item) => !found.isPlaceholderData || matches(item.label))
          .map((item) => ({
            value: item.id,
            label: item.label,
            detail: item.detail,
            icon: item.icon,
            act: go(item.to),
          })),
      })),
      {
        value: 'Actions',
        items: [
          {
            value: 'light',
            label: 'Use the light theme',
            icon: 'sun' as const,
            act: () => setTheme('light'),
          },
          { value: 'dark', label: 'Use the dark theme', icon: 'moon' as const, act: () => setTheme('dark') },
          {
            value: 'system',
            label: 'Follow the system’s theme',
            icon: 'system' as const,
            act: () => setTheme('system'),
          },
          { value: 'help', label: 'Keyboard shortcuts', icon: 'keyboard' as const, act: onHelp },
          {
            value: 'api',
            label: 'Open the API documentation',
            icon: 'code' as const,
            act: () => window.location.assign('/docs'),
          },
        ].filter((item) => matches(item.label)),
      },
    ];
    return all.filter((group) => group.items.length > 0);
  }, [found.data, found.isPlaceholderData, text, navigate, onHelp]);

  const highlighted = useRef<string>(undefined);
  const choose = (item: Item) => {
    onClose();
    item.act();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Viewport className="palette-viewport">
          <Dialog.Popup className="palette" aria-label="Search and commands">
            <Autocomplete.Root
              open
              inline
              items={groups}
              filter={null}
              value={text}
              onValueChange={setText}
              autoHighlight="always"
              onItemHighlighted={(item: Item | undefined) => (highlighted.current = item?.value)}
              keepHighlight
              itemToStringValue={(item: Item) => item.label}
            >
              <div className="palette-field">
                <Icon name="search" />
                <Autocomplete.Input
                  onKeyDown={(event) => {
                    if (event.key !== 'Enter') return;
                    // The highlight follows a moment after the last letter; what is meant is what is on top now.
                    event.preventBaseUIHandler();
                    event.preventDefault();
                    const items = groups.flatMap((group) => group.items);
                    const item = items.find(({ value }) => value === highlighted.current) ?? items[0];
                    if (item) choose(item);
                  }}
                  placeholder="Search experiments and runs, or do something…"
                  aria-label="Search and commands"
                />
                <kbd>Esc</kbd>
              </div>
              <Dialog.Close className="sr-only">Close</Dialog.Close>
              <Autocomplete.Empty className="palette-empty">
                {found.isFetching ? 'Searching…' : `Nothing is called “${search}”`}
              </Autocomplete.Empty>
              <Autocomplete.List className="palette-list">
                {(group: Group) => (
                  <Autocomplete.Group key={group.value} items={group.items}>
                    <Autocomplete.GroupLabel className="palette-group">{group.value}</Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(item: Item) => (
                        <Autocomplete.Item
                          key={item.value}
                          value={item}
                          className="palette-item"
                          onClick={() => choose(item)}
                        >
                          <Icon name={item.icon} />
                          <span className="truncate">{item.label}</span>
                          {item.detail !== undefined && <span className="detail nowrap">{item.detail}</span>}
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Root>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
