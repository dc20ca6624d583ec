import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { open, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { invalid, messageOf, systemCode, TreadleError, unavailable } from '../platform/errors/index.ts';
import { makeFolders } from '../platform/files/index.ts';
import { newId } from '../platform/ids/index.ts';

/** Where a backup or a restored data folder is to be. */
export interface Target {
  folder: string;
  /** As the caller names it. */
  field: string;
  /** Bytes that are to be written, as far as it is known. */
  needed: number;
}

/** Makes a folder that can be written, or says why not; `drop` removes what was made of it, as far as it is empty. */
export async function makeTarget(
  folder: string,
  target: Target,
  mode?: number,
): Promise<{ drop(): Promise<void> }> {
  requireDisk(target);
  let first: string | undefined;
  const drop = async (): Promise<void> => {
    if (first === undefined) return;
    for (let at = folder; at.length >= first.length; at = path.dirname(at))
      await rmdir(at).catch(() => undefined); // somebody else's files are in it
  };
  try {
    first = makeFolders(folder, mode);
    const probe = path.join(folder, `treadle-${newId()}.db-probe`);
    const handle = await open(probe, 'wx', 0o600);
    await handle.close();
    await rm(probe);
  } catch (error) {
    await drop();
    const known = targetError(error, target);
    throw known === error ? unwritable(target, systemCode(error) ?? messageOf(error), error) : known;
  }
  return { drop };
}

/** Whether a path is the folder, or lies below it. */
export const liesWithin = (inner: string, folder: string): boolean =>
  path.relative(folder, inner).split(path.sep)[0] !== '..';

/** A file where a folder is to be, or on the way to it. */
export function requireNoFile({ folder, field }: Pick<Target, 'folder' | 'field'>): void {
  const at = nearest(folder);
  const file = existsAsFile(at) ? at : undefined;
  if (file !== undefined)
    throw invalid(`${file} is a file${file === folder ? '' : `, and ${folder} cannot be made below it`}`, {
      field,
      hint: 'name a folder, or one that is not there yet',
    });
}

/** An error of the disk that is written to becomes one that names it and says what to do; everything else passes through. */
export function targetError(error: unknown, target: Target): unknown {
  if (error instanceof TreadleError || !(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const sqlite = 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || sqlite === FULL)
    return unavailable(`the disk of ${target.folder} is full; nothing that was there before has changed`, {
      field: target.field,
      code: 'disk-full',
      hint: `about ${inMebibytes(target.needed)} are to be written: free as much there, or name a folder on another disk`,
      cause: error,
    });
  // The same codes come from what is read: the folder itself says whether it is about it.
  const unwritten = typeof code === 'string' && ['EROFS', 'EACCES', 'EPERM'].includes(code);
  return unwritten && accessCode(nearest(target.folder)) !== undefined
    ? unwritable(target, code, error)
    : error;
}

/**
 * Where the kernel shows itself nothing is stored, and what /dev takes is memory: a backup there would be one of which nothing is left
 * after the next start of the machine.
 */
function requireDisk({ folder, field }: Target): void {
  if (process.platform !== 'linux') return;
  const at = nearest(folder);
  let kind: string | undefined;
  try {
    kind = KERNEL[statfsSync(at).type] ?? (isDevices(at) ? 'the folder of devices' : undefined);
  } catch {
    // A way through a file, or one that may not be looked at: making the folder says so.
  }
  if (kind === undefined) return;
  throw invalid(`${folder} lies in ${kind}, which is no disk`, {
    field,
    hint: 'name a folder on a disk, best on another one than the data folder',
  });
}

/** By the numbers that statfs(2) gives them. */
const KERNEL: Readonly<Record<number, string>> = {
  0x9fa0: 'proc',
  0x62656572: 'sysfs',
  0x1cd1: 'devpts',
  0x27e0eb: 'cgroup',
  0x63677270: 'cgroup2',
  0x64626720: 'debugfs',
  0x74726163: 'tracefs',
  0x73636673: 'securityfs',
};

/** /dev says of itself that it is tmpfs, which may be meant (/tmp, a test's folder); so it is known by the device it is on. */
function isDevices(at: string): boolean {
  const devices = statSync('/dev', { throwIfNoEntry: false })?.dev;
  return statSync(at).dev === devices && devices !== statSync('/').dev;
}

/** SQLITE_FULL */
const FULL = 13;

function unwritable({ folder, field }: Target, why: string, cause: unknown): TreadleError {
  const at = nearest(folder);
  const code = accessCode(at) ?? why;
  return unavailable(`${folder} cannot be written (${code})`, {
    field,
    hint:
      code === 'EROFS'
        ? `the file system of ${at} is mounted read-only: mount it writable, or name another folder`
        : `let the user that runs this command write to ${at}, or name another folder`,
    cause,
  });
}

/** The folder, or what is there of the way to it. */
function nearest(folder: string): string {
  let at = folder;
  while (['ENOENT', 'ENOTDIR'].includes(accessCode(at, constants.F_OK) ?? '') && path.dirname(at) !== at)
    at = path.dirname(at);
  return at;
}

const existsAsFile = (at: string): boolean =>
  statSync(at, { throwIfNoEntry: false })?.isDirectory() === false;

/** Why a folder cannot be written, as the system says it. */
function accessCode(folder: string, mode: number = constants.W_OK): string | undefined {
  try {
    accessSync(folder, mode);
    return undefined;
  } catch (error) {
    return systemCode(error);
  }
}

const inMebibytes = (bytes: number): string =>
  `${Math.max(1, Math.ceil(bytes / 2 ** 20)).toLocaleString('en')} MiB`;
