import { chmodSync, chownSync, type Dirent, lchownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createTurns } from '../aside/index.ts';
import type { Isolate } from './isolate.ts';

/** Gives a process's folders to its user, and opens the way to them through the data folder: one may pass, not look. */
export function grant(
  data: string,
  { read = [], given = [], write = [], owned = [] }: Isolate,
  user: number,
): void {
  for (const folder of write) if (!owned.includes(folder)) for (const _entry of owning(folder, read, user));
  for (const folder of given) {
    // The group of that user is nobody else's: the folder stays ours, and what is put into it is open to this group alone.
    chownSync(folder, process.getuid!(), user);
    chmodSync(folder, 0o750);
  }
  for (const one of [...read, ...given, ...write]) {
    for (let at = path.dirname(one); inside(at, data); at = path.dirname(at)) {
      const { mode } = statSync(at);
      if ((mode & 0o001) === 0) chmodSync(at, (mode & 0o7777) | 0o011);
    }
  }
}

const inside = (at: string, data: string): boolean => at === data || at.startsWith(`${data}${path.sep}`);

/** The folder of a step may hold tens of thousands of files: given with turns in between. */
export async function giveOver(folder: string, except: readonly string[], user: number): Promise<void> {
  const turns = createTurns();
  for (const _entry of owning(folder, except, user)) {
    const due = turns();
    if (due) await due;
  }
}

/** Folders become the user's; files stay ours, so that they can be read and not be changed in place. */
function* owning(folder: string, except: readonly string[], user: number): Generator<void> {
  lchownSync(folder, user, user);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    yield;
    const at = path.join(folder, entry.name);
    if (except.includes(at)) continue;
    if (entry.isDirectory()) yield* owning(at, except, user);
    else if (entry.isFile()) {
      const { mode } = lstatSync(at);
      if (readable(mode) !== mode) chmodSync(at, readable(mode) & 0o7777);
    }
  }
}

/** What its owner may read or run, others may. */
const readable = (mode: number): number => mode | (mode & 0o400 ? 0o044 : 0) | (mode & 0o100 ? 0o011 : 0);

/**
 * Lets other users read a folder of ours, all of it, and nobody write it. Its own rights are changed last and say that it was done,
 * so that it is looked through once.
 */
export async function letRead(folder: string): Promise<void> {
  if (((await lstat(folder)).mode & 0o055) !== 0o055) await openUp(folder);
}

async function openUp(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await openUp(at);
    else if (entry.isFile()) {
      const { mode } = await lstat(at);
      const wanted = readable(mode) & ~0o022;
      if (wanted !== mode) await chmod(at, wanted & 0o7777);
    }
  }
  await chmod(folder, 0o755);
}

/** Closes what lies in the data folder to everybody else, whatever an earlier version or a copy made of its rights. */
export function closeData(data: string): void {
  for (const folder of [data, path.join(data, 'blobs')]) {
    for (const entry of list(folder)) {
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const at = path.join(folder, entry.name);
      const { mode } = lstatSync(at);
      if ((mode & 0o077) !== 0) chmodSync(at, mode & 0o7700);
    }
  }
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // nothing was kept there yet
  }
}
