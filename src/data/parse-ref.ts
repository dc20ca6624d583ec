// Free of Node: clients read refs too.

/** The branch that a ref without `@` means. */
export const MAIN = 'main';
export const DATASET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

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
  if (dataset === undefined || !DATASET.test(dataset)) return undefined;
  return { dataset, selector: selector ?? MAIN, path };
}
