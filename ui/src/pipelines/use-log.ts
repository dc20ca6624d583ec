import { useEffect, useReducer, useRef, useState } from 'react';
import { readStepLog } from '../../../src/pipelines/contract.ts';
import { call } from '../api/client.ts';
import { LogBuffer } from './log-buffer.ts';

const PART = 1024 * 1024;
/** Of a long log the end is read; the beginning comes on demand, and the download has it all. */
const TAIL = 4 * 1024 * 1024;
const BEAT = 500;

export interface StepLog {
  buffer: LogBuffer;
  /** Grows with every change of the buffer, which is changed in place. */
  turn: number;
  /** Bytes before what is shown. */
  skipped: number;
  done: boolean;
  error: unknown;
  readAll(): void;
}

/** The log of a step, read on while the step writes it. `bytes` is how long it is known to be. */
export function useStepLog(execution: string, step: string, attempt: number, bytes: number): StepLog {
  const [all, setAll] = useState(false);
  const [turn, again] = useReducer((n: number) => n + 1, 0);
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>();
  const buffer = useRef(new LogBuffer());
  const from = useRef(0);
  const known = useRef(bytes);
  known.current = bytes;
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    buffer.current = new LogBuffer();
    from.current = all ? 0 : Math.max(0, known.current - TAIL);
    let offset = from.current;
    // The cut falls anywhere in a line: what is left of that line is not shown.
    let cut = offset > 0;
    setDone(false);
    setError(undefined);
    again();
    const read = async (): Promise<void> => {
      for (;;) {
        const part = await call(
          readStepLog,
          { params: { execution, step }, query: { offset, limit: PART } },
          { signal: stop.signal },
        );
        const moved = part.next > offset;
        offset = part.next;
        let { text } = part;
        if (cut && text.includes('\n')) {
          text = text.slice(text.indexOf('\n') + 1);
          cut = false;
        }
        if (text !== '') {
          buffer.current.add(text);
          again();
        }
        if (part.done) {
          setDone(true);
          return;
        }
        if (!moved) break;
      }
      timer = setTimeout(() => void read().catch(fail), BEAT);
    };
    const fail = (problem: unknown) => {
      if (!stop.signal.aborted) setError(problem);
    };
    void read().catch(fail);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [execution, step, attempt, all]);
  return { buffer: buffer.current, turn, skipped: from.current, done, error, readAll: () => setAll(true) };
}

/** The whole log as a file, part by part. */
export async function downloadLog(execution: string, step: string, name: string): Promise<void> {
  const parts: string[] = [];
  for (let offset = 0; ;) {
    const part = await call(readStepLog, { params: { execution, step }, query: { offset, limit: 4 * PART } });
    parts.push(part.text);
    if (part.next === offset || part.done) break;
    offset = part.next;
  }
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
