/** One thing wrong, or doubtful, in a file, with its place. Lines and columns count from 1. */
export interface Problem {
  severity: 'error' | 'warning';
  line: number;
  column: number;
  /** Where in the structure: `steps.train.run`. */
  path: string;
  message: string;
  hint?: string;
}

/** More would be read by nobody. */
export const MOST_PROBLEMS = 100;

export const describe = (problem: Problem, file = 'treadle.yaml'): string =>
  `${file}:${problem.line}:${problem.column}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`;

/** The known word that is closest to a mistyped one, when it is close enough to be meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
function edits(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_row, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  }
  return rows[a.length]![b.length]!;
}

/** "did you mean 'x'?", or the list of what is known when it is short. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (known.length === 0) return 'there are none';
  return known.length <= 16 ? `known here: ${known.join(', ')}` : `there are ${known.length} to choose from`;
}
