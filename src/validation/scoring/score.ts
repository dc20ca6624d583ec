import { readdirSync, readFileSync } from 'node:fs';
import { invalid } from '../../platform/errors/index.ts';
import { mostRows, sliceRows, type LoadedModel, type Tensor } from '../../runtimes/index.ts';
import { medianOf } from '../../platform/mathematics/index.ts';
import type { Answers, Collector } from './answers.ts';
import type { Feed } from './inputs.ts';
import type { Column } from './column.ts';

/** What the runtime showed of a model while it was scored. */
export interface Runtime {
  platform: string;
  latency_ms: { p50: number; p95: number; p99: number; calls: number };
  memory_bytes?: number;
  size_bytes: number;
  online_difference?: number;
}

/** Calls of one row: enough for a 99th percentile where the model is quick, never more than a few seconds. */
const CALLS = { most: 1000, least: 20, ms: 3000 };

/** Scores every row in batches, then rows one by one as an endpoint is asked, and compares the two. */
export async function score(
  model: LoadedModel,
  feed: Feed,
  columns: ReadonlyMap<string, Column>,
  rows: number,
  collector: Collector,
  { size, loaded, say }: { size: number; loaded: number; say: (done: number) => void },
): Promise<{ answers: Answers; runtime: Runtime }> {
  const batch = model.spec.batchable ? mostRows(model) : 1;
  // Those asked one by one later are spread over the whole, and kept as the batches answered them.
  const probes = Array.from({ length: Math.min(rows, CALLS.most) }, (_one, i) =>
    Math.floor((i * rows) / Math.min(rows, CALLS.most)),
  );
  const offline = new Map<number, Float64Array>();
  let next = 0;
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(rows, from + batch);
    const outputs = await model.run(feed.slice(columns, from, to));
    collector.add(outputs, from, to - from);
    for (; next < probes.length && probes[next]! < to; next++) {
      const row = probes[next]!;
      offline.set(row, collector.numbers(single(outputs, row - from, to - from), 1));
    }
    say(to);
  }
  const { latencies, difference } = await oneByOne(model, feed, columns, probes, offline, collector);
  const hosts = residentBelow();
  return {
    answers: collector.answers(),
    runtime: {
      platform: model.spec.platform,
      latency_ms: { ...percentiles(latencies), calls: latencies.length },
      // What loading added here, and the processes that hold it now.
      ...(hosts === undefined ? {} : { memory_bytes: Math.max(0, loaded) + hosts }),
      size_bytes: size,
      online_difference: difference,
    },
  };
}

const single = (outputs: readonly Tensor[], row: number, rows: number): Tensor[] =>
  outputs.map((tensor) => (tensor.shape[0] === rows ? sliceRows(tensor, row, row + 1) : tensor));

async function oneByOne(
  model: LoadedModel,
  feed: Feed,
  columns: ReadonlyMap<string, Column>,
  probes: readonly number[],
  offline: ReadonlyMap<number, Float64Array>,
  collector: Collector,
): Promise<{ latencies: number[]; difference: number }> {
  const latencies: number[] = [];
  let difference = 0;
  let largest = 1;
  // Out of order, so that a run cut short has seen rows from everywhere; the first calls are warm-up.
  const order = probes.toSorted((a, b) => mix(a) - mix(b));
  const ask = async (row: number): Promise<{ outputs: Tensor[]; ms: number }> => {
    const inputs = feed.slice(columns, row, row + 1);
    const start = performance.now();
    const outputs = await model.run(inputs);
    return { outputs, ms: performance.now() - start };
  };
  for (const row of order.slice(0, 5)) await ask(row);
  const until = performance.now() + CALLS.ms;
  for (const row of order) {
    if (latencies.length >= CALLS.least && performance.now() > until) break;
    const { outputs, ms } = await ask(row);
    latencies.push(ms);
    const online = collector.numbers(outputs, 1);
    const before = offline.get(row)!;
    if (online.length !== before.length)
      throw invalid('the model answers one row in another shape than many', {
        field: 'version',
        hint: 'let it answer a table with a value or a line for each row',
      });
    for (const [i, value] of online.entries()) {
      if (!Number.isFinite(value))
        throw invalid(
          `the model answered ${value} for row ${row} alone, and ${before[i]} for it among others`,
          {
            field: 'version',
            hint: 'a model that is judged answers each row by itself',
          },
        );
      difference = Math.max(difference, Math.abs(value - before[i]!));
      largest = Math.max(largest, Math.abs(before[i]!));
    }
  }
  // Relative to the largest answer where that is above 1: 1e-6 of a thousand is below what a single-precision sum keeps.
  return { latencies, difference: difference / largest };
}

const mix = (row: number): number => Math.imul(row + 1, 0x9e3779b1) >>> 0;

function percentiles(latencies: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number((sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toPrecision(6));
  return {
    p50: sorted.length === 0 ? 0 : Number(medianOf(sorted).toPrecision(6)),
    p95: at(0.95),
    p99: at(0.99),
  };
}

/** Resident bytes of all processes below this one; undefined where there is no /proc. */
function residentBelow(): number | undefined {
  try {
    const parents = new Map<number, number>();
    const resident = new Map<number, number>();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        parents.set(Number(name), Number(fields[1]));
        resident.set(Number(name), Number(fields[21]) * 4096);
      } catch {
        // It ended while we looked.
      }
    }
    let sum = 0;
    for (const [pid, bytes] of resident) {
      let up = parents.get(pid);
      for (let steps = 0; up !== undefined && up > 1 && steps < 100; steps++) {
        if (up === process.pid) {
          sum += bytes;
          break;
        }
        up = parents.get(up);
      }
    }
    return sum;
  } catch {
    return undefined;
  }
}
