import { useEffect, useEffectEvent } from 'react';
import type { IconName } from '../kit/icons.tsx';

/** What the page that is shown can do, for the palette. */
export interface PageAction {
  label: string;
  icon: IconName;
  act(): void;
}

const shown = new Set<PageAction>();

export function pageActions(): PageAction[] {
  return [...shown];
}

export function usePageAction(label: string, icon: IconName, act: () => void, on = true): void {
  const run = useEffectEvent(act);
  useEffect(() => {
    if (!on) return;
    const action: PageAction = { label, icon, act: () => run() };
    shown.add(action);
    return () => void shown.delete(action);
  }, [label, icon, on]);
}
