import type { Clock } from '../clock/index.ts';
import type { Database } from '../db/index.ts';
import type { BlobBackend } from './backend.ts';
import type { Guard } from './guard.ts';
import type { Reader } from './reader.ts';

/** What a collection works with. */
export interface CollectParts {
  database: Database;
  backend: BlobBackend;
  clock: Clock;
  reader: Reader;
  guard: Guard;
  /** Whether somebody is just storing into this pack. */
  writing(pack: string): boolean;
}
