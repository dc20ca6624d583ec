import type { AlertState } from '../contract.ts';

/** Where an alert stands, as far as windows move it. */
export interface Standing {
  state: AlertState;
  /** Windows in a row that spoke for it, and against it. */
  bad: number;
  good: number;
}

/**
 * The next standing after a window: pending until enough windows in a row are bad, then firing, at once where the evidence is of all windows so far; resolved when enough in a row are good. One that
 * was acknowledged or silenced stays so until then. A pending one that a good window meets was chance: `gone`.
 */
export function stepOf(
  before: Standing | undefined,
  { is, sequential = false }: { is: 'bad' | 'good'; sequential?: boolean },
  { fires, resolves }: { fires: number; resolves: number },
): Standing | 'gone' | undefined {
  if (is === 'bad') {
    const bad = (before?.bad ?? 0) + 1;
    const state =
      before === undefined || before.state === 'pending'
        ? sequential || bad >= fires
          ? 'firing'
          : 'pending'
        : before.state;
    return { state, bad, good: 0 };
  }
  if (!before) return undefined;
  if (before.state === 'pending') return 'gone';
  const good = before.good + 1;
  return { state: good >= resolves ? 'resolved' : before.state, bad: 0, good };
}
