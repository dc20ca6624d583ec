import type { Coverage, Excuse } from '../contract.ts';
import { fileKind, type FileKind } from '../data/file-kinds.ts';
import type { ComparedSource, ComparedTable, SimilarFound } from '../data/protocol.ts';
import { TABLES, type TableSource, type UnreadSource } from '../data/table-source.ts';
import { excuseOf } from './excuse.ts';

/** Files that an entry names; all are counted. */
const SHOWN = 20;

/**
 * Everything that the lineage read, each file in one entry: how it was compared, or why not. An excuse counts only for what
 * cannot be compared. `unused`: excuses, by position, that fitted nothing.
 */
export function coverageOf(
  sources: readonly TableSource[],
  found: readonly ComparedSource[],
  unread: readonly UnreadSource[],
  {
    kinds,
    shared,
    excuses,
  }: {
    /** Kinds of files that are judged, so that training's can be compared with them. */
    kinds: ReadonlySet<FileKind>;
    /** Judged files that a source holds as well, by their bytes. */
    shared: ReadonlyMap<string, unknown>;
    excuses: readonly Excuse[];
  },
): { coverage: Coverage[]; unused: number[] } {
  const used = new Set<number>();
  const groups = new Map<string, Coverage>();
  const excused = (label: string, path?: string): Partial<Coverage> => {
    const at = excuseOf(excuses, label, path);
    if (at < 0) return { by: 'nothing' };
    used.add(at);
    return { by: 'excused', excuse: excuses[at]!.reason };
  };
  const add = (
    source: Pick<TableSource, 'ref' | 'label'>,
    path: string | undefined,
    entry: Partial<Coverage>,
    apart = '',
  ): void => {
    const whole = { by: 'nothing', ...entry } as const;
    const key = JSON.stringify([source.ref, source.label, whole.by, whole.reason, whole.excuse, apart]);
    const held = groups.get(key) ?? {
      source: source.ref,
      label: source.label,
      files: [],
      file_count: 0,
      ...whole,
    };
    groups.set(key, held);
    if (path === undefined) return;
    if (held.files.length < SHOWN) held.files.push(path);
    held.file_count++;
  };

  for (const [i, source] of sources.entries()) {
    const { problem, tables } = found[i]!;
    const as = {
      ref: source.ref,
      label:
        source.within === undefined ? source.label : `${source.label}, from which ${source.within} was made`,
    };
    const not = (path: string, reason: string): void =>
      add(as, path, { reason, ...excused(source.label, path) });
    if (problem !== undefined) for (const { path } of source.files) not(path, problem);
    else
      for (const [part, table] of tables.entries())
        for (const path of table.files)
          if (table.state === 'incomparable') not(path, table.reason ?? 'it cannot be compared');
          else add(as, path, ofTable(table), String(part));
    for (const { path, hash } of source.others) {
      const kind = fileKind(path);
      if (kind !== undefined && kinds.has(kind)) {
        add(as, path, { by: 'digest' }, kind);
        const entry = [...groups.values()].at(-1)!;
        if (shared.has(hash)) entry.found = (entry.found ?? 0) + 1;
      } else if (source.origin === true && excuseOf(excuses, source.label, path) < 0)
        add(as, path, {
          by: 'origin',
          reason: 'nobody can look inside; it holds nothing that the step which wrote it had not read',
        });
      else not(path, whyNot(kind));
    }
    for (const { path } of source.notes) add(as, path, { by: 'aside', reason: 'a note about the data' });
  }
  for (const { ref, label, reason } of unread)
    add({ ref, label }, undefined, { reason, ...excused(label) }, reason);
  return { coverage: [...groups.values()], unused: [...excuses.keys()].filter((at) => !used.has(at)) };
}

function ofTable({
  state,
  rows,
  identity,
  otherwise,
  overlapping,
  expected,
  weak,
  reason,
  similar,
}: ComparedTable): Partial<Coverage> {
  if (state === 'aside') return { by: 'aside', rows, ...(reason === undefined ? {} : { reason }) };
  return {
    by: 'rows',
    rows,
    columns: identity,
    ...(otherwise.length > 0 ? { otherwise } : {}),
    found: overlapping,
    ...(expected === undefined ? {} : { expected: rounded(expected) }),
    decides: !weak,
    ...(similar ? { near: nearOf(similar) } : {}),
  };
}

const nearOf = ({
  rows,
  expected,
  gate_rows,
  training_rows,
  rescaled,
}: SimilarFound): NonNullable<Coverage['near']> => ({
  rows,
  expected: rounded(expected),
  gate_rows,
  training_rows,
  rescaled,
});

const whyNot = (kind: FileKind | undefined): string =>
  kind === undefined
    ? `it cannot be read as a table (${TABLES})`
    : `it is no table, and the gate's rows name no ${kind} to compare it with`;

const rounded = (x: number): number => Number(x.toPrecision(3));
