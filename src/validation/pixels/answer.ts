import { readFile } from 'node:fs/promises';
import { answerer } from '../../tables/inside.ts';
import { decodeImage, Undecodable } from './decode.ts';
import { digestsOf } from './digest.ts';
import { PIXELS, type PixelsFound } from './protocol.ts';

/** One image after the other, as a table reader answers it: no more than one is held decoded. */
export const pixelsAnswer = answerer(PIXELS, async (_connection, { files }) => {
  const found: PixelsFound[] = [];
  for (const file of files) {
    try {
      found.push({ digests: digestsOf(await decodeImage(await readFile(file))) });
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      found.push({ problem: error.message });
    }
  }
  return found;
});
