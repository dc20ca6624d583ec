import { stat } from 'node:fs/promises';
import { systemCode } from '../errors/index.ts';

/**
 * What a file is without its bytes being read: it changes when somebody writes to the file or puts another in its place, and not by a
 * hard link to it (`cp -al`). Undefined where no file is.
 */
export async function lookOf(file: string): Promise<{ size: number; look: string } | undefined> {
  try {
    const { size, mtimeNs, ino } = await stat(file, { bigint: true });
    return { size: Number(size), look: [size, mtimeNs, ino].join(':') };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
