import { createTurns } from '../aside/index.ts';

/** A list of more items than this is written in pieces. */
const LONG = 64;
/** Plain values go in pieces of so many; objects one by one, for one of them may be large. */
const PIECE = 4096;

/** The text of an answer. Long lists in it, which is what makes answers long, are written with turns in between. */
export function writeJson(answer: unknown): string | Promise<string> {
  const plain = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
  return plain && Object.values(answer).some(isLong) ? inTurns(answer) : JSON.stringify(answer);
}

const isLong = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > LONG;

async function inTurns(answer: object): Promise<string> {
  const turns = createTurns();
  const fields: string[] = [];
  for (const [key, value] of Object.entries(answer) as Array<[string, unknown]>) {
    // As JSON has it, what is undefined is not there.
    if (value === undefined) continue;
    if (!isLong(value)) {
      fields.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
      continue;
    }
    const pieces: string[] = [];
    for (let start = 0; start < value.length;) {
      const size = typeof value[start] === 'object' ? 1 : PIECE;
      pieces.push(JSON.stringify(value.slice(start, start + size)).slice(1, -1));
      start += size;
      const due = turns();
      if (due) await due;
    }
    fields.push(`${JSON.stringify(key)}:[${pieces.join(',')}]`);
  }
  return `{${fields.join(',')}}`;
}
