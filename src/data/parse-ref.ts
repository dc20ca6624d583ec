// Free of Node: clients read refs and check names too.

import { invalid } from '../platform/errors/index.ts';
import { quoted } from './paths.ts';

/** The branch that a ref without `@` means. */
export const MAIN = 'main';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export interface ParsedRef {
  dataset: string;
  /** Branch, tag, `v3`, id or hash prefix. */
  selector: string;
  /** What follows the first slash, if anything. */
  path: string | undefined;
}

/** `flights`, `flights@v3`, `flights@main/2001/may.parquet`; undefined when the text has not this form. */
export function parseRef(text: string): ParsedRef | undefined {
  const match = /^([^@/]+)(?:@([^@/]+))?(?:\/(.+))?$/s.exec(text);
  const [, dataset, selector, path] = match ?? [];
  if (dataset === undefined || !NAME.test(dataset)) return undefined;
  return { dataset, selector: selector ?? MAIN, path };
}

export function requireDatasetName(name: string): void {
  if (NAME.test(name)) return;
  throw invalid(`${quoted(name)} cannot name a dataset`, {
    field: 'dataset',
    hint: 'use letters, digits, dot, dash and underscore, beginning with a letter or digit; 100 characters at most',
  });
}

/** Names that would be read as a version are not for branches and tags. */
export function requireRefName(name: string, field: 'branch' | 'tag'): void {
  if (!NAME.test(name)) {
    throw invalid(`${quoted(name)} cannot name a ${field}`, {
      field,
      hint: 'use letters, digits, dot, dash and underscore, beginning with a letter or digit; 100 characters at most',
    });
  }
  if (/^v\d+$/.test(name) || /^[0-9a-f]{8,64}$/.test(name)) {
    throw invalid(`'${name}' cannot name a ${field}: it reads as a version`, {
      field,
      hint: 'choose a name that is not v and a number, nor hex digits only',
    });
  }
}
