/** What commands print. With `--json` exactly one JSON document goes to stdout; words and progress go to stderr. */
export interface Output {
  readonly json: boolean;
  /** The result: printed as JSON with `--json`, by `human` otherwise. */
  result(value: unknown, human: () => string): void;
  /** A remark along the way; silent with `--json`. */
  say(text: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, human) =>
      void process.stdout.write(`${json ? JSON.stringify(value, null, 2) : human()}\n`),
    say(text) {
      if (!json) process.stderr.write(`${text}\n`);
    },
  };
}

/** Columns padded to their widest cell; numbers to the right. */
export function table(
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): string {
  const cells = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_heading, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const right = headings.map(
    (_heading, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A list as a table, or a sentence where there is nothing to list. */
export const listed = (
  nothing: string,
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): string => (rows.length === 0 ? nothing : table(headings, rows));

export const count = (n: number, noun: string): string =>
  `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? n : n.toFixed(1)} ${units[unit]}`;
}

export function ago(then: number, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}
