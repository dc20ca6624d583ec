import { closeSync, mkdirSync, openSync, readSync, writeSync, fstatSync } from 'node:fs';
import path from 'node:path';
import { openBelow } from '../../platform/files/index.ts';
import { createMask } from './mask.ts';

/** What is kept of one step's log. */
export const MAX_LOG = 64 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  readonly size: number;
  /** From now on this is not shown, however the output is cut into pieces. */
  hide(secret: string): void;
  write(chunk: Uint8Array): void;
  /** Writes what was held back because a secret could begin there: the stream has ended. */
  flush(): void;
  /** A text without the secrets. */
  masked(text: string): string;
  close(): void;
}

/** The log of a running step, as a file. Written at once, so that a reader sees it by its offset, live. */
export function openLog(file: string): LogFile {
  mkdirSync(path.dirname(file), { recursive: true });
  const fd = openSync(file, 'w', 0o600);
  let size = 0;
  let open = true;
  const mask = createMask();
  const put = (bytes: Uint8Array): void => {
    size += writeSync(fd, bytes);
  };
  function append(bytes: Uint8Array): void {
    if (!open || size >= MAX_LOG || bytes.length === 0) return;
    put(bytes.subarray(0, MAX_LOG - size));
    if (size < MAX_LOG) return;
    const note = Buffer.from(
      `\n[treadle: the log was cut here; only the first ${MAX_LOG / 1024 / 1024} MiB are kept]\n`,
    );
    writeSync(fd, note);
    size += note.length;
  }
  return {
    path: file,
    get size() {
      return size;
    },
    hide: (secret) => mask.hide(secret),
    masked: (text) => mask.text(text),
    write: (chunk) => append(mask.next(chunk)),
    flush: () => append(mask.rest()),
    close() {
      append(mask.rest());
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** Part of a log that is being written; undefined when there is no such file, or a link in its place. */
export function readLogFile(
  file: string,
  offset: number,
  limit: number,
): { bytes: Buffer; size: number } | undefined {
  const fd = openBelow(path.dirname(file), path.basename(file));
  if (typeof fd !== 'number') return undefined;
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - offset)));
    const read = readSync(fd, bytes, 0, bytes.length, offset);
    return { bytes: bytes.subarray(0, read), size };
  } finally {
    closeSync(fd);
  }
}

/** Text of bytes that may end inside a character: what is cut off comes with the next part. */
export function wholeText(bytes: Buffer, atEnd: boolean): { text: string; used: number } {
  let used = bytes.length;
  if (!atEnd) {
    let back = 1;
    while (back <= 3 && back <= used && (bytes[used - back]! & 0xc0) === 0x80) back++;
    const lead = back <= used ? bytes[used - back]! : 0;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length > back) used -= back;
  }
  return { text: bytes.subarray(0, used).toString('utf8'), used };
}
