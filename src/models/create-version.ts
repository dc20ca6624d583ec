import type { Ctx, LineageEdge, Tx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';

import { appendItem, pythonJson } from '../platform/json/index.ts';
import type { ModelFacts, ModelVersion } from './contract.ts';
import { makeModel } from './create-model.ts';
import { findVersionBy } from './find-version.ts';
import { checkDescription, checkTags, checkText, modelName } from './names.ts';
import { readFacts } from './read-facts.ts';
import { brief, say } from './say.ts';
import { findRun } from './version-detail.ts';
import { parseSource, RUN_ID } from './source.ts';
import { findModel, holdModel, nextVersion, requireModel, versionRef } from './store.ts';
import { loggedModelTag, putLoggedModelTags, requireLoggedModel } from './store-logged-models.ts';
import { insertVersion, putVersionTags, requireVersion, toVersion } from './store-versions.ts';

export interface NewVersion {
  model: string;
  source: string;
  run_id?: string | undefined;
  logged_model_id?: string | undefined;
  run_link?: string | undefined;
  description?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  /** Makes the model when there is none. */
  makeModel?: boolean;
}

/**
 * Registers a version. Its source exists in this workspace, or lies outside (see `source.ts`). A run that is not known here is one of
 * another server, from which the version was brought: its id is kept as text, and nothing is claimed of it.
 */
export async function createVersion(ctx: Ctx, input: NewVersion): Promise<ModelVersion> {
  const name = modelName(input.model);
  checkDescription(input.description);
  checkText(input.run_link, 'run_link', 2000);
  const tags = input.tags ?? {};
  checkTags(tags);
  if (!input.makeModel) await requireModel(ctx, name);
  const origin = await findOrigin(ctx, input);
  const facts = origin.facts ?? (await readFacts(ctx, origin.location));

  const version = await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const model =
      input.makeModel && !(await findModel(tx, name))
        ? await makeModel(tx, { name })
        : await holdModel(tx, name, now);
    const number = await nextVersion(tx, model.id);
    await insertVersion(tx, {
      workspace: tx.workspace,
      model_id: model.id,
      version: number,
      description: input.description ?? null,
      source: origin.source,
      location: origin.location,
      run_id: origin.run_id,
      run_link: input.run_link ?? null,
      logged_model_id: origin.logged_model_id,
      stage: 'None',
      created_at: now,
      updated_at: now,
      created_by: tx.actor.name,
      created_user: tx.actor.user ?? null,
      facts: facts === undefined ? null : JSON.stringify(facts),
      deleted_at: null,
    });
    await putVersionTags(tx, model.id, number, tags);
    const ref = versionRef(model.ref, number);
    const after = {
      source: brief(origin.source),
      run: origin.run_id,
      logged_model: origin.logged_model_id,
      ...(facts === undefined ? {} : { digest: facts.digest, size: facts.size, files: facts.files }),
      tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, brief(value)])),
    };
    if (origin.logged_model_id !== null) await noteVersion(tx, origin.logged_model_id, name, number);
    const edges: LineageEdge[] = origin.made_from.map(([to, relation]) => ({ from: ref, to, relation }));
    await say(
      tx,
      { action: 'model_version.created', resource: ref, after, edges },
      { name, version: number, run: origin.run_id, logged_model: origin.logged_model_id },
    );
    return number;
  });
  return toVersion(ctx, await requireVersion(ctx, await requireModel(ctx, name), version));
}

/** Which versions were registered of a logged model, where MLflow's clients and pages look for it. Python's JSON, which they compare as text. */
const VERSIONS_TAG = 'mlflow.modelVersions';

async function noteVersion(tx: Tx, loggedModel: string, name: string, version: number): Promise<void> {
  const value = appendItem(
    await loggedModelTag(tx, loggedModel, VERSIONS_TAG),
    pythonJson({ name, version }),
  );
  if (value.length <= LONGEST_TAG) await putLoggedModelTags(tx, loggedModel, { [VERSIONS_TAG]: value });
}
const LONGEST_TAG = 100_000;

interface Origin {
  /** The source as it is kept: an alias is resolved to the version that it points at now. */
  source: string;
  location: string;
  run_id: string | null;
  logged_model_id: string | null;
  facts?: ModelFacts;
  /** Ends and relations of the lineage edges. */
  made_from: Array<[to: string, relation: string]>;
}

/** Checks that the source exists and that what the request says besides agrees with it. */
async function findOrigin(ctx: Ctx, input: NewVersion): Promise<Origin> {
  const { source } = input;
  const parsed = parseSource(source);
  const runId = input.run_id === '' ? undefined : input.run_id;
  const loggedModelId = input.logged_model_id === '' ? undefined : input.logged_model_id;
  const agree = (given: string | undefined, found: string | null, field: string) => {
    if (given !== undefined && given !== found) {
      throw invalid(`Invalid model version source: '${source}' does not belong to ${field} '${given}'`, {
        field,
        hint: `leave ${field} out: the source says it`,
        code: 'source',
      });
    }
  };
  switch (parsed.kind) {
    case 'logged-model': {
      const logged = await named(source, requireLoggedModel(ctx, parsed.id));
      agree(loggedModelId, logged.id, 'model_id');
      const run = runId ?? logged.run_id;
      return {
        source,
        location: below(logged.location, parsed.path),
        run_id: foreignId(run),
        logged_model_id: logged.id,
        ...(parsed.path === '' && logged.facts !== null
          ? { facts: JSON.parse(logged.facts) as ModelFacts }
          : {}),
        made_from: [[`logged_model:${logged.id}`, 'registered-from']],
      };
    }
    case 'run': {
      agree(runId, parsed.run, 'run_id');
      const run = await findRun(ctx, parsed.run);
      const logged =
        loggedModelId === undefined ? undefined : await named(source, requireLoggedModel(ctx, loggedModelId));
      return {
        source,
        location: run ? below(run.artifact_uri, parsed.path) : source,
        run_id: parsed.run,
        logged_model_id: logged?.id ?? null,
        made_from: [
          ...(run ? [[`run:${run.id}`, 'trained-by'] as [string, string]] : []),
          ...(logged ? [[`logged_model:${logged.id}`, 'registered-from'] as [string, string]] : []),
        ],
      };
    }
    case 'version': {
      const from = await named(source, findVersionBy(ctx, parsed.model, parsed.version));
      agree(runId, from.run_id, 'run_id');
      agree(loggedModelId, from.logged_model_id, 'model_id');
      return {
        source: `models:/${from.name}/${from.version}`,
        location: from.location,
        run_id: from.run_id,
        logged_model_id: from.logged_model_id,
        ...(from.facts === null ? {} : { facts: JSON.parse(from.facts) as ModelFacts }),
        made_from: [[versionRef(from.ref, from.version), 'derived-from']],
      };
    }
    case 'outside': {
      const run = runId === undefined ? undefined : await findRun(ctx, runId);
      const logged =
        loggedModelId === undefined ? undefined : await named(source, requireLoggedModel(ctx, loggedModelId));
      return {
        source,
        location: source,
        run_id: foreignId(runId) ?? logged?.run_id ?? null,
        logged_model_id: logged?.id ?? null,
        made_from: [
          ...(run ? [[`run:${run.id}`, 'trained-by'] as [string, string]] : []),
          ...(logged ? [[`logged_model:${logged.id}`, 'registered-from'] as [string, string]] : []),
        ],
      };
    }
  }
}

/** The id of a run, whether it is known here or not. */
function foreignId(id: string | null | undefined): string | null {
  if (id === undefined || id === null) return null;
  if (!RUN_ID.test(id))
    throw invalid(`'${id.slice(0, 80)}' is no id of a run`, {
      field: 'run_id',
      hint: 'letters, digits and dashes, 64 at most; leave it out where there is no run',
    });
  return id;
}

const below = (location: string, path: string): string => (path === '' ? location : `${location}/${path}`);

/** What the source names and is not there is a fault of the source: one answer, whatever of it is missing. */
async function named<T>(source: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
    throw invalid(`Invalid model version source: '${source.slice(0, 200)}': ${error.message}`, {
      field: 'source',
      hint: 'log the model first, in this workspace',
      code: 'source',
      cause: error,
    });
  }
}
