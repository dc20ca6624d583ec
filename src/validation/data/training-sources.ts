import { findDatasetVersion } from '../../data/index.ts';
import { walkLineage } from '../../ledger/index.ts';
import { getLoggedModel, getVersion } from '../../models/index.ts';
import { stepReads, type OutputRead } from '../../pipelines/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { getRun, searchRuns } from '../../tracking/index.ts';
import type { DatasetInput, Run } from '../../tracking/contract.ts';
import { filesOf } from './gate-data.ts';
import {
  missingBlobs,
  splitTables,
  type NamedBlob,
  type TableSource,
  type UnreadSource,
} from './table-source.ts';

export interface TrainingSources {
  sources: TableSource[];
  /** What was read too, and cannot be compared. */
  unread: UnreadSource[];
}

/** A line that MLflow's own client takes: a source must be of a kind that it knows, a name may be any. */
const SAY =
  "say in the training run: mlflow.log_input(mlflow.data.from_pandas(df, name='NAME@VERSION'), context='training')";

/** Runs below a run, page by page; a sweep has thousands at most. */
const PAGE = 200;

/**
 * Everything that the lineage of a model version read as training data: the inputs of the runs it was trained by, of the runs
 * around and below them, and of every ancestor model that one of these read. What an upstream step read that only prepared
 * data is not part of it; what that step wrote and training read is, as the very blobs. Where these are no tables, what the
 * step read stands for them, marked `within`.
 */
export async function trainingSources(ctx: Ctx, versionRef: string): Promise<TrainingSources> {
  const walk = new Walk(ctx);
  await walk.version(versionRef);
  return { sources: [...walk.sources.values()], unread: [...walk.unread.values()] };
}

/** One walk: what was seen already is not walked again, so that cycles end. */
class Walk {
  readonly sources = new Map<string, TableSource>();
  readonly unread = new Map<string, UnreadSource>();
  readonly #seen = new Set<string>();
  readonly #ctx: Ctx;
  /** While walking what something was made from that cannot be read as a table: its name. */
  #within: string | undefined;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
  }

  #first(node: string): boolean {
    const place = this.#within === undefined ? node : `${node} within`;
    if (this.#seen.has(place)) return false;
    this.#seen.add(place);
    return true;
  }

  #cannot(ref: string, label: string, reason: string, key = ref): void {
    if (!this.unread.has(key)) this.unread.set(key, { ref, label, reason });
  }

  async version(ref: string, by?: string): Promise<void> {
    if (!this.#first(ref)) return;
    const [, model, number] = /^model_version:(.+)\/(\d+)$/s.exec(ref) ?? [];
    const label = model === undefined ? ref : `${model} v${number}`;
    const found = await unlessMissing(
      model === undefined ? Promise.resolve(undefined) : getVersion(this.#ctx, model, number!),
    );
    // The ref keeps a renamed model's first name: another model may have that name now.
    const row = found?.ref === ref ? found : undefined;
    const origins = new Set(await this.#up(ref, ['trained-by', 'registered-from', 'derived-from']));
    if (row?.run_id !== undefined) origins.add(`run:${row.run_id}`);
    if (row?.logged_model_id !== undefined) origins.add(`logged_model:${row.logged_model_id}`);
    const known = [...origins].filter((node) => /^(run|logged_model|model_version):/.test(node));
    if (known.length === 0)
      this.#cannot(ref, label, 'no run is known that trained it, so nobody can say what it was trained on');
    for (const node of known) await this.#node(node, by ?? undefined);
  }

  async #node(node: string, by: string | undefined): Promise<void> {
    const id = node.slice(node.indexOf(':') + 1);
    if (node.startsWith('run:')) await this.#run(id, by);
    else if (node.startsWith('logged_model:')) await this.#loggedModel(id, by);
    else await this.version(node, by);
  }

  async #loggedModel(id: string, by: string | undefined): Promise<void> {
    const ref = `logged_model:${id}`;
    if (!this.#first(ref)) return;
    const model = await unlessMissing(getLoggedModel(this.#ctx, id, true));
    const runs = new Set(await this.#up(ref, ['trained-by']));
    if (model?.run_id !== undefined) runs.add(`run:${model.run_id}`);
    if (runs.size === 0) this.#cannot(ref, `model ${model?.name ?? id}`, 'no run is known that trained it');
    for (const run of runs) await this.#node(run, by);
  }

  /** `side`: the run itself, one that holds it, or one that it holds. Says whether it told what data it read. */
  async #run(
    id: string,
    by: string | undefined,
    side: 'self' | 'above' | 'below' = 'self',
  ): Promise<boolean> {
    const ref = `run:${id}`;
    if (!this.#first(`${ref} ${side}`)) return true;
    const run = await unlessMissing(getRun(this.#ctx, id));
    const reads = await stepReads(this.#ctx, id);
    if (!run)
      this.#cannot(
        ref,
        `run ${id}`,
        'the run is not known here, and so neither is what it read: it was deleted, or the model came from another server',
      );
    const reader = by ?? ref;
    const versions = new Set(reads?.data.map(({ version_id }) => version_id));
    const step = reads !== undefined || (run?.tags['treadle.step'] ?? '') !== '';
    for (const input of run?.inputs ?? []) {
      if (input.version !== undefined) versions.add(input.version);
      else if (!(step && madeInMemory(input))) this.#foreign(input);
    }
    const ancestors = new Set(run?.model_inputs.map(({ model }) => `logged_model:${model}`));
    for (const node of await this.#up(ref, ['read'])) {
      if (node.startsWith('dataset_version:')) versions.add(node.slice('dataset_version:'.length));
      else if (/^(logged_model|model_version):/.test(node)) ancestors.add(node);
    }
    for (const version of versions) await this.#datasetVersion(version, reader);
    for (const output of reads?.outputs ?? []) await this.#output(output, reader);
    for (const name of reads?.lost ?? [])
      this.#cannot(`${ref}/${name}`, `${reads!.label}: ${name}`, 'what it was is not known any more');
    for (const node of ancestors) await this.#node(node, node);
    // What a step declares is all that it had; a run of a client has read what it logged, and more where it logged nothing.
    let told = reads !== undefined || versions.size > 0 || (run?.inputs.length ?? 0) > 0;
    if (!run) return true;
    // What a run above read is what all below it had; what lies beside did not train this model.
    if (side !== 'below' && run.parent !== undefined)
      told = (await this.#run(run.parent, by, 'above')) || told;
    if (side !== 'above')
      for (const other of await this.#below(run)) told = (await this.#run(other, by, 'below')) || told;
    if (side === 'self' && !told)
      this.#cannot(
        ref,
        `run ${run.name}`,
        `it trained the model and says nothing of the data it read: ${SAY}, or train in a pipeline step`,
      );
    return told;
  }

  async #below(run: Run): Promise<string[]> {
    // The run of a whole execution holds its steps: those that only prepared data did not train.
    if (run.tags['treadle.execution'] !== undefined && run.tags['treadle.step'] === undefined) return [];
    const filter = `tags.\`mlflow.parentRunId\` = '${run.id.replaceAll("'", "''")}'`;
    const below: string[] = [];
    let page: string | undefined;
    do {
      const found = await searchRuns(this.#ctx, {
        experiments: [run.experiment],
        filter,
        state: 'all',
        limit: PAGE,
        page,
      });
      for (const row of found.rows) below.push(row.id);
      page = found.next;
    } while (page !== undefined);
    return below;
  }

  #foreign({ name, digest, source_type, context }: DatasetInput): void {
    const as = context === undefined ? '' : `, logged as ${context}`;
    this.#cannot(
      `dataset_input:${digest}`,
      `${name} (${digest}${as})`,
      `it is kept elsewhere (${source_type}) and no version of a dataset here has its digest: commit it with treadle data commit, and ${SAY}`,
    );
  }

  async #datasetVersion(id: string, by: string): Promise<void> {
    const ref = `dataset_version:${id}`;
    if (!this.#first(ref)) return;
    const version = await findDatasetVersion(this.#ctx, id);
    if (!version) return this.#cannot(ref, `dataset version ${id.slice(0, 12)}`, 'it was deleted');
    await this.#files(ref, `${version.dataset}@${version.name}`, await filesOf(this.#ctx, version), by);
  }

  async #output({ label, output, files, run }: OutputRead, by: string): Promise<void> {
    const ref = `blob:${output.digest}`;
    if (files?.some(({ path }) => path === 'MLmodel' || path.endsWith('/MLmodel'))) {
      // A model that training went on from: what it was trained on has been read as well.
      if (run !== undefined) await this.#run(run, `run:${run}`);
      else this.#cannot(ref, label, 'it is a model, and no run is known that trained it');
      return;
    }
    if (!this.#first(ref)) return;
    if (!files) return this.#cannot(ref, label, 'the list of its files is gone');
    await this.#files(ref, label, files, by, run);
  }

  /** `maker`: the run of the step that wrote them. */
  async #files(
    ref: string,
    label: string,
    files: readonly NamedBlob[],
    by: string,
    maker?: string,
  ): Promise<void> {
    const { tables, others, notes } = splitTables(files);
    const gone = new Set(await missingBlobs(this.#ctx, [...tables, ...others]));
    if (gone.size > 0)
      this.#cannot(
        ref,
        label,
        `the bytes of ${some([...gone].map(({ path }) => path))} are gone`,
        `${ref} gone`,
      );
    const within = this.#within;
    const known = this.sources.get(ref);
    const origin = maker !== undefined && others.length > 0;
    // What was read as it is counts before what something was made from.
    if (!(known && known.within === undefined))
      this.sources.set(ref, {
        ref,
        label,
        files: tables.filter((file) => !gone.has(file)),
        others: others.filter((file) => !gone.has(file)),
        notes,
        read_by: by,
        ...(within === undefined ? {} : { within }),
        ...(origin ? { origin } : {}),
      });
    if (origin) await this.#made(label, maker, by);
  }

  /** Weights, arrays, encoders: nobody can look into them, but they hold nothing that the step which wrote them had not read. */
  async #made(label: string, run: string, by: string): Promise<void> {
    const outer = this.#within;
    this.#within = outer ?? label;
    try {
      await this.#run(run, by);
    } finally {
      this.#within = outer;
    }
  }

  async #up(node: string, relations: readonly string[]): Promise<string[]> {
    const { edges } = await walkLineage(this.#ctx, node, { direction: 'up', depth: 1 });
    return edges
      .filter(({ from, relation }) => from === node && relations.includes(relation))
      .map(({ to }) => to);
  }
}

/** A table that a step's own code built and described: what it was built from are the step's inputs, which are known. */
const madeInMemory = ({ source_type }: DatasetInput): boolean => ['code', 'local'].includes(source_type);

const some = (paths: readonly string[]): string =>
  paths.length === 0
    ? 'nothing'
    : paths.slice(0, 3).join(', ') + (paths.length > 3 ? ` and ${paths.length - 3} more` : '');

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}
