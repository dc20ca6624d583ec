import { DEFAULTS, type LoopSettings } from './contract.ts';
import type { LoopRow } from './store.ts';

type Guards = Required<Pick<LoopSettings, 'cooldown_ms' | 'budget' | 'back_off_ms' | 'rejections'>>;

/** What a loop says, with what holds where it says nothing. */
export function settingsOf({ settings }: Pick<LoopRow, 'settings'>): LoopSettings & Guards {
  const said = JSON.parse(settings) as LoopSettings; // written by this room
  const { cooldown_ms, back_off_ms, rejections } = DEFAULTS;
  return { cooldown_ms, budget: DEFAULTS.budget, back_off_ms, rejections, ...said };
}

export const PERIODS: Readonly<Record<Guards['budget']['per'], number>> = {
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
};
