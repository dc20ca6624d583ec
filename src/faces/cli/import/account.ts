import { bytes, table } from '../output.ts';

/** What was found, what of it was brought, and what became of the rest. */
export interface Account {
  from: string;
  place: string;
  counts: Record<string, { found: number; brought: number; here: number }>;
  bytes: number;
  /** Runs that were here already and had not changed. */
  unchanged: number;
  /** What was compared with what the server has now. */
  checked: { runs: number; series: number; points: number; params: number; tags: number; files: number };
  differently: Remark[];
  left: Remark[];
  /** What the server has otherwise than the source: nothing of this may be. */
  faults: string[];
  fault_count: number;
}

export interface Remark {
  what: string;
  times: number;
  /** The first few. */
  examples: string[];
}

const EXAMPLES = 3;
const FAULTS = 20;

export const emptyAccount = (from: string, place: string): Account => ({
  from,
  place,
  counts: {},
  bytes: 0,
  unchanged: 0,
  checked: { runs: 0, series: 0, points: 0, params: 0, tags: 0, files: 0 },
  differently: [],
  left: [],
  faults: [],
  fault_count: 0,
});

export function tell(
  account: Account,
  noun: string,
  how: { found?: number; brought?: number; here?: number },
): void {
  const row = (account.counts[noun] ??= { found: 0, brought: 0, here: 0 });
  row.found += how.found ?? 0;
  row.brought += how.brought ?? 0;
  row.here += how.here ?? 0;
}

export function remark(list: Remark[], what: string, example: string, times = 1): void {
  let found = list.find((one) => one.what === what);
  if (!found) list.push((found = { what, times: 0, examples: [] }));
  found.times += times;
  if (example !== '' && found.examples.length < EXAMPLES) found.examples.push(example);
}

export function fault(account: Account, what: string): void {
  account.fault_count++;
  if (account.faults.length < FAULTS) account.faults.push(what);
}

/** The account, for people. */
export function inWords(account: Account): string {
  const { checked, faults, fault_count, unchanged } = account;
  const rows = Object.entries(account.counts).map(([noun, { found, brought, here }]) => [
    noun,
    found,
    brought,
    here,
  ]);
  const n = (value: number): string => value.toLocaleString('en');
  const lines = [
    `From ${account.place}:`,
    '',
    table(['', 'found', 'brought', 'here before'], rows),
    '',
    ...(account.bytes > 0 ? [`${bytes(account.bytes)} of files were sent.`] : []),
    ...(unchanged > 0
      ? [
          `${n(unchanged)} runs were here and have not changed since; they were not read again (--again reads them).`,
        ]
      : []),
    `Compared with what the server has now: ${n(checked.points)} points of ${n(checked.series)} metrics by count and digest, ${n(checked.params)} params, ${n(checked.tags)} tags and ${n(checked.files)} files (BLAKE3) of ${n(checked.runs)} runs.`,
    ...remarks('Kept in another form:', account.differently),
    ...remarks('Not brought:', account.left),
  ];
  if (fault_count === 0) lines.push('', 'Nothing differs.');
  else {
    lines.push('', `${n(fault_count)} things differ:`, ...faults.map((one) => `  ${one}`));
    if (fault_count > faults.length) lines.push(`  … and ${n(fault_count - faults.length)} more`);
  }
  return lines.join('\n');
}

const remarks = (heading: string, list: readonly Remark[]): string[] =>
  list.length === 0
    ? []
    : [
        '',
        heading,
        ...list.map(
          ({ what, times, examples }) =>
            `  ${times.toLocaleString('en')} × ${what}${examples.length > 0 ? ` (${examples.join('; ')}${times > examples.length ? '; …' : ''})` : ''}`,
        ),
      ];
