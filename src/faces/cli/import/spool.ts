import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArtifactFact } from './facts.ts';

/** Texts and bytes that grow while a source is read, on disk until their run ends: a series of histograms may be larger than memory. */
export interface Spool {
  /** One line of JSON; NaN and the infinities as texts. */
  line(file: string, value: unknown): Promise<void>;
  text(file: string, text: string): Promise<void>;
  /** All files, as artifacts; they are gone after `close`. */
  files(): AsyncIterable<ArtifactFact>;
  close(): Promise<void>;
}

/** Characters that wait for a file before they are written. */
const PORTION = 256 * 1024;
/** Of all files together. */
const MOST_WAITING = 16 * 1024 * 1024;

/** Folders of spools that are in use. */
const inUse = new Set<string>();

/** Takes all of them away: for a process that is told to end. */
export function removeSpools(): void {
  for (const folder of inUse) rmSync(folder, { recursive: true, force: true });
}

export function createSpool(): Spool {
  let folder: string | undefined;
  const files = new Map<string, { disk: string; waiting: string[]; size: number }>();
  let all = 0;
  const write = async (one: { disk: string; waiting: string[]; size: number }): Promise<void> => {
    if (one.waiting.length === 0) return;
    let handle: FileHandle | undefined;
    try {
      handle = await open(one.disk, 'a', 0o600);
      await handle.appendFile(one.waiting.join(''));
    } finally {
      await handle?.close();
    }
    all -= one.size;
    one.waiting = [];
    one.size = 0;
  };
  const text = async (file: string, more: string): Promise<void> => {
    if (folder === undefined) inUse.add((folder = mkdtempSync(path.join(tmpdir(), 'treadle-import-'))));
    let one = files.get(file);
    if (!one) files.set(file, (one = { disk: path.join(folder, String(files.size)), waiting: [], size: 0 }));
    one.waiting.push(more);
    one.size += more.length;
    all += more.length;
    if (one.size > PORTION) await write(one);
    if (all > MOST_WAITING) for (const each of files.values()) await write(each);
  };
  return {
    text,
    line: (file, value) =>
      text(
        file,
        `${JSON.stringify(value, (_key, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one))}\n`,
      ),
    async *files() {
      for (const [name, one] of files) {
        await write(one);
        yield {
          kind: 'artifact',
          path: name,
          size: statSync(one.disk).size,
          ...(name.endsWith('.jsonl') ? { type: 'application/jsonl' } : {}),
          open: () => createReadStream(one.disk),
        };
      }
    },
    close: () => {
      if (folder !== undefined) {
        rmSync(folder, { recursive: true, force: true });
        inUse.delete(folder);
      }
      files.clear();
      folder = undefined;
      return Promise.resolve();
    },
  };
}
