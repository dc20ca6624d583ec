import { useEffect, useEffectEvent } from 'react';

/** Single keys, as WCAG 2.1.4 asks, can be switched off by the person. */
const KEY = 'treadle.keys';

export interface Shortcut {
  /** As `KeyboardEvent.key`, or two keys with a space: `g h`. */
  keys: string;
  what: string;
}
interface Registered extends Shortcut {
  act(event: KeyboardEvent): void;
}
const registered = new Set<Registered>();
let prefix = '';
let prefixAt = 0;

export function shortcutsOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export function setShortcutsOn(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  } catch {
    // Then they stay on.
  }
}

/** What can be pressed on the page now, later ones first. */
export function activeShortcuts(): Shortcut[] {
  const seen = new Map<string, Shortcut>();
  for (const shortcut of [...registered].toReversed())
    if (!seen.has(shortcut.keys)) seen.set(shortcut.keys, shortcut);
  return [...seen.values()];
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function onKeyDown(event: KeyboardEvent): void {
  const command = event.ctrlKey || event.metaKey;
  const key = command ? `mod+${event.key.toLowerCase()}` : event.key;
  if (event.defaultPrevented || event.altKey) return;
  if (!command && (typing(event.target) || !shortcutsOn())) return;
  // A dialog is a page of its own.
  if (!command && document.querySelector('[role="dialog"]') !== null) return;
  const both = event.timeStamp - prefixAt < 1200 && prefix !== '' ? `${prefix} ${key}` : key;
  const list = [...registered].toReversed();
  const found =
    list.find((shortcut) => shortcut.keys === both) ?? list.find((shortcut) => shortcut.keys === key);
  prefix = found === undefined && list.some((shortcut) => shortcut.keys.startsWith(`${key} `)) ? key : '';
  prefixAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  found.act(event);
}

if (typeof document !== 'undefined') document.addEventListener('keydown', onKeyDown);

/** Binds a key while the component is shown. `mod+k` is Ctrl or Cmd. */
export function useShortcut(
  keys: string,
  what: string,
  act: (event: KeyboardEvent) => void,
  on = true,
): void {
  const run = useEffectEvent(act);
  useEffect(() => {
    if (!on) return;
    const shortcut: Registered = { keys, what, act: (event) => run(event) };
    registered.add(shortcut);
    return () => void registered.delete(shortcut);
  }, [keys, what, on]);
}
