import { sql } from 'kysely';
import { USES_PAGE, type BlobUser } from '../platform/blobs/index.ts';
import type { RuntimeTables } from './schema.ts';

/** Conversions to ONNX that were kept. */
export const blobUser: BlobUser = {
  columns: ['model_conversion.blob'],
  async *uses({ scan }) {
    for (let last = { workspace: '', version_ref: '' }; ;) {
      const rows = await scan
        .$extendTables<RuntimeTables>()
        .selectFrom('model_conversion')
        .select(['workspace', 'version_ref', 'blob'])
        .where(sql<boolean>`(workspace, version_ref) > (${last.workspace}, ${last.version_ref})`)
        .orderBy('workspace')
        .orderBy('version_ref')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) return;
      last = end;
      yield rows.flatMap(({ workspace, version_ref, blob }) =>
        blob === null
          ? []
          : [{ hash: blob, noun: 'conversions', by: `conversion ${workspace}:${version_ref}` }],
      );
    }
  },
};
