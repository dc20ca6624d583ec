import { giveRoom } from '../access/index.ts';
import { USES_PAGE, type BlobUser, type Inner, type Use } from '../platform/blobs/index.ts';
import { deleteInAllWorkspaces, type Db } from '../platform/db/index.ts';
import type { DataTables } from './schema.ts';
import { parseDirectory } from './tree.ts';

const TREE = 'tree';

/**
 * Every version that is there needs its whole tree; what a workspace uploaded and no version holds is needed by nobody, unless a DVC client
 * pushed it, whose repository names it and cannot be asked. A listing is needed as long as its version is.
 */
export const blobUser: BlobUser = {
  columns: ['dataset_version.hash', 'dvc_object.hash'],
  remarks: ['dataset_blob.hash', 'dataset_table.hash'],
  async *uses({ scan }) {
    yield* objectsOf(scan);
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
    await deleteInAllWorkspaces(db, 'dvc_object', 'hash', hashes);
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

async function* objectsOf(scan: Db): AsyncGenerator<Use[]> {
  for (let last = { dataset: '', layout: '', oid: '' }; ;) {
    const rows = await scan
      .$extendTables<DataTables>()
      .selectFrom('dvc_object')
      .innerJoin('dataset', 'dataset.id', 'dvc_object.dataset')
      .select([
        'dvc_object.dataset',
        'layout',
        'oid',
        'hash',
        'loose',
        'dvc_object.workspace',
        'dataset.name',
      ])
      .where((eb) =>
        eb(
          eb.refTuple('dvc_object.dataset', 'layout', 'oid'),
          '>',
          eb.tuple(last.dataset, last.layout, last.oid),
        ),
      )
      .orderBy('dvc_object.dataset')
      .orderBy('layout')
      .orderBy('oid')
      .limit(USES_PAGE)
      .execute();
    const end = rows.at(-1);
    if (!end) return;
    last = end;
    // Of a version that is there all files are found in its tree.
    const needed = rows.filter(({ oid, loose }) => loose === 1 || oid.endsWith('.dir'));
    yield needed.map(({ hash, workspace, name, oid }) => ({
      hash,
      noun: 'objects of DVC remotes',
      by: `DVC object ${oid} of dataset ${workspace}:${name}`,
    }));
  }
}
