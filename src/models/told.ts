import { idOf, type Teller } from '../ledger/index.ts';
import { selectNumbered } from './store-versions.ts';
import { versionRef } from './store.ts';
import type { ModelFacts } from './contract.ts';

export interface ModelVersionFacts {
  /** What the model is called today. */
  model: string;
  /** Absent once the version was deleted: its number stays. */
  registered?: { at: number; by: string; digest?: string };
}

/** Nothing of a version whose model is gone: another may have taken the name since. */
export const tellModelVersions: Teller<ModelVersionFacts> = async (ctx, refs) => {
  const rows = await selectNumbered(
    ctx,
    refs.flatMap((ref) => {
      const [, model, number] = /^(.+)\/(\d{1,15})$/s.exec(idOf(ref)) ?? [];
      return model === undefined ? [] : [{ ref: model, version: Number(number) }];
    }),
  );
  return new Map(
    rows.map((row) => [
      versionRef(row.ref, row.version),
      {
        facts: { model: row.name, ...(row.deleted_at === null ? { registered: registration(row) } : {}) },
        from: [
          ...(row.run_id === null ? [] : [{ role: 'trained-by', ref: `run:${row.run_id}` }]),
          ...(row.logged_model_id === null
            ? []
            : [{ role: 'registered-from', ref: `logged_model:${row.logged_model_id}` }]),
        ],
      },
    ]),
  );
};

function registration(row: {
  created_at: number;
  created_by: string;
  facts: string | null;
}): NonNullable<ModelVersionFacts['registered']> {
  const facts = row.facts === null ? undefined : (JSON.parse(row.facts) as ModelFacts); // written by this room
  return { at: row.created_at, by: row.created_by, ...(facts ? { digest: facts.digest } : {}) };
}
