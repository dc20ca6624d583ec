import type { Ctx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Proof, Source } from '../contract.ts';
import type { Tables } from '../data/tables.ts';
import type { ComparedSource, DisjointAnswer, FileInput } from '../data/protocol.ts';
import type { TableSource, UnreadSource } from '../data/table-source.ts';
import { decide } from './decide.ts';

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
  const { gate, against, key, time, signal } = claim;
  const files = [gate, ...against].flatMap((source) => source.files);
  say('comparing rows with what training read');
  const found = await tables.ask(
    ctx,
    files,
    (inputs) => ({
      ...dealt(inputs, gate, against),
      certain: against.map(({ within }) => within === undefined),
      key: key ? [...key] : null,
      time: time ?? null,
    }),
    { hear: say, signal },
  );
  const unread = [...claim.unread, ...against.flatMap((source, i) => unreadOf(source, found.against[i]!))];
  const judged = decide({ gate, found, unread, sources: against, key, time });
  const compared = found.against
    .flatMap((source) => source.tables)
    .filter(({ state }) => state === 'compared');
  const narrowest = compared.toSorted((a, b) => a.distinct_share - b.distinct_share)[0];
  return {
    id: newId(),
    verdict: judged.verdict,
    summary: judged.summary,
    identity: {
      kind: key ? 'key' : 'row',
      columns: key ? [...key] : (narrowest?.identity ?? found.gate.columns),
      distinct_share: narrowest?.distinct_share ?? 1,
      weak: compared.some(({ weak }) => weak),
    },
    gate: sourceOf(gate, found.gate),
    against: against.flatMap((source, i): Source[] => {
      const one = found.against[i]!;
      return one.problem === undefined ? [sourceOf(source, one)] : [];
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
            holds: judged.inOrder,
            early_rows: found.order.early_rows,
          },
        }
      : {}),
    unread,
    ms: Math.round((performance.now() - began) * 10) / 10,
    created_at: ctx.clock.now(),
  };
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

/** A source of which no table, or not every table of rows, could be compared. */
function unreadOf({ ref, label }: TableSource, { problem, tables }: ComparedSource): UnreadSource[] {
  if (problem !== undefined) return [{ ref, label, reason: problem }];
  return tables
    .filter(({ state }) => state === 'incomparable')
    .map(({ files, reason }) => ({
      ref,
      label: tables.length > 1 ? `${label}:${files[0]}` : label,
      reason: reason ?? 'it cannot be compared',
    }));
}
