import { giveRoom } from '../access/index.ts';
import { USES_PAGE, type BlobUser, type Inner } from '../platform/blobs/index.ts';
import { deleteInAllWorkspaces } from '../platform/db/index.ts';
import type { DataTables } from './schema.ts';
import { parseDirectory } from './tree.ts';

const TREE = 'tree';

/** Every version that is there needs its whole tree; what a workspace uploaded and no version holds is needed by nobody. */
export const blobUser: BlobUser = {
  columns: ['dataset_version.hash'],
  remarks: ['dataset_blob.hash', 'dataset_table.hash'],
  async *uses({ scan }) {
    for (let last = ''; ;) {
      const rows = await scan
        .$extendTables<DataTables>()
        .selectFrom('dataset_version as version')
        .innerJoin('dataset', 'dataset.id', 'version.dataset')
        .select(['version.id', 'version.workspace', 'version.number', 'version.hash', 'dataset.name'])
        .where('version.id', '>', last)
        .where('version.deleted_at', 'is', null)
        .orderBy('version.id')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) return;
      last = end.id;
      yield rows.map(({ workspace, name, number, hash }) => ({
        hash,
        form: TREE,
        noun: 'dataset versions',
        by: `dataset version ${workspace}:${name}@v${number}`,
      }));
    }
  },
  async forget(db, hashes) {
    await giveRoom(db, 'bytes', await deleteInAllWorkspaces(db, 'dataset_blob', 'hash', hashes, 'size'));
    await deleteInAllWorkspaces(db, 'dataset_table', 'hash', hashes);
  },
  inside: {
    *[TREE](bytes): Generator<Inner> {
      const { entries, parts } = parseDirectory(bytes);
      for (const { hash } of parts ?? []) yield { hash, form: TREE };
      for (const { kind, hash } of entries ?? [])
        yield kind === 'directory' ? { hash, form: TREE } : { hash };
    },
  },
};
