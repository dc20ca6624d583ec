import type { Releases } from '../releases/index.ts';
import type { Serving } from '../serving/index.ts';

/** The doors of the rooms below that the verbs of this one need. */
export interface Engine {
  releases: Pick<Releases, 'request' | 'get' | 'underWay'>;
  serving: Pick<Serving, 'list' | 'find'>;
}
