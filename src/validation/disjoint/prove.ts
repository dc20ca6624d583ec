import type { Ctx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { localName, type AskedFile, type Tables } from '../../tables/index.ts';
import type { Excuse, Proof, Source } from '../contract.ts';
import { fileKind } from '../data/file-kinds.ts';
import { DISJOINT, type DisjointAnswer, type FileInput } from '../data/protocol.ts';
import type { TableSource, UnreadSource } from '../data/table-source.ts';
import {
  gateFiles,
  judgedFiles,
  judgedKinds,
  namedFiles,
  readPixels,
  sharedKeys,
  sharedUnnamed,
  type GateFile,
} from './compare-files.ts';
import { coverageOf } from './coverage.ts';
import { decide } from './decide.ts';
import { withoutExcused } from './excuse.ts';
import { refused } from './refused.ts';
import { warningsOf } from './warnings.ts';
import { listed } from './words.ts';

const HOUR = 3_600_000;

export interface Claim {
  /** What the model is judged on. */
  gate: TableSource;
  /** Everything that its lineage read, and what of that cannot be read. */
  against: readonly TableSource[];
  unread: readonly UnreadSource[];
  /** What makes a row the same row; the whole row unless said. */
  key?: readonly string[] | undefined;
  /** A column by which every row of the gate must be later than all that training read. */
  time?: string | undefined;
  /** The column that holds the truth. */
  label?: string | undefined;
  /** What cannot be compared and need not be. */
  excuse?: readonly Excuse[] | undefined;
  /** What rows do that are nearly some that training read. */
  near?: 'fail' | 'report' | undefined;
  signal?: AbortSignal | undefined;
}

/** Whether rows that a model is judged on were read by anything in its lineage. Nothing is written. */
export async function proveDisjoint(
  ctx: Ctx,
  tables: Tables,
  claim: Claim,
  say: (stage: string) => void = () => undefined,
): Promise<Proof> {
  const began = performance.now();
  const { gate, key, time, label, excuse = [], near, signal } = claim;
  const against = withoutExcused(claim.against, excuse);
  const files = [gate, ...against].flatMap((source) =>
    // The same bytes under two names are one file for the reader.
    source.files.map(({ path, hash, format }): AskedFile => {
      return { file: localName(hash.slice(0, 32), path, format), shown: path, format, hash };
    }),
  );
  const pixels = await readPixels(ctx, tables, gate, against, { say, signal });
  const own = gateFiles(gate, against, pixels);
  const kinds = new Set(gate.others.map(({ path }) => fileKind(path)));
  say('comparing rows with what training read');
  const outcome = await tables.ask(ctx, DISJOINT, {
    lane: 'work',
    files,
    request: {
      ...dealt(files, gate, against),
      certain: against.map(({ within }) => within === undefined),
      key: key ? [...key] : null,
      time: time ?? null,
      label: label ?? null,
      files: namedFiles(gate, own),
      by_bytes: against.map(({ others }) =>
        others.some(({ path }) => fileKind(path) !== undefined && kinds.has(fileKind(path))),
      ),
    },
    timeout: HOUR,
    hear: say,
    signal,
  });
  if ('fault' in outcome) throw refused(outcome.fault);
  const found = outcome.answer;
  const judged = judgedKinds(gate, found.named);
  const { coverage, unused } = coverageOf(against, found.against, claim.unread, {
    gate,
    kinds: judged,
    judged: judgedFiles(gate, found.named),
    pixels,
    shared: sharedKeys(own, pixels),
    excuses: excuse,
  });
  const unnamed = found.named || gate.beside === true ? [] : sharedUnnamed(own, judged);
  const same = sameFiles(own, unnamed, found, against);
  const { verdict, summary, inOrder } = decide({
    gate,
    found,
    coverage,
    sources: against,
    unnamed,
    same,
    key,
    near,
  });
  const compared = found.against
    .flatMap((source) => source.tables)
    .filter(({ state }) => state === 'compared');
  const narrowest = compared.toSorted((a, b) => a.distinct_share - b.distinct_share)[0];
  return {
    id: newId(),
    verdict,
    summary,
    identity: {
      kind: key ? 'key' : 'row',
      columns: key ? [...key] : (narrowest?.identity ?? found.gate.columns),
      distinct_share: narrowest?.distinct_share ?? 1,
      weak: compared.some(({ weak }) => weak),
    },
    gate: sourceOf(gate, found.gate),
    against: against.flatMap((source, i): Source[] => {
      const one = found.against[i]!;
      return one.problem === undefined && source.files.length > 0 ? [sourceOf(source, one)] : [];
    }),
    overlapping_rows: found.overlapping,
    overlaps: found.overlaps.map(({ source, gate_row, values }) => ({
      source: against[source]!.ref,
      gate_row,
      values,
    })),
    ...(found.order
      ? {
          order: {
            column: found.order.column,
            ...(found.order.training_last === undefined ? {} : { training_last: found.order.training_last }),
            ...(found.order.gate_first === undefined ? {} : { gate_first: found.order.gate_first }),
            holds: inOrder,
            early_rows: found.order.early_rows,
          },
        }
      : {}),
    unread: coverage
      .filter(({ by }) => by === 'nothing')
      .map(({ source, label: of, files: some, file_count, reason }) => ({
        ref: source,
        label: file_count === 0 ? of : `${of}: ${listed(some, file_count)}`,
        reason: reason ?? 'it cannot be compared',
      })),
    coverage,
    ...(same.length > 0 ? { same_files: same } : {}),
    near_rows: found.similar,
    near: found.against.flatMap(({ tables: some }, i) =>
      some.flatMap(({ similar }) =>
        (similar?.pairs ?? []).map((pair) => ({ source: against[i]!.ref, ...pair })),
      ),
    ),
    warnings: [
      ...warningsOf(found, against),
      ...unused.map((at) => `The excuse for '${excuse[at]!.path}' fits nothing that was left uncompared`),
    ],
    ms: Math.round((performance.now() - began) * 10) / 10,
    created_at: ctx.clock.now(),
  };
}

/** Most files that the proof names. */
const SAME = 100;

/** Which file of the gate is which of training's, with the row that names it. */
function sameFiles(
  files: readonly GateFile[],
  unnamed: readonly GateFile[],
  { named }: DisjointAnswer,
  against: readonly TableSource[],
): NonNullable<Proof['same_files']> {
  const rows = (named?.first ?? []).map(([at, gate_row]) => ({ ...files[at]!, gate_row }));
  return [...rows, ...unnamed.map((one) => ({ ...one, gate_row: undefined }))]
    .flatMap(({ file, same, gate_row }) =>
      same.map(({ source, path, by }) => ({
        source: against[source]!.ref,
        label: against[source]!.label,
        by,
        gate_file: file.path,
        training_file: path,
        ...(gate_row === undefined ? {} : { gate_row }),
      })),
    )
    .slice(0, SAME);
}

/** The files in one list, and each source's share of it. */
function dealt(
  inputs: readonly FileInput[],
  gate: TableSource,
  against: readonly TableSource[],
): { gate: FileInput[]; against: FileInput[][] } {
  let at = gate.files.length;
  return {
    gate: inputs.slice(0, at),
    against: against.map(({ files }) => inputs.slice(at, (at += files.length))),
  };
}

const sourceOf = (
  { ref, label, files, read_by, within }: TableSource,
  { rows, columns, digest }: DisjointAnswer['gate'],
): Source => ({
  ref,
  label: within === undefined ? label : `${label}, from which ${within} was made`,
  files: files.map(({ path }) => path),
  rows,
  columns,
  digest,
  ...(read_by === undefined ? {} : { read_by }),
});
