import { tooLarge } from '../errors/index.ts';

/** Values that one body may hold, and that one piece of it may: a piece comes over to the loop at once. */
const MOST = 1_000_000;
const MOST_AT_ONCE = 100_000;
/** A list goes over in pieces of about so many values. */
const PIECE = 10_000;

/** A body as it goes from the thread to the loop: lists of many values in pieces, the rest of an object whole. */
export interface Pieces {
  rest: unknown;
  lists: Array<{ key: string; pieces: unknown[][] }>;
}

/** Cuts a body so that no piece of it takes the loop long; refuses one that cannot be cut so. */
export function cut(body: unknown): Pieces {
  let left = MOST;
  const count = (value: unknown): number => {
    const values = countValues(value, Math.min(left, MOST_AT_ONCE));
    left -= values;
    return values;
  };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    count(body);
    return { rest: body, lists: [] };
  }
  const rest: Record<string, unknown> = {};
  const lists: Pieces['lists'] = [];
  for (const [key, value] of Object.entries(body)) {
    if (!Array.isArray(value)) {
      count(value);
      rest[key] = value;
      continue;
    }
    const pieces: unknown[][] = [];
    let piece: unknown[] = [];
    let held = 0;
    for (const item of value as unknown[]) {
      held += count(item);
      piece.push(item);
      if (held < PIECE) continue;
      pieces.push(piece);
      piece = [];
      held = 0;
    }
    if (pieces.length === 0) rest[key] = value;
    else lists.push({ key, pieces: piece.length > 0 ? [...pieces, piece] : pieces });
  }
  return { rest, lists };
}

/** How many values there are, keys not counted; throws `too-large` when there are more than `most`. */
function countValues(value: unknown, most: number): number {
  let counted = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (++counted > most)
      throw tooLarge('the body holds more values than a request may', {
        field: 'body',
        hint: `send less at once: a request may hold ${MOST.toLocaleString('en')} values, and one of its fields or items ${MOST_AT_ONCE.toLocaleString('en')}`,
      });
    if (typeof one === 'object' && one !== null) for (const part of Object.values(one)) open.push(part);
  }
  return counted;
}
