import { shareText } from '../data/index.ts';
import { getExecution, goodExecution } from '../pipelines/index.ts';
import type { Execution, ExecutionDetail } from '../pipelines/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, TreadleError } from '../platform/errors/index.ts';
import type { Evaluation } from '../validation/contract.ts';
import { getEvaluation } from '../validation/index.ts';
import { compareMetrics, compareSlices, type BaseFigures } from './compare-metrics.ts';
import type { CiReport } from './contract.ts';
import { dataChanges } from './data-changes.ts';
import { judgeExecution } from './judge.ts';

/** What the base is called where no branch is known. */
const LAST_RUN = 'last run';
/** Leaks that are told of. */
const MOST_LEAKS = 10;

/** What an execution says of its commit: pure figures, which `markdown.ts` and `junit.ts` put into words. */
export async function makeReport(
  ctx: Ctx,
  id: string,
  { base: asked, url }: { base?: string | undefined; url: string },
): Promise<CiReport> {
  const execution = await getExecution(ctx, id);
  if (execution.ended_at === undefined)
    throw conflict(`${execution.pipeline} #${execution.number} has not ended`, {
      field: 'execution',
      hint: `wait for its end: treadle logs ${execution.pipeline}#${execution.number} --follow`,
    });
  const { pipeline, number, code, ci, model_version: model, gate, warnings } = execution;
  const change = ci?.change;
  const branch = ci?.branch ?? (change ? undefined : code.git?.branch);
  // A change to data or a model is compared with the last run of its project, whether or not that is in Git.
  const inGit = asked ?? ci?.base;
  const baseBranch = inGit ?? (change ? LAST_RUN : undefined);
  const base =
    baseBranch === undefined ? undefined : await goodExecution(ctx, { pipeline, branch: inGit, before: id });
  const evaluation = await evaluationOf(ctx, execution);
  const baseEvaluation = base && (await evaluationOf(ctx, base));
  const sameModel = isSameModel(execution, base);
  const figures = base && baseFigures(evaluation, baseEvaluation, base, sameModel);
  const baseSteps = base && (await getExecution(ctx, base.id)).steps;
  return {
    ...judgeExecution(execution, base),
    execution: id,
    pipeline,
    number,
    ...(code.git?.commit === undefined ? {} : { commit: code.git.commit }),
    ...(code.git?.dirty === true ? { dirty: true } : {}),
    ...(ci?.sample === undefined ? {} : { sample: shareText(ci.sample) }),
    ...(branch === undefined ? {} : { branch }),
    ...(change ? { change } : {}),
    ...(ci?.pull_request === undefined ? {} : { pull_request: ci.pull_request }),
    ...(baseBranch === undefined
      ? {}
      : {
          base: {
            branch: baseBranch,
            ...(base ? { execution: base.id, number: base.number } : {}),
            ...(base?.code.git?.commit === undefined ? {} : { commit: base.code.git.commit }),
            ...(base?.model_version ? { model: shown(base.model_version) } : {}),
            same_model: sameModel,
            same_rows:
              figures?.paired === true ||
              (evaluation?.proof !== undefined &&
                evaluation.proof.gate.digest === baseEvaluation?.proof?.gate.digest),
          },
        }),
    ...(model ? { model } : {}),
    ...(evaluation ? { judged_on: evaluation.data } : {}),
    ...(evaluation?.rows === undefined ? {} : { rows: evaluation.rows }),
    metrics: evaluation ? compareMetrics(evaluation, figures) : [],
    slices: evaluation ? compareSlices(evaluation, figures) : [],
    rules: gate?.rules ?? [],
    ...proofOf(gate, evaluation),
    data: await dataChanges(ctx, execution.data, base?.data),
    steps: execution.steps.map(({ name, state, needs, outcome, reasons, started_at, ended_at }) => ({
      name,
      state,
      needs,
      reasons,
      ...(started_at === undefined || ended_at === undefined ? {} : { ms: ended_at - started_at }),
      ...took(baseSteps?.find((step) => step.name === name)),
      ...(outcome ? { outcome } : {}),
    })),
    ...(evaluation?.calibration
      ? {
          calibration: evaluation.calibration.bins.map(({ predicted, observed, rows }) => ({
            predicted,
            observed,
            rows,
          })),
        }
      : {}),
    warnings,
    links: {
      execution: pageOf(url, execution),
      ...(evaluation ? { evaluation: `${url}/evaluations/${evaluation.id}` } : {}),
      ...(base ? { base: pageOf(url, base) } : {}),
    },
  };
}

async function evaluationOf(ctx: Ctx, { gate }: Execution): Promise<Evaluation | undefined> {
  if (gate?.evaluation === undefined) return undefined;
  try {
    return await getEvaluation(ctx, gate.evaluation);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** Where the base's model was the champion that the gate compared with, both are known on the same rows. */
function baseFigures(
  now: Evaluation | undefined,
  own: Evaluation | undefined,
  base: Execution,
  sameModel: boolean,
): BaseFigures | undefined {
  const version = Number(base.model_version?.version);
  if (now?.champion?.version === version && !sameModel)
    return { metrics: now.champion.metrics, slices: own?.slices ?? [], paired: true };
  return own && { metrics: own.metrics, slices: own.slices, paired: false };
}

const isSameModel = ({ model_version: now }: Execution, base: Execution | undefined): boolean =>
  now !== undefined && base?.model_version?.name === now.name && base.model_version.version === now.version;

function proofOf(gate: Execution['gate'], evaluation: Evaluation | undefined): Pick<CiReport, 'proof'> {
  if (!gate?.proof) return {};
  const { verdict, summary, warnings = [] } = gate.proof;
  const leaks = [
    ...(evaluation?.proof?.overlaps ?? []).map(
      ({ gate_row, values }) => `row ${gate_row}: ${JSON.stringify(values)}`,
    ),
    ...(evaluation?.proof?.same_files ?? []).map(
      ({ gate_file, training_file }) => `file ${gate_file} is ${training_file}`,
    ),
  ];
  return { proof: { verdict, summary, warnings, leaks: leaks.slice(0, MOST_LEAKS) } };
}

const took = (step: ExecutionDetail['steps'][number] | undefined): { base_ms?: number } =>
  step?.state !== 'succeeded' || step.started_at === undefined || step.ended_at === undefined
    ? {}
    : { base_ms: step.ended_at - step.started_at };

const shown = ({ name, version }: { name: string; version: string }): string => `${name}@v${version}`;

const pageOf = (url: string, { pipeline, number }: Execution): string =>
  `${url}/pipelines/${encodeURIComponent(pipeline)}/executions/${number}`;
