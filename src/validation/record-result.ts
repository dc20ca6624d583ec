import { createHash } from 'node:crypto';
import type { ModelVersion } from '../models/index.ts';
import type { Tx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import { conclude } from './conclude.ts';
import type { Proof } from './contract.ts';
import type { TableSource } from './data/table-source.ts';
import type { Assessment } from './scoring/protocol.ts';
import { updateEvaluation, type EvaluationRow } from './store.ts';

/** What the work of an evaluation came to. */
export interface Found {
  gate: TableSource;
  proof: Proof;
  assessment: Assessment;
  /** The other version that it was compared with. */
  champion: ModelVersion | undefined;
}

/** Verdict, ledger entry and event, all or nothing. */
export async function recordResult(
  tx: Tx,
  row: EvaluationRow,
  { gate, proof, assessment, champion }: Found,
): Promise<void> {
  const { task, rows, metrics, rules, dependence, slices, runtime, baseline, calibration } = assessment;
  const { verdict, reasons } = conclude(assessment, proof);
  await updateEvaluation(tx, row.id, {
    state: 'done',
    stage: null,
    verdict,
    data: gate.label,
    data_ref: gate.ref,
    summary: JSON.stringify({ reasons, task, rows, metrics }),
    document: JSON.stringify({
      ...(champion
        ? {
            champion: {
              version: champion.version,
              version_ref: champion.ref,
              metrics: assessment.champion?.metrics ?? [],
            },
          }
        : {}),
      baseline,
      rules,
      dependence,
      slices,
      calibration,
      proof,
      runtime,
    }),
    ended_at: tx.clock.now(),
  });
  const resource = `evaluation:${row.id}`;
  await tx.record({
    action: 'evaluation.done',
    resource,
    after: {
      verdict,
      reasons,
      version: row.version_ref,
      rows,
      metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
      // The digests of both sides stand in the ledger: a proof cannot be exchanged later.
      proof: {
        id: proof.id,
        verdict: proof.verdict,
        gate: { ref: proof.gate.ref, digest: proof.gate.digest, rows: proof.gate.rows },
        against: proof.against.map(({ ref, digest }) => ({ ref, digest })),
        overlapping_rows: proof.overlapping_rows,
        sha256: createHash('sha256').update(JSON.stringify(proof)).digest('hex'),
      },
    },
    edges: [
      { from: resource, to: row.version_ref, relation: 'judged' },
      { from: resource, to: gate.ref, relation: 'read' },
      { from: `proof:${proof.id}`, to: resource, relation: 'proves' },
      ...(champion && champion.ref !== row.version_ref
        ? [{ from: resource, to: champion.ref, relation: 'compared-with' }]
        : []),
    ],
  });
  await tx.emit({
    type: 'evaluation.done',
    subject: resource,
    data: { verdict, model: row.model, version: row.version, reasons: reasons.slice(0, 5) },
  });
}

/** Why it could not judge. */
export async function recordFailure(tx: Tx, row: EvaluationRow, error: unknown): Promise<void> {
  const hint = error instanceof TreadleError ? error.hint : undefined;
  const problem = `${outwardMessageOf(error)}${hint === undefined ? '' : `; ${hint}`}`.slice(0, 4000);
  await updateEvaluation(tx, row.id, { state: 'failed', stage: null, problem, ended_at: tx.clock.now() });
  const resource = `evaluation:${row.id}`;
  await tx.record({
    action: 'evaluation.failed',
    resource,
    reason: problem,
    after: { version: row.version_ref },
  });
  await tx.emit({
    type: 'evaluation.failed',
    subject: resource,
    data: { model: row.model, version: row.version },
  });
}
