import { parentPort } from 'node:worker_threads';
import { openSqliteFile } from './sqlite-connection.ts';

/** Moves what stands in the log of a database file into the file, as far as no reader needs it there. */
export interface Asked {
  file: string;
}
export interface Told {
  error?: string;
  /** Pages that are in the log alone, afterwards. */
  waiting?: number;
}

function checkpoint(file: string): Told {
  const db = openSqliteFile(file, { readOnly: false });
  try {
    // Passive: every other mode makes writers wait, also for readers that have a page of long ago in hand.
    db.exec('pragma wal_checkpoint(passive)');
    const row = db.prepare('pragma wal_checkpoint(noop)').get();
    return { waiting: Number(row?.['log']) - Number(row?.['checkpointed']) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    db.close();
  }
}

parentPort?.on('message', ({ file }: Asked) => parentPort?.postMessage(checkpoint(file)));
