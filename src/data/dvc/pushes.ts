import type { Oid } from './oid.ts';

/** Somebody who asked for objects that long ago pushes something else now, ms. */
const FORGOTTEN = 10 * 60 * 1000;
/** Pushes that are remembered, and objects of one: of what is beyond them less is known, and nothing is wrong. */
const PUSHES = 1000;
const OBJECTS = 100_000;

interface Push {
  at: number;
  /** Names that were asked for and are not there, with whether they have come since. */
  asked: Map<string, boolean>;
}

/**
 * What a DVC client is about to push, as far as its questions say. It asks for every object that it has before it sends those that are
 * missing, directories first; nothing else in its protocol says what belongs together. Lost with the process: then a directory counts as the only one
 * of its push, and a file as one of many.
 */
export class Pushes {
  readonly #pushes = new Map<string, Push>();

  /** An object that is not there was asked for. */
  missed(who: string, { text }: Oid, now: number): void {
    let push = this.#pushes.get(who);
    const over = push && (now - push.at > FORGOTTEN || ![...push.asked.values()].includes(false));
    if (!push || over) push = { at: now, asked: new Map() };
    push.at = now;
    if (push.asked.size < OBJECTS && !push.asked.has(text)) push.asked.set(text, false);
    // The newest last: the first one is the one to forget.
    this.#pushes.delete(who);
    this.#pushes.set(who, push);
    const [oldest] = this.#pushes.keys();
    if (this.#pushes.size > PUSHES && oldest !== undefined) this.#pushes.delete(oldest);
  }

  /** It came. Answers what else the same push is of; undefined where nobody asked for it before. */
  came(who: string, { text }: Oid, now: number): { directories: number; files: number } | undefined {
    const push = this.#pushes.get(who);
    if (!push || now - push.at > FORGOTTEN || !push.asked.has(text)) return undefined;
    push.at = now;
    push.asked.set(text, true);
    let directories = 0;
    let files = 0;
    for (const name of push.asked.keys())
      if (name === text) continue;
      else if (name.endsWith('.dir')) directories++;
      else files++;
    return { directories, files };
  }
}
