import { USES_PAGE, type BlobUser } from '../platform/blobs/index.ts';
import type { StoredFile } from './outcomes/open-outcomes.ts';
import type { MonitoringTables } from './schema.ts';

/** Outcomes lie in files: as they came, and folded. */
export const blobUser: BlobUser = {
  columns: ['outcome_table.files'],
  async *uses({ scan }) {
    for (let last = ''; ;) {
      const rows = await scan
        .$extendTables<MonitoringTables>()
        .selectFrom('outcome_table')
        .select(['id', 'source', 'files'])
        .where('id', '>', last)
        .orderBy('id')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) return;
      last = end.id;
      yield rows.flatMap(({ source, files }) =>
        (JSON.parse(files) as StoredFile[]).map(({ hash }) => ({
          hash,
          noun: 'outcomes',
          by: `outcomes ${source}`,
        })),
      );
    }
  },
};
