import type { Counters } from './counters.ts';
import { LATENCY_BUCKETS, type TableEndpoint } from './protocol.ts';
import type { Records } from './records.ts';
import type { Line } from './table.ts';

interface Sample {
  labels: string;
  value: number;
  suffix?: string;
}

/** Prometheus' text format, version 0.0.4. */
export function prometheus(
  endpoints: readonly TableEndpoint[],
  counted: ReadonlyMap<string, Counters>,
  plane: { lines: ReadonlyMap<string, Line>; models: number; records: Records },
): string {
  const lines: string[] = [];
  const family = (name: string, kind: string, help: string, samples: Sample[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const { labels, value, suffix } of samples)
      lines.push(`${name}${suffix ?? ''}${labels === '' ? '' : `{${labels}}`} ${value}`);
  };

  const named = endpoints.flatMap(({ name, revision, serial, variants, fallback }) => [
    ...variants.map((variant) => ({ name, revision, serial, variant })),
    ...(fallback?.variants ?? []).map((variant) => ({
      name,
      revision: fallback!.revision,
      serial: fallback!.serial,
      variant,
    })),
  ]);
  const rows = named.flatMap(({ name, revision, serial, variant }) => {
    const counters = counted.get(`${serial}/${variant.role}`);
    if (!counters) return [];
    const labels = Object.entries({
      endpoint: name,
      model: variant.model,
      version: String(variant.version),
      revision: String(revision),
      role: variant.role,
    })
      .map(([label, value]) => `${label}="${escaped(value)}"`)
      .join(',');
    return [{ labels, counters }];
  });

  family(
    'treadle_serving_requests_total',
    'counter',
    'Requests by what came of them: ok, bad (the caller’s fault), error (the model’s), refused (too much was waiting, or the caller left meanwhile).',
    rows.flatMap(({ labels, counters: { ok, bad, errors, refused } }) =>
      Object.entries({ ok, bad, error: errors, refused }).map(([outcome, value]) => ({
        labels: `${labels},outcome="${outcome}"`,
        value,
      })),
    ),
  );
  family(
    'treadle_serving_rows_total',
    'counter',
    'Rows that were answered.',
    rows.map(({ labels, counters }) => ({ labels, value: counters.rows })),
  );
  family(
    'treadle_serving_batches_total',
    'counter',
    'Calls of the model; requests divided by them is the size of a batch.',
    rows.map(({ labels, counters }) => ({ labels, value: counters.batches })),
  );
  family(
    'treadle_serving_request_duration_seconds',
    'histogram',
    'From the last byte of a request to the first of its answer.',
    rows.flatMap(({ labels, counters: { latency, total } }) => {
      let sum = 0;
      const samples: Sample[] = Array.from(latency, (count, bucket) => ({
        suffix: '_bucket',
        labels: `${labels},le="${bucket < LATENCY_BUCKETS.length ? LATENCY_BUCKETS[bucket]! / 1000 : '+Inf'}"`,
        value: (sum += count),
      }));
      return [
        ...samples,
        { suffix: '_sum', labels, value: total / 1000 },
        { suffix: '_count', labels, value: sum },
      ];
    }),
  );
  family(
    'treadle_serving_shadow_pairs_total',
    'counter',
    'Answers of a shadow compared with the champion’s.',
    rows
      .filter(({ counters }) => counters.role === 'shadow')
      .flatMap(({ labels, counters: { pairs, different } }) => [
        { labels: `${labels},result="different"`, value: different },
        { labels: `${labels},result="same"`, value: pairs - different },
      ]),
  );
  family(
    'treadle_serving_queue_requests',
    'gauge',
    'Requests that are asked and not answered yet.',
    endpoints.map(({ id, name }) => ({
      labels: `endpoint="${escaped(name)}"`,
      value: plane.lines.get(id)?.waiting ?? 0,
    })),
  );
  family('treadle_serving_models_loaded', 'gauge', 'Models that this process holds.', [
    { labels: '', value: plane.models },
  ]);
  family('treadle_serving_records_total', 'counter', 'Answers that were recorded.', [
    { labels: '', value: plane.records.written },
  ]);
  family('treadle_serving_records_overwritten_total', 'counter', 'Records that made room for newer ones.', [
    { labels: '', value: plane.records.overwritten },
  ]);
  return `${lines.join('\n')}\n`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
