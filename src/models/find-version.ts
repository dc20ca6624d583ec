import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { noAlias } from './delete-alias.ts';
import { checkAlias } from './names.ts';
import { aliasVersion, requireModel, type ModelRow } from './store.ts';
import { latestNumber, requireVersion, type NamedVersion } from './store-versions.ts';

/** The version that `3`, `latest`, `@champion` or a stage's name points at now. */
export async function findVersionBy(ctx: Ctx, name: string, which: string): Promise<NamedVersion> {
  const model = await requireModel(ctx, name);
  return requireVersion(ctx, model, await numberOf(ctx, model, which));
}

async function numberOf(ctx: Ctx, model: ModelRow, which: string): Promise<number> {
  if (/^\d+$/.test(which)) return versionNumber(which);
  const alias = which.startsWith('@') ? checkAlias(which.slice(1)) : undefined;
  if (alias !== undefined && alias.toLowerCase() !== 'latest') {
    const version = await aliasVersion(ctx, model.id, alias);
    if (version === undefined) throw noAlias(model.name, alias);
    return version;
  }
  const stage = alias === undefined && which.toLowerCase() !== 'latest' ? which : undefined;
  const version = await latestNumber(ctx, model.id, stage);
  if (version !== undefined) return version;
  if (stage === undefined)
    throw missing(`model '${model.name}' has no versions`, { field: 'version', hint: 'register one' });
  throw missing(`'${which}' is no version of model '${model.name}'`, {
    field: 'version',
    hint: 'give a number, latest, or @alias',
  });
}

/** A version's number as text. */
export function versionNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,15}$/.test(text) || number < 1)
    throw invalid(`'${text.slice(0, 80)}' is no version number`, {
      field: 'version',
      hint: 'versions are whole numbers from 1',
    });
  return number;
}
