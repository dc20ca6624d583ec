import { fits } from '../../platform/patterns/index.ts';

/**
 * Where a caller asks: in a workspace, or in the part of it that grants open to them. Written as one text, which requests carry
 * along: a name of a workspace holds no blank, and no pattern a line's end.
 */
export const partOf = (workspace: string, patterns: readonly string[] | undefined): string =>
  patterns === undefined ? workspace : `${workspace} ${patterns.join('\n')}`;

/** The workspace of a place, and whether an endpoint is in that place. */
export function placeOf(place: string): { workspace: string; holds(endpoint: string): boolean } {
  const blank = place.indexOf(' ');
  if (blank < 0) return { workspace: place, holds: everything };
  const patterns = place.slice(blank + 1).split('\n');
  return {
    workspace: place.slice(0, blank),
    holds: (endpoint) => patterns.some((pattern) => fits(pattern, endpoint)),
  };
}

const everything = (): boolean => true;
