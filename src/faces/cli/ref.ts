import { parseRef, type ParsedRef } from '../../data/contract.ts';
import { invalid } from '../../platform/errors/index.ts';

/** A dataset, or a version of one, as people write it. */
export function ref(text: string, withPath = false): ParsedRef {
  const parsed = parseRef(text);
  if (parsed && (withPath || parsed.path === undefined)) return parsed;
  throw invalid(`'${text}' is not a dataset ref`, {
    field: 'ref',
    hint: 'write it as flights, flights@main, flights@v3, flights@TAG or flights@HASH',
  });
}
