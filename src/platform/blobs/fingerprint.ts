import { stat } from 'node:fs/promises';
import { systemCode } from '../errors/index.ts';

/** What a file is without its bytes being read. */
export interface Fingerprint {
  size: number;
  /** Changes when somebody writes to the file or puts another in its place, unless they forge its times. */
  print: string;
  /** When it last changed in any way, ms since 1970. */
  changed: number;
}

/** Undefined where no file is. */
export async function fingerprint(file: string): Promise<Fingerprint | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return {
      size: Number(size),
      print: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
      changed: Number(ctimeNs / 1_000_000n),
    };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
