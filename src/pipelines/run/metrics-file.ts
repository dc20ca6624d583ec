import type { StepOutput } from '../contract.ts';

export interface MetricValue {
  key: string;
  value: number;
  step: number;
}

/** Larger files are data, not metrics. */
export const MAX_METRICS_FILE = 1024 * 1024;
const MOST = 1000;

export const holdsMetrics = ({ kind, path, name, size }: StepOutput): boolean =>
  kind === 'file' &&
  size <= MAX_METRICS_FILE &&
  /\.jsonl?$/.test(path) &&
  /metrics/i.test(`${name} ${path.split('/').at(-1)}`);

/** The numbers of a metrics file: nested names are joined with a dot; a line of JSONL may say its `step`. */
export function readMetrics(text: string, path: string): MetricValue[] {
  const metrics: MetricValue[] = [];
  const add = (value: unknown, key: string, step: number, depth: number): void => {
    if (metrics.length >= MOST || depth > 8) return;
    if (typeof value === 'number' && Number.isFinite(value) && /^[\w\-./ :]{1,250}$/.test(key))
      metrics.push({ key, value, step });
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value))
        if (!(depth === 0 && name === 'step'))
          add(inner, key === '' ? name : `${key}.${name}`, step, depth + 1);
    }
  };
  const documents = path.endsWith('.jsonl') ? text.split('\n').filter((line) => line.trim() !== '') : [text];
  documents.forEach((document, i) => {
    try {
      const value: unknown = JSON.parse(document);
      const step =
        typeof value === 'object' && value !== null && 'step' in value && Number.isInteger(value.step)
          ? Number(value.step)
          : path.endsWith('.jsonl')
            ? i
            : 0;
      add(value, '', step, 0);
    } catch {
      // A metrics file that is not JSON is an output like any other.
    }
  });
  return metrics;
}
