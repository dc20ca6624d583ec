import { METRICS } from '../../rules/index.ts';

/** Half a hundredth of a metric between fixed bounds; of others one part in a hundred of the champion's. */
const MARGIN = 0.005;
const SHARE = 0.01;

/** What is asked of a candidate where the gate names no rules: that it is not worse than the champion by more than a margin. */
export function defaultRule(main: string): string {
  const { bounded, better } = METRICS[main]!;
  if (bounded)
    return better === 'higher'
      ? `${main} >= champion.${main} - ${MARGIN}`
      : `${main} <= champion.${main} + ${MARGIN}`;
  return better === 'higher'
    ? `${main} >= champion.${main} * ${1 - SHARE}`
    : `${main} <= champion.${main} * ${1 + SHARE}`;
}
