import { open, mkdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../platform/errors/index.ts';
import type { FilledBlock } from './block.ts';
import { bytesOf, frameOf, type Frame, type JournalHead } from './journal-file.ts';

/**
 * A file to which blocks of predictions go as they are, until there is time to make a segment of them. It is in the system's hands at
 * once, so that the end of a process loses none; what a loss of power leaves of it shows by its checksums.
 */
export class Journal {
  readonly file: string;
  /** Bytes on their way to disk and on it. */
  bytes = 0;
  private readonly head: JournalHead;
  private handle: FileHandle | undefined;
  private broken: string | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(file: string, head: JournalHead) {
    this.file = file;
    this.head = head;
  }

  /** Resolves with what was wrong, if anything was. After an error nothing more is written: only the end of a journal may be broken. */
  append(block: FilledBlock): Promise<string | undefined> {
    const frames = [...(this.bytes === 0 ? frameOf(this.head) : []), ...frameOf(block)];
    this.bytes += bytesOf(frames);
    const written = this.last.then(async () => {
      if (this.broken === undefined) {
        try {
          await this.write(frames);
        } catch (error) {
          this.broken = messageOf(error);
        }
      }
      return this.broken;
    });
    this.last = written;
    return written;
  }

  private async write(frames: Frame): Promise<void> {
    if (!this.handle) {
      await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
      this.handle = await open(this.file, 'wx', 0o600);
    }
    for (let left = frames; left.length > 0;) {
      const { bytesWritten } = await this.handle.writev(left.slice(0, MOST_PARTS));
      left = behind(left, bytesWritten);
    }
  }

  /** Resolves when all is written or cannot be: whether there is a file. */
  async end(): Promise<boolean> {
    await this.last;
    await this.handle?.close().catch(() => undefined); // its bytes are there
    return this.handle !== undefined;
  }
}

/** As many as the system takes in one call. */
const MOST_PARTS = 1024;

/** What is left when the first `written` bytes are gone. */
function behind(parts: Frame, written: number): Frame {
  let gone = written;
  for (let at = 0; at < parts.length; at++) {
    const { length } = parts[at]!;
    if (gone < length) return [parts[at]!.subarray(gone), ...parts.slice(at + 1)];
    gone -= length;
  }
  return [];
}
