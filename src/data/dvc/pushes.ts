import type { Oid } from './oid.ts';

/** Somebody who asked for objects that long ago pushes something else now, ms. */
const FORGOTTEN = 10 * 60 * 1000;
/** Pushes that are remembered, objects of one, and of all together: of what is beyond them less is known, and nothing is wrong. */
const PUSHES = 1000;
const OBJECTS = 100_000;
const ALL = 500_000;

interface Push {
  at: number;
  /** Names that were asked for and are not there, with whether they have come since. */
  asked: Map<string, boolean>;
  /** Of them: not come yet, and of which kind. */
  open: number;
  directories: number;
}

/**
 * What a DVC client is about to push, as far as its questions say. It asks for every object that it has before it sends those that are
 * missing, directories first; nothing else in its protocol says what belongs together. Lost with the process: then a directory counts as the only one
 * of its push, and a file as one of many.
 */
export class Pushes {
  readonly #pushes = new Map<string, Push>();
  #names = 0;

  /** An object that is not there was asked for. */
  missed(who: string, { text, listing }: Oid, now: number): void {
    const before = this.#pushes.get(who);
    const over = before && (now - before.at > FORGOTTEN || before.open === 0);
    const push = before && !over ? before : { at: now, asked: new Map(), open: 0, directories: 0 };
    // The newest last: the first one is the one to forget.
    if (before) this.#forget(who);
    push.at = now;
    if (push.asked.size < OBJECTS && !push.asked.has(text)) {
      push.asked.set(text, false);
      push.open++;
      if (listing) push.directories++;
    }
    this.#pushes.set(who, push);
    this.#names += push.asked.size;
    for (const oldest of this.#pushes.keys()) {
      if (oldest === who || (this.#pushes.size <= PUSHES && this.#names <= ALL)) break;
      this.#forget(oldest);
    }
  }

  /** It came. Answers what else the same push is of; undefined where nobody asked for it before. */
  came(who: string, { text, listing }: Oid, now: number): { directories: number; files: number } | undefined {
    const push = this.#pushes.get(who);
    if (!push || now - push.at > FORGOTTEN || !push.asked.has(text)) return undefined;
    push.at = now;
    if (push.asked.get(text) === false) push.open--;
    push.asked.set(text, true);
    const files = push.asked.size - push.directories;
    return listing
      ? { directories: push.directories - 1, files }
      : { directories: push.directories, files: files - 1 };
  }

  #forget(who: string): void {
    this.#names -= this.#pushes.get(who)?.asked.size ?? 0;
    this.#pushes.delete(who);
  }
}
