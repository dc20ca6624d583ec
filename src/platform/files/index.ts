import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemCode } from '../errors/index.ts';

export { makeFolders } from './make-folders.ts';
export { writePrivate } from './private.ts';
export { removeTree } from './remove-tree.ts';
export { sweepFolders, type Swept } from './sweep.ts';
export { dropTemporary, makeTemporary, temporaryPrefix } from './temporary.ts';

/** Why a file was not opened: it is not there, a link stands somewhere on the way, or it is a folder, pipe, socket or device. */
export type Unopened = 'gone' | 'link' | 'not-a-file';

/**
 * Opens a plain file below a folder for reading; returns its descriptor. No link is followed, neither at the end nor in a parent, and
 * it does not matter when the link was made: what was opened is asked where it lies. `root` must be a real path already, taken before
 * a stranger could write there.
 */
export function openBelow(root: string, relative: string): number | Unopened {
  const at = path.join(root, relative);
  let fd: number;
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would hold us for good.
    fd = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const reason = REFUSALS[systemCode(error) ?? ''];
    if (reason) return reason;
    throw error;
  }
  const found = !fstatSync(fd).isFile() ? 'not-a-file' : liesAt(fd, at) ? undefined : 'link';
  if (found === undefined) return fd;
  closeSync(fd);
  return found;
}

const REFUSALS: Readonly<Record<string, Unopened>> = {
  ENOENT: 'gone',
  ENOTDIR: 'gone',
  ELOOP: 'link',
  EMLINK: 'link',
  ENXIO: 'not-a-file',
};

/** Linux knows the path of what is open. Elsewhere the path is looked at again, which a very quick writer could still outrun. */
function liesAt(fd: number, at: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === at;
  } catch {
    const now = statSync(at);
    const opened = fstatSync(fd);
    return realpathSync(at) === at && now.ino === opened.ino && now.dev === opened.dev;
  }
}
