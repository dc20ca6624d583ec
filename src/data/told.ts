import { idOf, type Teller } from '../ledger/index.ts';
import { selectVersionsById } from './store.ts';

export interface DatasetVersionFacts {
  dataset: string;
  /** `v3`. */
  version: string;
  hash: string;
}

/** Deleted ones, too: what a model was trained on has its name for good. */
export const tellVersions: Teller<DatasetVersionFacts> = async (ctx, refs) => {
  const versions = await selectVersionsById(ctx, refs.map(idOf), { deleted: true });
  return new Map(
    versions.map(({ id, dataset, name, hash, parents }) => [
      `dataset_version:${id}`,
      {
        facts: { dataset, version: name, hash },
        from: parents.map((parent) => ({ role: 'derived-from', ref: `dataset_version:${parent}` })),
      },
    ]),
  );
};
