import type { DatasetVersion } from '../../../src/data/contract.ts';

/** What the address of a version's page can say. */
export interface VersionSearch {
  tab?: 'files' | 'rows' | 'sql' | 'used' | undefined;
  path?: string | undefined;
  at?: number | undefined;
  open?: string[] | undefined;
  q?: string | undefined;
  sql?: string | undefined;
}

/** What every part of the page gets. */
export interface PartProps {
  version: DatasetVersion;
  search: VersionSearch;
  set(change: VersionSearch): void;
}
