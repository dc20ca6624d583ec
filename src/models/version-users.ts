import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { ModelRow } from './store.ts';
import { modelRef, versionRef } from './store.ts';

/** What a version is needed for, as the room that needs it says so. */
export interface VersionUse {
  version_ref: string;
  /** After the version's name: `answers at endpoint 'flights' (revision 7)`. */
  says: string;
}

/**
 * A room above that needs versions: for which of these it does. Asked in the transaction that would delete them, after the model is
 * held; who begins to need a version holds its model, too (`holdVersion`), so that neither misses the other.
 */
export type VersionUser = (
  ctx: Ctx,
  asked: { model_ref: string; versions: ReadonlySet<string> },
) => Promise<VersionUse[]>;

export interface Deletion {
  /** Why; kept in the ledger. */
  reason?: string | undefined;
  /** Delete what is needed all the same. */
  force?: boolean | undefined;
}

/** Uses that an error names; a model may have thousands of versions. */
const NAMED = 5;

/** Who needs these versions, in sentences for the ledger. Refused where anybody does, unless `force`. */
export async function requireUnused(
  tx: Tx,
  users: readonly VersionUser[],
  model: ModelRow,
  versions: readonly number[],
  { force, whole }: { force: boolean | undefined; whole: boolean },
): Promise<string[]> {
  const numbers = new Map(versions.map((version) => [versionRef(model.ref, version), version]));
  const asked = { model_ref: modelRef(model.ref), versions: new Set(numbers.keys()) };
  const uses: string[] = [];
  for (const user of users)
    for (const { version_ref, says } of await user(tx, asked))
      uses.push(`v${numbers.get(version_ref)} ${says}`);
  if (uses.length === 0 || force === true) return uses;
  const named = uses.slice(0, NAMED).join('; ');
  const more = uses.length > NAMED ? `; and ${uses.length - NAMED} more` : '';
  const name = whole ? model.name : `${model.name}/${versions[0]}`;
  throw conflict(`'${name}' is in use: ${named}${more}`, {
    field: whole ? 'model' : 'version',
    hint: `let another version take its place first; to delete it all the same: treadle models rm ${name} --force${whole ? ' --all' : ''} (force=true), and what needs it cannot be loaded again`,
    code: 'version-in-use',
  });
}
