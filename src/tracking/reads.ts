import type { Pair } from './store/runs.ts';

/** What a run read and made, as those say it who log it. */

/** A dataset version that is here. */
export interface FoundVersion {
  id: string;
  /** As people write it: `flights@v3`. */
  ref: string;
}

export interface DatasetRead {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema?: string | undefined;
  profile?: string | undefined;
  tags?: readonly Pair[];
}

export interface ModelOutput {
  model: string;
  step: number;
}
