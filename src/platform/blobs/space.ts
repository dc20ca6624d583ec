import { HashSet } from './hash-set.ts';
import { countBlobs, selectPinned, selectStored } from './store.ts';
import type { BlobUser } from './uses.ts';
import { walkUses, type Broken, type Walking } from './walk-uses.ts';

/** How much room the blobs of one kind of noun take. Blobs that several kinds share count with each. */
export interface Space {
  noun: string;
  blobs: number;
  /** As handed in. */
  bytes: number;
  /** On disk. */
  stored: number;
}

export interface SpaceReport {
  nouns: Space[];
  all: { blobs: number; bytes: number; stored: number };
  /** Named by nobody, and pinned: gc keeps it until it is unpinned. */
  pinned: { blobs: number; stored: number };
  /** Named by nobody and not pinned: gc removes it when its grace period is over. */
  orphaned: { blobs: number; stored: number };
  /** Named by somebody, and not stored. */
  missing: Array<{ hash: string; noun: string }>;
  /** Lists that cannot be read: what they name may be counted as orphaned here. */
  broken: Broken[];
}

/** Missing blobs that are named, at most. */
const NAMED = 100;
/** Blobs that are looked up at once. */
const TOGETHER = 500;

/** Who takes the space. */
export async function spaceBy(walking: Walking, users: readonly BlobUser[]): Promise<SpaceReport> {
  const { database } = walking;
  const all = await countBlobs(database);
  const everything = new HashSet();
  const nouns = new Map<string, { seen: HashSet; space: Space; open: string[] }>();
  const used = { blobs: 0, stored: 0 };
  const missing: SpaceReport['missing'] = [];
  const broken: Broken[] = [];
  /** Looks up what was taken, once there are `least` of a noun: one question for each list would be thousands. */
  const settle = async (noun: string, least: number): Promise<void> => {
    const { space, open } = nouns.get(noun)!;
    while (open.length >= least) {
      const hashes = open.splice(0, TOGETHER);
      const rows = await selectStored(database, hashes);
      for (const hash of hashes) note(hash, rows.get(hash));
    }
    function note(hash: string, row: { size: number; stored: number } | undefined): void {
      if (!row) {
        if (missing.length < NAMED) missing.push({ hash, noun });
        return;
      }
      space.blobs++;
      space.bytes += row.size;
      space.stored += row.stored;
      if (!everything.add(hash)) return;
      used.blobs++;
      used.stored += row.stored;
    }
  };
  for (const user of users) {
    await walkUses(
      walking,
      user,
      (hash, noun) => {
        let of = nouns.get(noun);
        if (!of)
          nouns.set(
            noun,
            (of = { seen: new HashSet(), space: { noun, blobs: 0, bytes: 0, stored: 0 }, open: [] }),
          );
        if (of.seen.add(hash)) of.open.push(hash);
      },
      (fault) => broken.push(fault),
      async () => {
        for (const noun of nouns.keys()) await settle(noun, TOGETHER);
      },
    );
  }
  for (const noun of nouns.keys()) await settle(noun, 1);
  const pinned = { blobs: 0, stored: 0 };
  const pins = await selectPinned(database.scan);
  for (let at = 0; at < pins.length; at += TOGETHER) {
    const hashes = pins.slice(at, at + TOGETHER);
    for (const [hash, { stored }] of await selectStored(database, hashes)) {
      if (!everything.add(hash)) continue;
      pinned.blobs++;
      pinned.stored += stored;
    }
  }
  return {
    nouns: [...nouns.values()].map(({ space }) => space).toSorted((a, b) => b.stored - a.stored),
    all,
    pinned,
    orphaned: {
      blobs: all.blobs - used.blobs - pinned.blobs,
      stored: all.stored - used.stored - pinned.stored,
    },
    missing,
    broken,
  };
}
