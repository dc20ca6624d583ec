import { createHash } from 'node:crypto';
import { idOf, type Linker, type Teller } from '../ledger/index.ts';
import type { Evaluation, Proof } from './contract.ts';
import { selectDone, selectNewestIds, toEvaluation } from './store.ts';

export interface EvaluationFacts {
  id: string;
  verdict: string;
  at: number;
  metrics: Record<string, number>;
  proof?: ProofFacts;
}

interface ProofFacts {
  id: string;
  verdict: string;
  /** What was compared, and what was found. */
  summary: string;
  /** What the lineage read and the gate let pass uncompared, with the reason given. */
  excused: Array<{ label: string; reason: string }>;
  warnings: string[];
  gate_rows: number;
  training_rows: number;
  overlapping_rows: number;
  gate_digest: string;
  training_digest: string;
}

/** One that never came to an end says nothing. */
export const tellEvaluations: Teller<EvaluationFacts> = async (ctx, refs) =>
  new Map(
    (await selectDone(ctx, refs.map(idOf))).map(toEvaluation).map((evaluation) => [
      evaluation.ref,
      {
        facts: factsOf(evaluation),
        from: [
          { role: 'judged', ref: evaluation.version_ref },
          ...(evaluation.data_ref === undefined ? [] : [{ role: 'read', ref: evaluation.data_ref }]),
        ],
      },
    ]),
  );

/** The newest evaluation of each version that came to an end. */
export const newestOfVersions: Linker = async (ctx, refs) =>
  new Map(
    (await selectNewestIds(ctx, refs)).map(({ version_ref, id }) => [
      version_ref,
      [{ role: 'judged-by', ref: `evaluation:${id}` }],
    ]),
  );

const factsOf = ({ id, verdict, state, created_at, metrics, proof }: Evaluation): EvaluationFacts => ({
  id,
  verdict: verdict ?? state,
  at: created_at,
  metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  ...(proof ? { proof: proofOf(proof) } : {}),
});

const proofOf = (proof: Proof): ProofFacts => ({
  id: proof.id,
  verdict: proof.verdict,
  summary: proof.summary,
  excused: (proof.coverage ?? [])
    .filter(({ by }) => by === 'excused')
    .map(({ label, files, file_count, excuse }) => ({
      label:
        file_count === 0
          ? label
          : `${label}: ${files[0] ?? ''}${file_count > 1 ? ` and ${file_count - 1} more` : ''}`,
      reason: excuse ?? '',
    })),
  warnings: [...(proof.warnings ?? [])],
  gate_rows: proof.gate.rows,
  training_rows: proof.against.reduce((sum, { rows }) => sum + rows, 0),
  overlapping_rows: proof.overlapping_rows,
  gate_digest: proof.gate.digest,
  training_digest: digestOf(proof.against.map(({ digest }) => digest)),
});

/** One source's own digest; of several, SHA-256 over theirs in sorted order, a line each. */
function digestOf(digests: readonly string[]): string {
  if (digests.length === 1) return digests[0]!;
  return createHash('sha256').update(digests.toSorted().join('\n')).digest('hex');
}
