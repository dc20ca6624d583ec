import { constants } from 'node:fs';
import { open, readdir, readFile, rename, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../errors/index.ts';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { syncDirectory } from './sync-directory.ts';

/** What a blobs folder says of itself: the same as its database, or they do not belong together. */
const StoreId = Type.Object({
  store: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  /** How often it was opened: the side that has fewer is from an older backup. */
  starts: Type.Integer({ minimum: 1 }),
});
export type StoreId = Static<typeof StoreId>;

/** The furthest blobs that have rows: a database without these rows is older than the folder. */
const Mark = Type.Object({
  pack: Type.Optional(Type.Object({ name: Type.String(), end: Type.Integer() })),
  /** A large one. */
  file: Type.Optional(Type.String()),
});
export type Mark = { [K in keyof Static<typeof Mark>]: Static<typeof Mark>[K] | undefined };

/** What lies in a blobs folder, read without changing anything. */
export interface Inspection {
  /** `broken`: it is there and cannot be read. */
  id: StoreId | 'broken' | undefined;
  mark: Mark;
  /** Names of packs, oldest first. */
  packs: string[];
  anyFile: boolean;
  sizeOfPack(name: string): Promise<number | undefined>;
  hasFile(hash: string): Promise<boolean>;
}

const ID = 'store.json';
const MARK = 'known.json';
/** The mark is written in place, in one piece. */
const MARK_BYTES = 256;

export async function inspectFolder(folder: string): Promise<Inspection> {
  const sizeOf = async (file: string): Promise<number | undefined> =>
    stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
  const names = async (place: string): Promise<string[]> => readdir(place).catch(() => []);
  const files = path.join(folder, 'files');
  let anyFile = false;
  for (const name of await names(files)) {
    if (anyFile) break;
    anyFile = (await names(path.join(files, name))).length > 0;
  }
  const mark = await readJson(path.join(folder, MARK));
  const id = await readJson(path.join(folder, ID));
  return {
    id: id === undefined ? undefined : Check(StoreId, id) ? id : 'broken',
    mark: Check(Mark, mark) ? mark : {},
    packs: (await names(path.join(folder, 'packs')))
      .filter((name) => name.endsWith('.pack'))
      .map((name) => name.slice(0, -'.pack'.length))
      .toSorted(),
    anyFile,
    sizeOfPack: (name) => sizeOf(path.join(folder, 'packs', `${name}.pack`)),
    hasFile: async (hash) => (await sizeOf(path.join(files, hash.slice(0, 2), hash))) !== undefined,
  };
}

/** Undefined where it does not say which store it is, or cannot be read. */
export async function readStoreId(folder: string): Promise<StoreId | undefined> {
  const id = await readJson(path.join(folder, ID));
  return Check(StoreId, id) ? id : undefined;
}

/** Undefined: not there. Null: there, and not JSON. */
async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** All of it or nothing, and on disk when this returns. */
export async function writeStoreId(folder: string, id: StoreId): Promise<void> {
  const draft = path.join(folder, `${ID}.new`);
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(id)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path.join(folder, ID));
  await syncDirectory(folder);
}

/**
 * Keeps the mark. It costs one small write at a time, however many blobs come, and is not forced to the disk: after a power cut
 * it may say less than it could, never too much.
 */
export class MarkFile {
  readonly #handle: FileHandle;
  #mark: Mark = {};
  #dirty = false;
  #writing: Promise<void> | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(folder: string): Promise<MarkFile> {
    return new MarkFile(await open(path.join(folder, MARK), constants.O_CREAT | constants.O_RDWR, 0o600));
  }

  set(mark: Mark): void {
    this.#mark = { ...this.#mark, ...mark };
    this.#dirty = true;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Nothing is marked any more, also after a power cut. */
  async reset(): Promise<void> {
    await this.#writing;
    this.#mark = {};
    this.#dirty = true;
    await (this.#writing ??= this.#write().finally(() => (this.#writing = undefined)));
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      // A full disk is told to those whose bytes it refuses; the mark then stays where it was.
      await this.#handle
        .write(JSON.stringify(this.#mark).padEnd(MARK_BYTES - 1) + '\n', 0)
        .catch(() => undefined);
    }
  }
}
