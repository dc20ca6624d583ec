import { binomialLower } from '../../platform/mathematics/index.ts';
import type { Progress } from './progress.ts';

/**
 * The hard stop: a version on trial that burns 14.4 times the error budget of a service that may fail one request in a hundred (the
 * rate at which people are paged), within a minute. It needs no test to have come to its end, and no tolerance excuses it.
 */
const BURN = 14.4 * 0.01;
const FEWEST = 10;
const MINUTE = 60_000;
/** Beyond this the primary beside it might fail as often by chance. */
const CHANCE = 1e-6;

/** Why it must end at once; undefined while it need not. Where its primary fails as well, it is no fault of the version. */
export function hardStop(recent: Progress['recent'], now: number): string | undefined {
  const sum = { primary: [0, 0] as [number, number], trial: [0, 0] as [number, number] };
  for (const one of recent) {
    if (one.at <= now - MINUTE) continue;
    for (const side of ['primary', 'trial'] as const)
      sum[side] = [sum[side][0] + one[side][0], sum[side][1] + one[side][1]];
  }
  const [answers, failed] = sum.trial;
  if (failed < FEWEST || failed < BURN * answers) return undefined;
  const base = (sum.primary[1] + 1) / (sum.primary[0] + 100);
  // P(so many or more | as the primary, and half as often again).
  const chance = binomialLower(answers - failed, answers, 1 - Math.min(0.99, 1.5 * base));
  if (chance > CHANCE) return undefined;
  const percent = (part: number, of: number): string =>
    of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`;
  return `${failed} of ${answers} requests failed within a minute (${percent(failed, answers)}; primary ${percent(...([sum.primary[1], sum.primary[0]] as const))})`;
}

export const within = (recent: Progress['recent'], now: number): Progress['recent'] =>
  recent.filter(({ at }) => at > now - MINUTE);
