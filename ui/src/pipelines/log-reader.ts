import { readStepLog } from '../../../src/pipelines/contract.ts';
import { call } from '../api/client.ts';
import { download } from '../kit/download.ts';
import { LogBuffer } from './log-buffer.ts';

const PART = 1024 * 1024;
/** Of a long log the end is read; the beginning comes on demand, and the download has it all. */
export const TAIL = 4 * 1024 * 1024;
const BEAT = 500;

/** What is known of a log at a moment; a new object with every change. */
export interface LogMoment {
  buffer: LogBuffer;
  done: boolean;
  error: unknown;
}

/** Reads a step's log and reads on while the step writes it, as long as somebody watches. */
export class LogReader {
  private readonly execution: string;
  private readonly step: string;
  private readonly watchers = new Set<() => void>();
  private moment: LogMoment = { buffer: new LogBuffer(), done: false, error: undefined };
  private offset: number;
  /** The beginning fell into a line: what is left of that line is not shown. */
  private cut: boolean;
  private stop: AbortController | undefined;

  constructor(execution: string, step: string, from: number) {
    this.execution = execution;
    this.step = step;
    this.offset = from;
    this.cut = from > 0;
  }

  readonly current = (): LogMoment => this.moment;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    if (!this.stop && !this.moment.done) {
      const stop = new AbortController();
      this.stop = stop;
      this.read(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) this.turn({ error });
      });
    }
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size > 0) return;
      this.stop?.abort();
      this.stop = undefined;
    };
  };

  private turn(change: Partial<LogMoment>): void {
    this.moment = { ...this.moment, ...change };
    for (const watcher of this.watchers) watcher();
  }

  private async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { text, next, done } = await call(
        readStepLog,
        {
          params: { execution: this.execution, step: this.step },
          query: { offset: this.offset, limit: PART },
        },
        { signal },
      );
      const moved = next > this.offset;
      this.offset = next;
      this.moment.buffer.add(this.whole(text));
      if (moved || done) this.turn({ done });
      if (done) return;
      if (!moved) await new Promise((resolve) => setTimeout(resolve, BEAT));
    }
  }

  private whole(text: string): string {
    if (!this.cut || !text.includes('\n')) return this.cut ? '' : text;
    this.cut = false;
    return text.slice(text.indexOf('\n') + 1);
  }
}

/** The whole log as a file, part by part. */
export async function downloadLog(execution: string, step: string, name: string): Promise<void> {
  const parts: string[] = [];
  for (let offset = 0; ;) {
    const part = await call(readStepLog, {
      params: { execution, step },
      query: { offset, limit: 4 * PART },
    });
    parts.push(part.text);
    if (part.next === offset || part.done) break;
    offset = part.next;
  }
  download(name, new Blob(parts, { type: 'text/plain' }));
}
