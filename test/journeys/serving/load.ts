import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../until.ts';

export interface Asked {
  url: string;
  path: string;
  /** Requests a second. */
  rate: number;
  headers?: Record<string, string>;
}

export interface Phase {
  requests: number;
  /** The first 20 reasons; its length counts all. */
  failed: string[];
  statuses: Record<string, number>;
  /** How often each `revision version value` came. */
  answers: Record<string, number>;
  latency: number[];
}

/** `using load = …`: a test that fails midway leaves no client behind, which would keep its file from ending. */
export interface Load extends Disposable {
  phase(name: string): void;
  /** Until an answer of this revision came. */
  met(revision: number): Promise<void>;
  end(): Promise<Record<string, Phase>>;
}

const CLIENT = fileURLToPath(new URL('load-client.ts', import.meta.url));

/** A constant load from a process of its own, until `end`. */
export async function startLoad(asked: Asked): Promise<Load> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', CLIENT, JSON.stringify(asked)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await until('the load', () => lines.includes('ready'));
  return {
    phase: (name) => void child.stdin.write(`${name}\n`),
    met: async (revision) =>
      void (await until(`an answer of revision ${revision}`, () => lines.includes(`met ${revision}`), 5)),
    async end() {
      child.stdin.write('end\n');
      const phases = await until('what came of the load', () => lines.find((line) => line.startsWith('{')));
      return JSON.parse(phases) as Record<string, Phase>;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

/** The value below which this share of the sorted list lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const spoken = (name: string, { requests, failed, latency }: Phase): string =>
  `${name}: ${requests} requests, ${failed.length} failed, p50 ${quantile(latency, 0.5).toFixed(2)} ms, p99 ${quantile(latency, 0.99).toFixed(2)} ms, longest ${quantile(latency, 1).toFixed(1)} ms`;
