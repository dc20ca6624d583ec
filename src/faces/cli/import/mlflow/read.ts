import { createHash } from 'node:crypto';
import type { Fact, Known, Pairs, Source, VersionFact } from '../facts.ts';
import type { MlflowExperiment, MlflowRun, MlflowStore, MlflowVersion } from './store.ts';

const PARENT = 'mlflow.parentRunId';

/** An MLflow store as a stream of facts: experiments with their runs and logged models, then the registry, which points at them. */
export function mlflowSource(store: MlflowStore): Source {
  return {
    from: 'mlflow',
    place: store.place,
    ...(store.runs === undefined ? {} : { runs: store.runs }),
    read: (known) => readAll(store, known),
    close: () => store.close(),
  };
}

async function* readAll(store: MlflowStore, known: Known): AsyncIterable<Fact> {
  // Where runs and models keep their files, so that sources which are written as places are found again.
  const places: Place[] = [];
  for await (const experiment of store.experiments()) {
    yield {
      kind: 'experiment',
      id: experiment.id,
      name: experiment.name,
      deleted: experiment.deleted,
      tags: [...experiment.tags, ...said(experiment)],
    };
    const links: Fact[] = [];
    for await (const run of store.runsOf(experiment)) {
      if (run.artifactUri !== undefined) places.push({ uri: run.artifactUri, run: run.id });
      yield* readRun(experiment, run, known);
      const [inputs, outputs] = [await run.modelInputs(), await run.modelOutputs()];
      if (inputs.length + outputs.length > 0)
        links.push({ kind: 'model-links', run: run.id, inputs, outputs });
    }
    for await (const model of store.loggedModels(experiment)) yield { kind: 'logged-model', ...model };
    yield* links;
    yield { kind: 'experiment-end', id: experiment.id };
  }
  for await (const { aliases, versions, ...model } of store.models()) {
    yield { kind: 'model', ...model };
    for (const { createdAt, source, ...version } of versions.toSorted((a, b) => a.version - b.version))
      yield {
        kind: 'version',
        model: model.name,
        ...version,
        tags: [...version.tags, ...times(createdAt)],
        source: sourceOf(source, version.run, places),
      };
    for (const [alias, version] of aliases) yield { kind: 'alias', model: model.name, alias, version };
  }
}

async function* readRun(experiment: MlflowExperiment, run: MlflowRun, known: Known): AsyncIterable<Fact> {
  const mark = markOf(run);
  if (known(run.id, mark)) {
    yield { kind: 'unchanged', id: run.id };
    return;
  }
  const parent = run.tags.find(([key]) => key === PARENT)?.[1];
  yield {
    kind: 'run',
    id: run.id,
    experiment: experiment.id,
    ...(run.name ? { name: run.name } : {}),
    ...(run.user ? { user: run.user } : {}),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(parent === undefined ? {} : { parent }),
    // The name is a tag as well, and may have been left behind when the run was renamed.
    tags: run.tags.filter(([key]) => key !== PARENT && !(key === 'mlflow.runName' && run.name)),
    deleted: run.deleted,
    mark,
  };
  yield { kind: 'params', params: run.params };
  for await (const points of run.points()) yield { kind: 'points', points };
  for (const dataset of await run.datasets()) yield { kind: 'dataset', dataset };
  for await (const file of run.files())
    yield file.kind === 'artifact'
      ? file
      : { kind: 'note', where: 'left', what: file.why, example: `run ${run.id}: ${file.where}` };
  yield {
    kind: 'end',
    status: run.status,
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
  };
}

const markOf = (run: MlflowRun): string =>
  createHash('sha256')
    .update(
      JSON.stringify([run.name, run.status, run.endedAt, run.deleted, run.params, run.tags, run.metricsMark]),
    )
    .digest('hex')
    .slice(0, 32);

const times = (at: number | undefined): Pairs =>
  at === undefined ? [] : [['treadle.import.created_at', new Date(at).toISOString()]];

const said = ({ location, createdAt }: MlflowExperiment): Pairs => [
  ...(location === undefined ? [] : ([['treadle.import.artifact_location', location]] as const)),
  ...times(createdAt),
];

interface Place {
  uri: string;
  run: string;
}

/** What a version's source names, whichever way the server of its time wrote it. */
export function sourceOf(
  source: string,
  run: MlflowVersion['run'],
  places: readonly Place[],
): VersionFact['source'] {
  const logged =
    /^models:\/(m-[0-9a-f]{32})\/?(.*)$/.exec(source) ??
    /\/models\/(m-[0-9a-f]{32})\/artifacts\/?(.*)$/.exec(source);
  if (logged) return { loggedModel: logged[1]!, path: logged[2]! };
  const ofRun = /^runs:\/+([^/]+)\/?(.*)$/.exec(source);
  if (ofRun) return { run: ofRun[1]!, path: ofRun[2]! };
  if (run !== undefined) {
    const at = source.indexOf(`/${run}/artifacts`);
    if (at >= 0) return { run, path: source.slice(at + run.length + 12).replace(/^\//, '') };
  }
  const place = places.find(({ uri }) => source === uri || source.startsWith(`${uri.replace(/\/$/, '')}/`));
  if (place) return { run: place.run, path: source.slice(place.uri.length).replace(/^\//, '') };
  return { elsewhere: source };
}
