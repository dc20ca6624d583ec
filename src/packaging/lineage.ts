import type { VersionDetail } from '../models/contract.ts';
import type { Run } from '../tracking/contract.ts';
import type { Evaluation } from '../validation/contract.ts';

const time = (ms: number): string => new Date(ms).toISOString();

/** Where a model version comes from, as a document that travels with it: nothing in it changes from one day to the next. */
export function lineageDocument(
  { version, run: made, lineage }: VersionDetail,
  run: Run | undefined,
  evaluation: Evaluation | undefined,
): object {
  return {
    model_version: {
      ref: version.ref,
      model: version.model,
      version: version.version,
      digest: version.facts?.digest,
      registered_at: time(version.created_at),
      registered_by: version.created_by,
      description: version.description,
    },
    run: made && {
      id: made.id,
      name: made.name,
      params: made.params,
      metrics: made.metrics,
      code: run?.code && codeOf(run.code),
    },
    datasets: made?.datasets ?? [],
    evaluation: evaluation && evaluationOf(evaluation),
    edges: lineage.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

/** What names the code; a diff can be long, and can hold what nobody meant to give away. */
const codeOf = (code: Record<string, unknown>): object =>
  Object.fromEntries(
    ['commit', 'branch', 'remote', 'dirty', 'digest', 'command', 'step', 'pipeline', 'execution'].flatMap(
      (key) => (code[key] === undefined ? [] : [[key, code[key]]]),
    ),
  );

function evaluationOf({
  id,
  verdict,
  data,
  data_ref,
  rows,
  metrics,
  rules,
  proof,
  ended_at,
}: Evaluation): object {
  return {
    id,
    verdict,
    data,
    data_ref,
    rows,
    at: ended_at === undefined ? undefined : time(ended_at),
    metrics: metrics.map(({ name, value, low, high }) => ({ name, value, low, high })),
    rules: rules.map(({ rule, verdict: said, reason }) => ({ rule, verdict: said, reason })),
    proof: proof && {
      id: proof.id,
      verdict: proof.verdict,
      summary: proof.summary,
      gate: { ref: proof.gate.ref, rows: proof.gate.rows, digest: proof.gate.digest },
      against: proof.against.map(({ ref, rows, digest, label }) => ({ ref, label, rows, digest })),
      overlapping_rows: proof.overlapping_rows,
      coverage: proof.coverage,
      warnings: proof.warnings,
    },
  };
}
