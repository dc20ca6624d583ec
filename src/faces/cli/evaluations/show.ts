import type * as contract from '../../../validation/contract.ts';
import { ago, bytes, count, number, table } from '../output.ts';

/** Evaluations, as people read them. */

const MARK = { pass: '✔', fail: '✖', inconclusive: '?' } as const;
const MOST_SLICES = 15;
const MOST_ROWS = 5;
const MOST_SOURCES = 20;

export function showEvaluation(one: contract.Evaluation): string {
  const who = `${one.model}@v${one.version} on ${one.data}`;
  if (one.state === 'queued' || one.state === 'running')
    return `${who}: ${one.state}${one.stage === undefined ? '' : `, ${one.stage}`}\n${one.id}`;
  if (one.state === 'failed') return `✖ ${who} could not be judged: ${one.problem ?? ''}\n${one.id}`;
  const verdict = one.verdict ?? 'inconclusive';
  return [
    `${MARK[verdict]} ${verdict}: ${who}, ${count(one.rows ?? 0, 'row')} (${ago(one.created_at)})`,
    ...(verdict === 'inconclusive'
      ? ['  it is proven neither good enough nor bad; a gate keeps the champion then']
      : []),
    ...(one.proof ? ['', ...proof(one.proof)] : []),
    '',
    ...one.rules.flatMap((rule) => [
      `${MARK[rule.verdict]} ${line(rule)}${always(rule, one.spec.rules)}`,
      ...ofRule(rule),
    ]),
    ...(one.dependence ?? []).map(
      ({ declared, summary }) => `${declared ? '·' : '!'} ${declared ? '' : 'correlated rows: '}${summary}`,
    ),
    '',
    metrics(one),
    ...(one.slices.length > 0 ? ['', slices(one.slices)] : []),
    ...(one.runtime ? ['', runtime(one.runtime)] : []),
    '',
    `evaluation ${one.id}`,
  ].join('\n');
}

/** Nobody wrote it: it is asked of every model. Evaluations from before it was marked are told apart by what was asked. */
const always = (
  { rule, always: marked, by_default }: contract.RuleResult,
  asked: readonly string[] = [],
): string =>
  by_default ? ' (the gate names no rules)' : (marked ?? !asked.includes(rule)) ? ' (always checked)' : '';

/** The slices that a rule goes through, the undecided and bad ones first. */
function ofRule({ slices: all = [] }: contract.RuleResult): string[] {
  if (all.length === 0) return [];
  const weight = { fail: 0, inconclusive: 1, pass: 2 };
  const rows = all
    .toSorted((a, b) => weight[a.verdict] - weight[b.verdict])
    .slice(0, MOST_SLICES)
    .map(({ value, rows: size, verdict, left, right, difference, required_rows }) => [
      `${MARK[verdict]} ${value}`,
      size,
      left === undefined ? '' : short(left),
      right === undefined ? '' : short(right),
      difference ? `${short(difference.low)} – ${short(difference.high)}` : '',
      required_rows ?? '',
    ]);
  return [
    indent(
      table(['slice', 'rows', 'value', 'against', '95 % interval of the difference', 'rows needed'], rows),
    ),
    ...(all.length > rows.length ? [`  … and ${count(all.length - rows.length, 'slice')} more`] : []),
  ];
}

const line = ({ rule, reason }: contract.RuleResult): string =>
  reason.includes(rule) ? reason : `${rule}: ${reason}`;

const WAY: Record<contract.Coverage['by'], string> = {
  rows: 'by rows',
  digest: 'by digest',
  pixels: 'by pixels',
  origin: 'by its origin',
  aside: 'aside',
  excused: 'excused',
  nothing: 'not compared',
};

/** Everything that the lineage read, and how it was compared. */
function coverage(all: readonly contract.Coverage[]): string[] {
  if (all.length === 0) return [];
  const rows = all
    .slice(0, MOST_SOURCES)
    .map((one) => [
      one.file_count === 0
        ? one.label
        : `${one.label}: ${one.files[0]}${one.file_count > 1 ? ` and ${one.file_count - 1} more` : ''}`,
      WAY[one.by],
      one.found === undefined ? '' : String(one.found),
      one.expected === undefined ? '' : short(one.expected),
      [
        one.columns?.join(', '),
        ...(one.otherwise ?? []).map(({ column, reason }) => `without ${column}: ${reason}`),
        one.near && one.near.rows > 0 ? `${count(one.near.rows, 'row')} nearly equal` : undefined,
        one.excuse && `“${one.excuse}”`,
        one.reason,
      ]
        .filter((part) => part !== undefined && part !== '')
        .join('; '),
    ]);
  return [
    '',
    indent(table(['read by training', 'compared', 'in both', 'by chance', 'on what, or why not'], rows)),
    ...(all.length > rows.length ? [`  … and ${all.length - rows.length} more`] : []),
  ];
}

/** Files that training read under these names. */
function sameFiles(same: NonNullable<contract.Proof['same_files']>): string[] {
  if (same.length === 0) return [];
  const rows = same
    .slice(0, MOST_ROWS)
    .map(({ gate_row, gate_file, label, training_file, by }) => [
      gate_row ?? '',
      gate_file,
      WAY[by],
      `${label}: ${training_file}`,
    ]);
  return [
    '',
    indent(table(['row', 'file that is judged', 'the same', 'read by training'], rows)),
    ...(same.length > rows.length ? [`  … and ${same.length - rows.length} more`] : []),
  ];
}

/** Rows that are nearly some that training read: what differs, side by side. */
function nearly(near: NonNullable<contract.Proof['near']>, all: number): string[] {
  if (all === 0) return [];
  const rows = near
    .slice(0, MOST_ROWS)
    .map(({ gate_row, values, training, differ }) => [
      gate_row,
      differ.map((name) => `${name}: ${text(values[name])} ↔ ${text(training[name])}`).join(', '),
    ]);
  return [
    '',
    indent(table(['row', 'nearly a row of training: what differs'], rows)),
    ...(all > rows.length ? [`  … and ${count(all - rows.length, 'row')} more`] : []),
  ];
}

function proof({
  verdict,
  summary,
  overlaps,
  overlapping_rows,
  coverage: read = [],
  same_files: same = [],
  near = [],
  near_rows: similar = 0,
  warnings = [],
}: contract.Proof): string[] {
  const shown = overlaps.slice(0, MOST_ROWS);
  const columns = Object.keys(shown[0]?.values ?? {}).slice(0, 8);
  return [
    `${MARK[verdict]} ${summary}`,
    ...(shown.length > 0
      ? [
          indent(
            table(
              ['row', ...columns],
              shown.map(({ gate_row, values }) => [gate_row, ...columns.map((name) => text(values[name]))]),
            ),
          ),
        ]
      : []),
    ...(overlapping_rows > shown.length && shown.length > 0
      ? [`  … and ${count(overlapping_rows - shown.length, 'row')} more`]
      : []),
    ...sameFiles(same),
    ...coverage(read),
    ...nearly(near, similar),
    ...warnings.map((warning) => `! ${warning}`),
  ];
}

function metrics({ metrics: own, champion, baseline }: contract.Evaluation): string {
  const of = (list: readonly contract.MetricValue[] | undefined, name: string): string => {
    const found = list?.find((metric) => metric.name === name);
    return found ? short(found.value) : '';
  };
  return table(
    ['metric', 'value', '95 % interval', ...(champion ? [`champion v${champion.version}`] : []), 'baseline'],
    own.map(({ name, value, low, high }) => [
      name,
      short(value),
      low === undefined || high === undefined ? '' : `${short(low)} – ${short(high)}`,
      ...(champion ? [of(champion.metrics, name)] : []),
      of(baseline?.metrics, name),
    ]),
  );
}

function slices(all: readonly contract.Slice[]): string {
  const sorted = all.toSorted((a, b) => Number(b.worse) - Number(a.worse)).slice(0, MOST_SLICES);
  const rows = sorted.map(({ where, rows: size, metrics: own, worse }) => [
    where,
    size,
    own[0] ? `${own[0].name} ${short(own[0].value)}` : '',
    worse ? 'worse than the others, past chance' : '',
  ]);
  return (
    table(['slice', 'rows', 'metric', ''], rows) +
    (all.length > sorted.length ? `\n… and ${count(all.length - sorted.length, 'slice')} more` : '')
  );
}

const runtime = ({
  platform,
  latency_ms: { p50, p95, p99 },
  memory_bytes,
  size_bytes,
}: NonNullable<contract.Evaluation['runtime']>): string =>
  `${platform}: one row in ${short(p50)} ms (95 % within ${short(p95)}, 99 % within ${short(p99)}); ${bytes(size_bytes)} of files${
    memory_bytes === undefined ? '' : `, ${bytes(memory_bytes)} in memory`
  }`;

const short = (value: number): string => number(value, 4);
const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const indent = (block: string): string =>
  block
    .split('\n')
    .map((one) => `  ${one}`)
    .join('\n');
