import { formatBytes, formatDuration, formatNumber } from '../kit/format.ts';

/** What samplers report at the end, in words: names end in their unit, and a spread is told by its mean and its height. Pure. */

/** Told already, as figures of their own. */
const TOLD = new Set(['wall_ms', 'cpu_ms', 'peak_memory_bytes', 'wall_seconds', 'cpu_seconds']);

export function measuredWords(measured: Readonly<Record<string, unknown>>): {
  words: [string, string][];
  rest: Record<string, unknown>;
} {
  const words: [string, string][] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(measured)) {
    if (TOLD.has(name)) continue;
    const format = unitOf(name);
    const spread = readSpread(value);
    if (typeof value === 'number') words.push([plain(name), format(value)]);
    else if (spread)
      words.push([
        plain(name),
        `${format(spread.mean)} on average, ${format(spread.min)} at least, ${format(spread.max)} at most`,
      ]);
    else rest[name] = value;
  }
  return { words, rest };
}

/** MLflow's names, and ours, end in their unit. */
export function unitOf(name: string): (value: number) => string {
  if (/_percent(age)?$/.test(name)) return (value) => `${formatNumber(value, 3)} %`;
  if (name.endsWith('_megabytes')) return (value) => formatBytes(Math.round(value * 1024 * 1024));
  if (name.endsWith('_bytes')) return (value) => formatBytes(Math.round(value));
  if (name.endsWith('_watts')) return (value) => `${formatNumber(value, 3)} W`;
  if (name.endsWith('_ms')) return formatDuration;
  if (name.endsWith('_seconds')) return (value) => formatDuration(value * 1000);
  return formatNumber;
}

function plain(name: string): string {
  return name.replace(/_(percent(age)?|megabytes|bytes|watts|ms|seconds)$/, '').replaceAll('_', ' ');
}

function readSpread(value: unknown): { min: number; mean: number; max: number } | undefined {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('min' in value) ||
    !('mean' in value) ||
    !('max' in value)
  )
    return undefined;
  const { min, mean, max } = value;
  return typeof min === 'number' && typeof mean === 'number' && typeof max === 'number'
    ? { min, mean, max }
    : undefined;
}
