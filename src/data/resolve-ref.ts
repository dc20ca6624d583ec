import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { DatasetVersion } from './contract.ts';
import { parseRef } from './parse-ref.ts';
import { findRef, findVersion, requireDataset, selectRefs, selectVersion, type DatasetRow } from './store.ts';

/** The version that a ref such as `flights@main` names right now. Resolve once, then keep the id. */
export async function resolveRef(ctx: Ctx, text: string): Promise<DatasetVersion> {
  const ref = parseRef(text);
  if (!ref || ref.path !== undefined) {
    throw invalid(`'${text}' is not a dataset ref`, {
      field: 'ref',
      hint: 'write it as flights@main, flights@v3, flights@TAG or flights@HASH',
    });
  }
  return resolveVersion(ctx, await requireDataset(ctx, ref.dataset), ref.selector);
}

export async function resolveVersion(
  ctx: Ctx,
  dataset: DatasetRow,
  selector: string,
): Promise<DatasetVersion> {
  const ref = await findRef(ctx, dataset, selector);
  if (ref) {
    const version = await selectVersion(ctx, ref.version);
    if (version) return version;
  }
  const number = /^v([1-9]\d{0,8})$/.exec(selector)?.[1];
  if (number !== undefined) {
    const [version] = await findVersion(ctx, dataset, { number: Number(number) });
    if (version) return version;
  } else if (/^[0-9a-f]{8,64}$/.test(selector)) {
    const [byId] = await findVersion(ctx, dataset, { id: selector });
    if (byId) return byId;
    const found = await findVersion(ctx, dataset, { prefix: selector });
    if (new Set(found.map(({ hash }) => hash)).size > 1) {
      throw invalid(`'${dataset.name}@${selector}' fits ${found.length} versions`, {
        field: 'ref',
        hint: 'write more digits of the hash',
      });
    }
    if (found[0]) return found[0];
  }
  const refs = (await selectRefs(ctx, dataset)).map(({ name }) => name);
  const known =
    refs.length > 0
      ? `it has ${refs.slice(0, 10).join(', ')}${refs.length > 10 ? ', …' : ''}`
      : 'it has no branch yet';
  throw missing(`dataset '${dataset.name}' has no version '${selector}'`, {
    field: 'ref',
    hint: `${known}; treadle data log ${dataset.name} lists its versions`,
  });
}
