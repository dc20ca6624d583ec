import { quoted, requireDatasetName } from '../../../../data/contract.ts';
import { invalid } from '../../../../platform/errors/index.ts';

/** Which dataset each output goes to: those that are asked for, or all, called as the last part of their path where that is one's alone. */
export function namesFor(
  paths: readonly string[],
  { dataset, only }: { dataset?: string; only: readonly string[] },
): Map<string, string> {
  const chosen = new Map<string, string | undefined>();
  for (const word of only) {
    const [, path = '', name] = /^(.*?)(?:=([^=/]*))?$/s.exec(word) ?? [];
    const plain = path.replace(/\/+$/, '').replace(/^\.\//, '');
    if (!paths.includes(plain))
      throw invalid(`the repository's history has no output ${quoted(plain)}`, {
        field: 'out',
        hint: `it has ${listed(paths)}`,
      });
    chosen.set(plain, name);
  }
  if (chosen.size === 0) for (const path of paths) chosen.set(path, undefined);
  if (dataset !== undefined && chosen.size > 1)
    throw invalid(`--dataset names one dataset, and there are ${chosen.size} outputs`, {
      field: 'dataset',
      hint: `choose one with --out PATH, or name each: --out PATH=DATASET. It has ${listed(paths)}`,
    });
  const ends = Map.groupBy(chosen.keys(), (path) => safe(path.slice(path.lastIndexOf('/') + 1)));
  const names = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const [path, given] of chosen) {
    const end = safe(path.slice(path.lastIndexOf('/') + 1));
    const name = given ?? dataset ?? (ends.get(end)!.length === 1 ? end : safe(path));
    requireDatasetName(name);
    const other = taken.get(name);
    if (other !== undefined)
      throw invalid(`both ${quoted(other)} and ${quoted(path)} would be dataset '${name}'`, {
        field: 'out',
        hint: `name one of them: --out ${path}=DATASET`,
      });
    taken.set(name, path);
    names.set(path, name);
  }
  return names;
}

const safe = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);

const listed = (paths: readonly string[]): string =>
  paths.length === 0 ? 'none' : `${paths.slice(0, 10).join(', ')}${paths.length > 10 ? ', …' : ''}`;
