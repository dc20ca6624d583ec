import { sql } from 'kysely';
import { USES_PAGE, type BlobUser } from '../platform/blobs/index.ts';
import { joinPath } from './artifact-path.ts';
import { scanTables } from './store/tables.ts';

/** Artifacts of runs, logged models and traces. What is deleted and can be restored still needs its bytes. */
export const blobUser: BlobUser = {
  columns: ['artifact.hash'],
  async *uses(database) {
    for (let last = { workspace: '', folder: '', name: '' }; ;) {
      const rows = await scanTables(database)
        .selectFrom('artifact')
        .select(['workspace', 'folder', 'name', 'hash'])
        .where(sql<boolean>`(workspace, folder, name) > (${last.workspace}, ${last.folder}, ${last.name})`)
        .orderBy('workspace')
        .orderBy('folder')
        .orderBy('name')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) return;
      last = end;
      yield rows.flatMap(({ workspace, folder, name, hash }) => {
        const path = joinPath(folder, name);
        const noun = path.split('/')[1] === 'models' ? 'logged models' : 'runs';
        return hash === null ? [] : [{ hash, noun, by: `artifact ${workspace}:${path}` }];
      });
    }
  },
};
