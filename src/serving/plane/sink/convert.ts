import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { segmentFile } from '../segment-name.ts';
import type { FilledBlock } from './block.ts';
import { readJournal } from './journal-file.ts';
import { PIECE, writeSegment } from './segment-file.ts';

export interface Segment {
  file: string;
  bytes: number;
}

/**
 * Makes the segment of a journal, beside it, and takes the journal away. The segment's name follows from the journal alone, so doing it
 * twice, by whomever, makes one segment. Undefined where there was no whole block in it. `pause` is called between pieces of the work, a
 * fraction of a millisecond each.
 */
export function convert(journal: string, pause?: () => void): Segment | undefined {
  const folder = path.dirname(journal);
  const { head, blocks } = readJournal(bytesOf(journal, pause), pause) ?? { blocks: [] };
  let segment: Segment | undefined;
  if (head && blocks.length > 0) {
    const { serial, maker, layout } = head;
    const file = segmentFile({ serial, role: layout.role, maker, ...countsOf(blocks) });
    segment = { file, bytes: writeSegment({ folder, file, ...head, blocks }, pause) };
  }
  rmSync(journal, { force: true });
  return segment;
}

/** In memory of its own: arrays of eight bytes an element have to begin at a multiple of eight. */
function bytesOf(file: string, pause?: () => void): ArrayBuffer {
  const fd = openSync(file, 'r');
  try {
    const bytes = new Uint8Array(fstatSync(fd).size);
    for (let at = 0, read = -1; at < bytes.length && read !== 0; at += read) {
      read = readSync(fd, bytes, at, Math.min(PIECE, bytes.length - at), at);
      pause?.();
    }
    return bytes.buffer;
  } finally {
    closeSync(fd);
  }
}

function countsOf(blocks: readonly FilledBlock[]): {
  from: number;
  to: number;
  predictions: number;
  rows: number;
} {
  let [from, to, predictions, rows] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  for (const block of blocks) {
    predictions += block.predictions;
    rows += block.rows;
    for (const at of block.at) {
      if (at < from) from = at;
      if (at > to) to = at;
    }
  }
  return { from, to, predictions, rows };
}
