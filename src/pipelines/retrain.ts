import { createHash } from 'node:crypto';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, TreadleError } from '../platform/errors/index.ts';
import { canonical } from '../platform/json/index.ts';
import type {
  CheckedChange,
  DataInput,
  Execution,
  GitState,
  NewExecution,
  ProposedData,
} from './contract.ts';
import { addExecution, type Prepared, type RunJob } from './create-execution.ts';
import type { Definition, Loop as LoopDefinition, When } from './file/definition.ts';
import { readPipelineFileAside } from './file/read-aside.ts';
import { branchRef } from './file/when.ts';
import { readManifestBlob } from './plan/reasons.ts';
import type { ExecutionOptions } from './run/options.ts';
import { takeSnapshot } from './snapshot.ts';
import { selectExecution, selectExecutions, type ExecutionRow } from './store.ts';

/** Executions that are looked back at. */
const LOOK_BACK = 100;

/** A run of a pipeline that nobody typed: the project as it was sent last, on the data of now. */
export interface Retrain {
  prepared: Omit<Prepared, 'trigger'>;
  /** The model that its file registers. */
  model: string | undefined;
  /** Where its file deploys it. */
  endpoint: string | undefined;
  /** Digest over code, file, data and parameters: equal work need not be done twice. */
  work: string;
  /** The execution whose project it takes. */
  from: { id: string; number: number };
  commit: string | undefined;
}

/** What became of an execution, for who started it. */
export type Standing = Pick<Execution, 'id' | 'number' | 'pipeline' | 'state'> & {
  reason: string | undefined;
  version: number | undefined;
};

export interface Retraining {
  /**
   * The project of the newest execution of the whole pipeline that went through to its end, with the file's own parameters and data as
   * they are now; or the project of a commit, whatever was run of it. Undefined where there is none.
   */
  prepare(
    ctx: Ctx,
    pipeline: string,
    asked: { params?: NewExecution['params']; commit?: string | undefined },
  ): Promise<Retrain | undefined>;
  /** Starts it; `within` is part of the same transaction. */
  start(
    ctx: Ctx,
    retrain: Retrain,
    within: (tx: Tx, execution: { id: string; number: number }) => Promise<void>,
  ): Promise<string>;
  /** Undefined where it was deleted. */
  standing(ctx: Ctx, execution: string): Promise<Standing | undefined>;
  /** The newest execution that did the same work to its end. */
  trainedBefore(ctx: Ctx, retrain: Retrain): Promise<{ id: string; number: number } | undefined>;
  /** One of the pipeline that has not ended. */
  underWay(ctx: Ctx, pipeline: string): Promise<Standing | undefined>;
  /** What `loop:` and `when:` of the file say that somebody ran whole by hand; undefined where it was run otherwise. */
  declared(
    ctx: Ctx,
    execution: string,
  ): Promise<{ pipeline: string; number: number; loop: LoopDefinition | undefined; when: When } | undefined>;
  /** The same project, to check a change to its data, or a version that was registered elsewhere. Undefined where there is none. */
  prepareCheck(
    ctx: Ctx,
    pipeline: string,
    change: CheckedChange,
  ): Promise<Pick<Retrain, 'prepared'> | undefined>;
  /** Starts a check; `within` is part of the same transaction. */
  check(
    ctx: Ctx,
    { prepared }: Pick<Retrain, 'prepared'>,
    within: (tx: Tx, execution: { id: string; number: number }) => Promise<void>,
  ): Promise<string>;
  /** How long trainings to their end took, ms, newest first. */
  took(ctx: Ctx, pipeline: string): Promise<number[]>;
  /** The dataset versions that trainings to their end read, newest training first. */
  trainedOn(ctx: Ctx, pipeline: string): Promise<ReadonlyArray<readonly DataInput[]>>;
}

export const createRetraining = (job: RunJob): Retraining => ({
  async prepare(ctx, pipeline, { params, commit }) {
    // A project that was run again on purpose may be one of long ago; one that is asked for by its commit need not have gone through.
    const notBy = commit === undefined ? 'ci' : undefined;
    const row = (await selectExecutions(ctx, { pipeline, notBy, limit: LOOK_BACK })).find((one) =>
      commit === undefined ? isWhole(one) && one.caused_by !== 'rerun' : commitOf(one) === commit,
    );
    if (!row) return undefined;
    const { definition, prepared } = await projectOf(ctx, row, params ? { params } : {});
    return {
      prepared,
      model: definition.model?.name,
      endpoint: definition.deploy?.endpoint,
      work: workOf(codeOf(row), prepared),
      from: { id: row.id, number: row.number },
      commit: prepared.git?.commit,
    };
  },
  start: (ctx, { prepared }, within) => addExecution(ctx, job, { ...prepared, trigger: 'loop' }, within),
  check: (ctx, { prepared }, within) => addExecution(ctx, job, { ...prepared, trigger: 'ci' }, within),
  async prepareCheck(ctx, pipeline, change) {
    // Checks are many, and none of them says what the project is.
    const row = (await selectExecutions(ctx, { pipeline, notBy: 'ci', limit: LOOK_BACK })).find(
      (one) => isWhole(one) && one.caused_by !== 'rerun',
    );
    if (!row) return undefined;
    const data = change.kind === 'dataset_proposed' ? await proposedData(row, change) : {};
    const { prepared } = await projectOf(ctx, row, { data }, change.kind === 'version_registered');
    const { branch } = prepared.git ?? {};
    const ci = { ...(branch === undefined ? {} : { base: branch }), change };
    return { prepared: { ...prepared, options: { ...prepared.options, data, ci } } };
  },
  async standing(ctx, id) {
    const row = await selectExecution(ctx, id).catch(unlessMissing);
    return row && toStanding(row);
  },
  async trainedBefore(ctx, { prepared: { pipeline }, work }) {
    const found = (await selectExecutions(ctx, { pipeline, limit: LOOK_BACK })).find(
      (row) => isWhole(row) && workOf(codeOf(row), readOf(row)) === work,
    );
    return found && { id: found.id, number: found.number };
  },
  async underWay(ctx, pipeline) {
    const found = (await selectExecutions(ctx, { pipeline, limit: LOOK_BACK })).find(
      (row) => row.ended_at === null && row.caused_by !== 'reproduce' && optionsOf(row).ci === undefined,
    );
    return found && toStanding(found);
  },
  async declared(ctx, id) {
    const row = await selectExecution(ctx, id).catch(unlessMissing);
    if (row?.caused_by !== 'manual' || optionsOf(row).steps !== undefined) return undefined;
    const { definition } = await readPipelineFileAside(row.file);
    return (
      definition && {
        pipeline: row.pipeline,
        number: row.number,
        loop: definition.loop,
        when: definition.when,
      }
    );
  },
  async took(ctx, pipeline) {
    const rows = await selectExecutions(ctx, { pipeline, limit: LOOK_BACK });
    return rows
      .filter(isWhole)
      .map(({ created_at, started_at, ended_at }) => ended_at! - (started_at ?? created_at));
  },
  async trainedOn(ctx, pipeline) {
    const rows = await selectExecutions(ctx, { pipeline, limit: LOOK_BACK });
    return rows.filter(isWhole).map((row) => readOf(row).data);
  },
});

/** The project of an execution, on the data of now. */
async function projectOf(
  ctx: Ctx,
  row: ExecutionRow,
  asked: Pick<NewExecution, 'params' | 'data'>,
  toJudge = false,
): Promise<{ definition: Definition; prepared: Retrain['prepared'] }> {
  const { file: file_name } = optionsOf(row);
  const { git } = JSON.parse(row.code) as { git?: GitState };
  const { definition, steps, params, data, code, warnings } = await takeSnapshot(
    ctx,
    {
      file: row.file,
      code: await readManifestBlob(ctx, row.manifest),
      ...(file_name === undefined ? {} : { file_name }),
      ...asked,
    },
    toJudge,
  );
  return {
    definition,
    prepared: {
      pipeline: definition.name,
      file: row.file,
      steps,
      params,
      data,
      code,
      git,
      warnings,
      options: file_name === undefined ? {} : { file: file_name },
    },
  };
}

/** The proposed version in the place of the branch that it is to be merged into. */
async function proposedData(
  { file, pipeline }: ExecutionRow,
  { dataset, into, version }: ProposedData,
): Promise<Record<string, string>> {
  const { definition } = await readPipelineFileAside(file);
  const named = Object.entries(definition?.data ?? {}).filter(
    ([, ref]) => branchRef(ref) === `${dataset}@${into}`,
  );
  if (named.length === 0)
    throw conflict(`${pipeline} does not read ${dataset}@${into} any more`, {
      field: 'when',
      hint: 'run it from its project as it is now: treadle run',
    });
  return Object.fromEntries(named.map(([name]) => [name, `${dataset}@${version}`]));
}

/**
 * All steps ran, and the model was made: a gate that did not let it pass is no fault of the project. What checked a commit is no
 * training: its project may never be merged, and its model was not released.
 */
function isWhole(row: ExecutionRow): boolean {
  const { state, caused_by } = row;
  const { steps, ci } = optionsOf(row);
  return (
    (state === 'succeeded' || state === 'rejected') &&
    caused_by !== 'reproduce' &&
    steps === undefined &&
    ci === undefined
  );
}

const optionsOf = ({ options }: ExecutionRow): ExecutionOptions => JSON.parse(options) as ExecutionOptions; // written by this room

function unlessMissing(error: unknown): undefined {
  if (error instanceof TreadleError && error.kind === 'missing') return undefined;
  throw error;
}

// Columns of JSON hold what this room wrote there.
const codeOf = ({ code }: ExecutionRow): string => (JSON.parse(code) as { digest: string }).digest;
const commitOf = ({ code }: ExecutionRow): string | undefined => {
  const { git } = JSON.parse(code) as { git?: GitState };
  return git?.dirty === false ? git.commit : undefined;
};
const readOf = (row: ExecutionRow): Pick<Prepared, 'file' | 'params' | 'data'> => ({
  file: row.file,
  params: JSON.parse(row.params) as Prepared['params'],
  data: JSON.parse(row.data) as DataInput[],
});

const workOf = (code: string, { file, params, data }: Pick<Prepared, 'file' | 'params' | 'data'>): string =>
  createHash('sha256')
    .update(
      canonical({
        code,
        file,
        data: data.map(({ name, hash }) => [name, hash]),
        params: params.map(({ name, value }) => [name, value]),
      }),
    )
    .digest('hex');

function toStanding(row: ExecutionRow): Standing {
  const version =
    row.model_version === null ? undefined : (JSON.parse(row.model_version) as { version: string }).version;
  return {
    id: row.id,
    number: row.number,
    pipeline: row.pipeline,
    state: row.state as Execution['state'],
    reason: row.reason ?? undefined,
    version: version === undefined ? undefined : Number(version),
  };
}
