import { createHash } from 'node:crypto';
import { findDatasetVersion } from '../data/index.ts';
import { walkLineage, type Lineage } from '../ledger/index.ts';
import { getVersion, nameOfVersion, type ModelVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing, TreadleError } from '../platform/errors/index.ts';
import { codeOfRun } from '../pipelines/index.ts';
import type { Run } from '../tracking/contract.ts';
import { getRun } from '../tracking/index.ts';
import type { PredictionLineage, Variant } from './contract.ts';
import type { Engine } from './engine.ts';
import type { EvaluationSeen } from './ports.ts';
import { findEndpoint, findRevisionBySerial } from './store.ts';
import { toRevision, variantsOf } from './views.ts';

/** What a model came from: neither who judged it nor where it or its siblings were deployed. */
const ORIGIN = new Set([
  'registered-from',
  'trained-by',
  'derived-from',
  'converted-from',
  'read',
  'produced',
  'part-of',
  'reused',
]);
/** Deep enough for a model trained on what a model made, a few times over. */
const DEPTH = 24;

/**
 * The story of one answer, in one call. Nothing was stored for it: its id names the revision, and the ledger's arrows lead on
 * from there. What is not known is said in `gaps`, with the reason.
 */
export async function predictionLineage(ctx: Ctx, id: string, engine: Engine): Promise<PredictionLineage> {
  const read = engine.ids.read(id);
  if (!read)
    throw invalid(`'${id.slice(0, 80)}' is no prediction id of this server`, {
      field: 'prediction',
      hint: 'it comes with each answer, in the header X-Treadle-Prediction',
    });
  const row = await findRevisionBySerial(ctx, read.serial);
  const endpoint = row && (await findEndpoint(ctx, row.endpoint_id));
  const variant = row && variantsOf(row).find(({ role }) => role === read.role);
  if (!row || !endpoint || !variant)
    throw missing('the revision that gave this answer is not known here', {
      field: 'prediction',
      hint: 'ask in the workspace of the endpoint',
    });
  // Another model may have taken the name since.
  const model = await nameOfVersion(ctx, variant.version_ref);
  const [version, stood, newest, walked, serves] = await Promise.all([
    model === undefined ? undefined : orMissing(getVersion(ctx, model, String(variant.version))),
    variant.evaluation === undefined ? undefined : engine.evaluations.findDone(ctx, variant.evaluation),
    engine.evaluations.newestFor(ctx, variant.version_ref),
    walkLineage(ctx, variant.version_ref, { direction: 'up', depth: DEPTH }),
    walkLineage(ctx, `revision:${row.id}`, { direction: 'up', depth: 1 }),
  ]);
  const evaluation = stood ?? newest;
  const lineage = originOf(walked, variant.version_ref);
  const judged = walked.edges.filter(({ from }) => evaluation !== undefined && from === evaluation.ref);
  const runId = version?.run_id ?? runOf(lineage, variant.version_ref);
  const run = runId === undefined ? undefined : await orMissing(getRun(ctx, runId));
  const [code, datasets] = await Promise.all([codeOf(ctx, run), datasetsOf(ctx, lineage)]);
  const arrows = new Map(
    [...serves.edges, ...lineage.edges, ...judged].map((edge) => [
      `${edge.from}\n${edge.relation}\n${edge.to}`,
      edge,
    ]),
  );
  return {
    prediction: id,
    at: read.at,
    endpoint: { id: endpoint.id, name: endpoint.name },
    revision: toRevision(row, engine),
    variant,
    model_version: {
      ref: variant.version_ref,
      model: model ?? variant.model,
      version: variant.version,
      ...(version?.facts ? { digest: version.facts.digest } : {}),
      created_at: version?.created_at ?? row.created_at,
      created_by: version?.created_by ?? 'unknown',
    },
    ...(run ? { run: toRun(run) } : {}),
    ...(code ? { code } : {}),
    datasets,
    ...(evaluation ? toEvaluation(evaluation, { stood, newest }) : {}),
    edges: [...arrows.values()].toSorted((a, b) => a.seq - b.seq),
    gaps: gapsOf({
      version,
      run,
      runId,
      code,
      datasets,
      evaluation,
      lineage,
      variant,
      deleted: endpoint.deleted_at !== null,
    }),
  };
}

/** The part of the walk that a model was made of: a judge's data and a champion's training are none of it. */
function originOf(walked: Lineage, root: string): Lineage {
  const arrows = walked.edges.filter(({ relation }) => ORIGIN.has(relation));
  // `produced` is the one relation that is told from the upper end.
  const ends = ({ from, to, relation }: (typeof arrows)[number]): [lower: string, upper: string] =>
    relation === 'produced' ? [to, from] : [from, to];
  const above = Map.groupBy(arrows, (arrow) => ends(arrow)[0]);
  const seen = new Set([root]);
  for (const node of seen) for (const arrow of above.get(node) ?? []) seen.add(ends(arrow)[1]);
  return {
    ...walked,
    nodes: walked.nodes.filter(({ id }) => seen.has(id)),
    edges: arrows.filter((arrow) => seen.has(ends(arrow)[0])),
  };
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** The run that an arrow of the ledger says trained it, where the version itself does not. */
function runOf(lineage: Lineage, ref: string): string | undefined {
  const nearest = lineage.nodes
    .filter(({ noun, id }) => noun === 'run' && id !== ref)
    .toSorted((a, b) => b.depth - a.depth)[0];
  return nearest?.id.slice('run:'.length);
}

function toRun(run: Run): NonNullable<PredictionLineage['run']> {
  return {
    id: run.id,
    name: run.name,
    experiment_id: run.experiment,
    status: run.status,
    params: run.params,
    metrics: Object.fromEntries(run.metrics.map(({ key, last }) => [key, last])),
    ...(run.user === undefined ? {} : { user: run.user }),
  };
}

/** What a pipeline captured says more than the tags that a client sets; both may be there. */
async function codeOf(ctx: Ctx, run: Run | undefined): Promise<PredictionLineage['code']> {
  const captured = run && (await codeOfRun(ctx, run.id));
  const tags = run?.tags ?? {};
  const told = run?.code ?? {}; // free facts of the native API
  const commit = captured?.git?.commit ?? tags['mlflow.source.git.commit'] ?? textOf(told['commit']);
  const repository = captured?.git?.remote ?? tags['mlflow.source.git.repoURL'] ?? textOf(told['repository']);
  const dirty = captured?.git?.dirty ?? booleanOf(tags['mlflow.source.git.dirty']) ?? flagOf(told['dirty']);
  const command = captured?.command ?? tags['mlflow.source.name'] ?? textOf(told['command']);
  const code = {
    ...(commit === undefined ? {} : { commit }),
    ...(dirty === undefined ? {} : { dirty }),
    ...(repository === undefined ? {} : { repository }),
    ...(captured ? { digest: captured.digest, execution: captured.execution } : {}),
    ...(command === undefined ? {} : { command }),
  };
  return Object.keys(code).length === 0 ? undefined : code;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const booleanOf = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : text.toLowerCase() === 'true';

async function datasetsOf(ctx: Ctx, lineage: Lineage): Promise<PredictionLineage['datasets']> {
  const reads = lineage.edges.filter(
    ({ from, to, relation }) =>
      relation === 'read' &&
      (to.startsWith('dataset_version:') || to.startsWith('dataset_input:')) &&
      from !== to,
  );
  const ids = reads
    .filter(({ to }) => to.startsWith('dataset_version:'))
    .map(({ to }) => to.slice('dataset_version:'.length));
  const found = await Promise.all(
    [...new Set(ids)].map((id) => findDatasetVersion(ctx, id, { deleted: true })),
  );
  const versions = new Map(found.flatMap((version) => (version ? [[version.id, version]] : [])));
  return reads.map(({ from, to }) => {
    const version = versions.get(to.slice('dataset_version:'.length));
    return {
      ref: to,
      ...(version ? { name: version.dataset, version: version.name, hash: version.hash } : {}),
      read_by: from,
    };
  });
}

function toEvaluation(
  seen: EvaluationSeen,
  { stood, newest }: Record<'stood' | 'newest', EvaluationSeen | undefined>,
): Pick<PredictionLineage, 'evaluation' | 'proof'> {
  const { proof } = seen;
  return {
    evaluation: {
      id: seen.id,
      verdict: seen.verdict ?? seen.state,
      at: seen.created_at,
      metrics: Object.fromEntries(seen.metrics.map(({ name, value }) => [name, value])),
      when: stood ? 'before deployment' : 'after deployment',
      ...(newest && newest.ref !== seen.ref
        ? { since: { id: newest.id, verdict: newest.verdict ?? newest.state, at: newest.created_at } }
        : {}),
    },
    ...(proof
      ? {
          proof: {
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
          },
        }
      : {}),
  };
}

/** One source's own digest; of several, SHA-256 over theirs in sorted order, a line each. */
function digestOf(digests: readonly string[]): string {
  if (digests.length === 1) return digests[0]!;
  return createHash('sha256').update(digests.toSorted().join('\n')).digest('hex');
}

function gapsOf(known: {
  version: ModelVersion | undefined;
  run: Run | undefined;
  runId: string | undefined;
  code: PredictionLineage['code'];
  datasets: PredictionLineage['datasets'];
  evaluation: EvaluationSeen | undefined;
  lineage: Lineage;
  variant: Variant;
  deleted: boolean;
}): string[] {
  const { version, run, runId, code, datasets, evaluation, lineage, variant } = known;
  const gaps: string[] = [];
  if (known.deleted) gaps.push('endpoint: it was taken away since');
  if (!version)
    gaps.push(`model version: ${variant.model} v${variant.version} was deleted from the registry since`);
  else if (!version.facts)
    gaps.push('model version: its files are kept outside, so they have no digest here');
  if (!run)
    gaps.push(
      runId === undefined ? 'run: the version was registered without one' : `run: ${runId} was deleted since`,
    );
  if (code === undefined) gaps.push('code: neither a pipeline nor the client said which code ran');
  else if (code.commit === undefined)
    gaps.push('code commit: the code was not in a Git repository, or nobody said');
  else if (code.dirty === true) gaps.push('code commit: files differed from the commit');
  if (datasets.length === 0) gaps.push('datasets: nothing in its lineage says what it read');
  for (const { ref, name } of datasets)
    if (name === undefined)
      gaps.push(
        ref.startsWith('dataset_input:')
          ? `datasets: ${ref} was read from outside and is known by its digest alone`
          : `datasets: ${ref} is not here any more`,
      );
  if (!evaluation) gaps.push('evaluation: this version was never judged here');
  else if (!evaluation.proof) gaps.push('proof: its evaluation has none');
  if (lineage.truncated) gaps.push('edges: the lineage is longer than one answer holds');
  return gaps;
}
