import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'treadle.theme';
const watchers = new Set<() => void>();

function read(): Theme {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  for (const watcher of watchers) watcher();
}

export function useTheme(): Theme {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, read);
}

const system = window.matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is dark now, whoever decided it: canvases must draw anew when it turns. */
export function useDark(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      system.addEventListener('change', watcher);
      return () => {
        watchers.delete(watcher);
        system.removeEventListener('change', watcher);
      };
    },
    () => {
      const theme = read();
      return theme === 'system' ? system.matches : theme === 'dark';
    },
  );
}
