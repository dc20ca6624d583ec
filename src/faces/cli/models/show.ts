import type * as contract from '../../../models/contract.ts';
import { numberText } from '../../../platform/json/index.ts';
import { named } from '../names.ts';
import { ago, bytes, table } from '../output.ts';

/** Models and versions, as people read them. */

export const aliases = (all: readonly contract.Alias[]): string =>
  all.map(({ alias, version }) => `${alias}→${version}`).join(', ');
export const flavors = (one: contract.ModelVersion): string =>
  Object.keys(one.facts?.flavors ?? {}).join(', ');
const lines = (entries: ReadonlyArray<readonly [string, string | undefined]>): string =>
  table(
    ['', ''],
    entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined && entry[1] !== ''),
  )
    .split('\n')
    .slice(1)
    .join('\n');

export function showModel(model: contract.Model): string {
  return lines([
    ['model', model.name],
    ['description', model.description],
    ['versions', String(model.versions)],
    [
      'latest',
      model.latest === undefined ? undefined : `${model.latest.version} (${ago(model.latest.created_at)})`,
    ],
    ['aliases', aliases(model.aliases)],
    ['made', `${ago(model.created_at)} by ${model.created_by}`],
    ...Object.entries(model.tags).map(([key, value]) => [`tag ${key}`, value] as const),
  ]);
}

export function showVersion(
  { version, files, files_changed, run, lineage }: contract.VersionDetail,
  names: ReadonlyMap<string, string> = new Map(),
): string {
  const { facts } = version;
  const fields = (part: readonly contract.Field[] | undefined): string | undefined =>
    part?.map(({ name, type }) => (name === undefined ? type : `${name}: ${type}`)).join(', ');
  return lines([
    ['version', `${version.model}/${version.version}`],
    ['description', version.description],
    ['aliases', version.aliases.join(', ')],
    ['source', version.source],
    ['flavours', flavors(version)],
    ['inputs', fields(facts?.signature?.inputs)],
    ['outputs', fields(facts?.signature?.outputs)],
    ['params', fields(facts?.signature?.params)],
    [
      'files',
      facts === undefined
        ? undefined
        : `${files.length} (${bytes(facts.size)})${files_changed === true ? ', changed since it was registered' : ''}`,
    ],
    ['problem', facts?.problem],
    ['run', run === undefined ? undefined : `${run.name} (${run.id}), ${run.status}`],
    ...Object.entries(run?.metrics ?? {}).map(
      ([key, value]) =>
        [`metric ${key}`, typeof value === 'number' ? numberText(value) : String(value)] as const,
    ),
    ...(run?.datasets ?? []).map(
      ({ name, context, version_ref }) => [`data ${context ?? ''}`.trim(), version_ref ?? name] as const,
    ),
    ...Object.entries(version.tags).map(([key, value]) => [`tag ${key}`, value] as const),
    ...lineage.map(
      ({ from, relation, to }) =>
        ['lineage', `${named(from, names)} ${relation} ${named(to, names)}`] as const,
    ),
  ]);
}

export function showComparison({ a, b, same_files, differences, files }: contract.Comparison): string {
  const shown = (value: unknown): string => {
    const text = value === undefined ? '—' : typeof value === 'string' ? value : JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  };
  const rows = differences.map((one) => [one.field, shown(one.a), shown(one.b)]);
  const parts = [
    rows.length === 0
      ? 'they say the same'
      : table(['', `version ${a.version}`, `version ${b.version}`], rows),
  ];
  if (same_files) parts.push('the files are equal, byte for byte');
  for (const [what, paths] of Object.entries(files))
    if (paths.length > 0) parts.push(`${what}: ${paths.join(', ')}`);
  return parts.join('\n');
}
