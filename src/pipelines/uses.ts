import { sql } from 'kysely';
import { giveRoom } from '../access/index.ts';
import { USES_PAGE, type BlobUser, type Inner, type Use } from '../platform/blobs/index.ts';
import { deleteInAllWorkspaces } from '../platform/db/index.ts';
import type { CodeFile, StepOutput } from './contract.ts';
import type { OutputFile } from './run/collect.ts';
import type { ExecutionOptions } from './run/options.ts';
import type { PipelineTables } from './schema.ts';

const CODE = 'code';
const FOLDER = 'folder';

/** An execution needs its code, its logs and the outputs of its steps: they are what the cache and `reproduce` live on. */
export const blobUser: BlobUser = {
  columns: [
    'execution.manifest',
    'execution.environment_log',
    'execution.options',
    'step.outputs',
    'step.log_hash',
  ],
  remarks: ['code_blob.hash'],
  async *uses({ scan }) {
    const tables = scan.$extendTables<PipelineTables>();
    for (let last = ''; ;) {
      const rows = await tables
        .selectFrom('execution')
        .select(['id', 'workspace', 'pipeline', 'number', 'manifest', 'environment_log', 'options'])
        .where('id', '>', last)
        .orderBy('id')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) break;
      last = end.id;
      yield rows.flatMap(({ workspace, pipeline, number, manifest, environment_log, options }) => {
        const { environment } = JSON.parse(options) as ExecutionOptions; // written by us
        const of = { noun: 'executions', by: `execution ${workspace}:${pipeline} ${number}` };
        const uses: Use[] = [{ hash: manifest, form: CODE, ...of }];
        for (const hash of [environment_log, environment])
          if (typeof hash === 'string') uses.push({ hash, ...of });
        return uses;
      });
    }
    for (let last = { execution_id: '', name: '' }; ;) {
      const rows = await tables
        .selectFrom('step')
        .select(['execution_id', 'name', 'workspace', 'pipeline', 'outputs', 'log_hash'])
        .where(sql<boolean>`(execution_id, name) > (${last.execution_id}, ${last.name})`)
        .orderBy('execution_id')
        .orderBy('name')
        .limit(USES_PAGE)
        .execute();
      const end = rows.at(-1);
      if (!end) return;
      last = end;
      yield rows.flatMap(({ execution_id, name, workspace, pipeline, outputs, log_hash }) => {
        const of = { noun: 'executions', by: `step ${workspace}:${pipeline} ${execution_id} ${name}` };
        const made = JSON.parse(outputs) as StepOutput[]; // written by us
        const uses: Use[] = made.map(({ digest, kind }) => ({
          hash: digest,
          ...(kind === 'folder' ? { form: FOLDER } : {}),
          ...of,
        }));
        if (log_hash !== null) uses.push({ hash: log_hash, ...of });
        return uses;
      });
    }
  },
  async forget(db, hashes) {
    await giveRoom(db, 'bytes', await deleteInAllWorkspaces(db, 'code_blob', 'hash', hashes, 'size'));
  },
  inside: {
    // Both lists are written by us, each with its blobs.
    [CODE]: (bytes): Inner[] =>
      (JSON.parse(bytes.toString('utf8')) as CodeFile[]).map(({ hash }) => ({ hash })),
    [FOLDER]: (bytes): Inner[] =>
      (JSON.parse(bytes.toString('utf8')) as OutputFile[]).map(({ hash }) => ({ hash })),
  },
};
