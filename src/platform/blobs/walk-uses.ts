import { outwardMessageOf } from '../errors/index.ts';
import type { Database } from '../db/index.ts';
import type { BlobUser, Inner, Use } from './uses.ts';

/** Lists of files and folders of a version are blobs of this size at most. */
const LIST_BYTES = 512 * 1024 * 1024;

export interface Walking {
  database: Pick<Database, 'scan'>;
  read(hash: string, limit: number): Promise<Buffer>;
}

/** A list of further blobs that could not be read: what it names is not known. */
export interface Broken {
  hash: string;
  by: string;
  reason: string;
}

/**
 * Every blob that a room needs, those inside of others too. Lists that were looked into once are passed over, so that a thousand
 * versions of one tree cost hardly more than one. `take` hears of each; of what a list holds once a list.
 */
export async function walkUses(
  { database, read }: Walking,
  user: BlobUser,
  take: (hash: string, noun: string) => void,
  broken: (fault: Broken) => void,
  /** After each list and page, so that what was taken does not pile up. */
  settle?: () => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  for await (const page of user.uses(database)) {
    for (const { hash, form, noun, by } of page) {
      const open: Inner[] = [{ hash, form }];
      for (let next = open.pop(); next; next = open.pop()) {
        take(next.hash, noun);
        if (next.form === undefined || seen.has(`${next.form} ${next.hash}`)) continue;
        seen.add(`${next.form} ${next.hash}`);
        try {
          open.push(...inner(user, next.form, await read(next.hash, LIST_BYTES)));
        } catch (error) {
          broken({ hash: next.hash, by, reason: outwardMessageOf(error) });
        }
        await settle?.();
      }
    }
    await settle?.();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** Who needs each of these blobs, `most` names a blob. A list that cannot be read hides what it holds, and is itself named. */
export async function namesOf(
  { database, read }: Walking,
  users: readonly BlobUser[],
  hashes: ReadonlySet<string>,
  most: number,
): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>([...hashes].map((hash) => [hash, []]));
  for (const user of users) {
    /** Which of the wanted a list holds, at any depth. */
    const held = new Map<string, ReadonlySet<string>>();
    const wantedIn = async ({ hash, form }: Inner): Promise<ReadonlySet<string>> => {
      const own: ReadonlySet<string> = hashes.has(hash) ? new Set([hash]) : NONE;
      if (form === undefined) return own;
      const key = `${form} ${hash}`;
      const known = held.get(key);
      if (known) return known;
      const found = new Set(own);
      const list = await read(hash, LIST_BYTES).then(
        (bytes) => inner(user, form, bytes),
        () => [],
      );
      for (const one of list) for (const wanted of await wantedIn(one)) found.add(wanted);
      const all = found.size === 0 ? NONE : found;
      held.set(key, all);
      return all;
    };
    for await (const page of user.uses(database))
      for (const use of page) note(use, await wantedIn(use), names, most);
  }
  return names;
}

const NONE: ReadonlySet<string> = new Set();

function note({ by }: Use, found: ReadonlySet<string>, names: Map<string, string[]>, most: number): void {
  for (const hash of found) {
    const so = names.get(hash)!;
    if (so.length < most && !so.includes(by)) so.push(by);
  }
}

function inner(user: BlobUser, form: string, bytes: Buffer): Inner[] {
  const look = user.inside?.[form];
  if (!look) throw new Error(`nobody can read a list of the form '${form}'`);
  return [...look(bytes)];
}
