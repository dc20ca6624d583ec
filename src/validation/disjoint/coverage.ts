import type { Coverage, Excuse } from '../contract.ts';
import { fileKind, type FileKind } from '../data/file-kinds.ts';
import type { ComparedSource, ComparedTable, SimilarFound } from '../data/protocol.ts';
import { TABLES, type NamedBlob, type TableSource, type UnreadSource } from '../data/table-source.ts';
import type { Pixels } from './compare-files.ts';
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
    gate,
    kinds,
    judged,
    pixels,
    shared,
    excuses,
  }: {
    gate: Pick<TableSource, 'ref' | 'label'>;
    /** Kinds of files that are judged, so that training's can be compared with them. */
    kinds: ReadonlySet<FileKind>;
    /** Files of the gate that are judged. */
    judged: readonly NamedBlob[];
    pixels: Pixels;
    /** Whether the gate holds the same file. */
    shared: (file: NamedBlob) => boolean;
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
  ): Coverage => {
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
    if (path === undefined) return held;
    if (held.files.length < SHOWN) held.files.push(path);
    held.file_count++;
    return held;
  };

  for (const [i, source] of sources.entries()) {
    const { problem, tables } = found[i]!;
    const as = {
      ref: source.ref,
      label:
        source.within === undefined ? source.label : `${source.label}, from which ${source.within} was made`,
    };
    const not = (path: string, reason: string): Coverage =>
      add(as, path, { reason, ...excused(source.label, path) });
    if (problem !== undefined) for (const { path } of source.files) not(path, problem);
    else
      for (const [part, table] of tables.entries())
        for (const path of table.files)
          if (table.state === 'incomparable') not(path, table.reason ?? 'it cannot be compared');
          else add(as, path, ofTable(table), String(part));
    for (const file of source.others) {
      const { path } = file;
      const kind = fileKind(path);
      if (kind !== undefined && kinds.has(kind)) {
        const found = pixels.get(file.hash);
        // The same bytes are the same image, whether anybody can decode it or not.
        const problem = found && 'problem' in found && !shared(file) ? found.problem : undefined;
        const entry =
          problem === undefined
            ? add(as, path, byContent(found !== undefined && 'digests' in found), kind)
            : not(path, `its pixels cannot be compared: ${problem}`);
        if (problem === undefined && shared(file)) entry.found = (entry.found ?? 0) + 1;
      } else if (source.origin === true && excuseOf(excuses, source.label, path) < 0)
        add(as, path, {
          by: 'origin',
          reason: 'nobody can look inside; it holds nothing that the step which wrote it had not read',
        });
      else not(path, whyNot(kind));
    }
    for (const { path } of source.notes) add(as, path, { by: 'aside', reason: 'a note about the data' });
  }
  for (const file of judged) {
    const found = pixels.get(file.hash);
    if (!found || !('problem' in found) || shared(file)) continue;
    const reason = `it is judged, and its pixels cannot be compared: ${found.problem}`;
    add(gate, file.path, { reason, ...excused(gate.label, file.path) });
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

const byContent = (pixels: boolean): Partial<Coverage> => ({ by: pixels ? 'pixels' : 'digest' });

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
