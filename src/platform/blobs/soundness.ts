import type { Readable } from 'node:stream';
import type { Fingerprint } from './fingerprint.ts';
import { hasher } from './hash.ts';

/** Files that are remembered; the oldest are read again. */
const MOST = 100_000;
/** A file that changed this recently, ms, could change again without its times telling. */
const SETTLED = 100;

/** What is asked about: where its bytes are, and how to look at it without reading them. */
export interface Subject {
  /** Names it for ever. */
  name: string;
  stat(): Promise<Fingerprint | undefined>;
  open(): Readable;
}

/**
 * Remembers which files were read and found to hold the bytes of a hash, so that a large file is read once and not at each use:
 * until its inode, size or times change.
 */
export class Soundness {
  readonly #known = new Map<string, { print: string; good: boolean }>();
  readonly #running = new Map<string, Promise<boolean>>();

  /** For bytes that were hashed while they came in. */
  remember(name: string, { print }: Fingerprint, good: boolean): void {
    this.#known.delete(name);
    this.#known.set(name, { print, good });
    if (this.#known.size <= MOST) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }

  isBad(name: string, { print }: Fingerprint): boolean {
    const known = this.#known.get(name);
    return known?.print === print && !known.good;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  /** Callers that ask about the same file at once share one read. It is read in pieces: nobody waits for it on the event loop. */
  async holds(subject: Subject, hash: string, size: number): Promise<boolean> {
    const now = await subject.stat();
    if (now?.size !== size) return false;
    const known = this.#known.get(subject.name);
    if (known?.print === now.print) return known.good;
    const reading = `${subject.name} ${now.print}`;
    let running = this.#running.get(reading);
    if (!running) {
      running = this.#read(subject, hash, now).finally(() => this.#running.delete(reading));
      this.#running.set(reading, running);
    }
    return running;
  }

  async #read(subject: Subject, hash: string, before: Fingerprint): Promise<boolean> {
    const started = Date.now();
    const state = hasher();
    for await (const chunk of subject.open()) state.update(chunk as Buffer);
    const good = state.hex() === hash;
    const after = await subject.stat();
    if (after?.print === before.print && started - before.changed > SETTLED)
      this.remember(subject.name, before, good);
    return good;
  }
}
