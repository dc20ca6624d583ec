import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parse as parseYaml } from 'yaml';
import { invalid } from '../../../../platform/errors/index.ts';
import type { DatasetFact, Pairs, Point } from '../facts.ts';
import { fields, number, text, type Fields } from '../json.ts';
import { filesAt } from './places.ts';
import { statusOf, type MlflowModel, type MlflowRun, type MlflowStore } from './store.ts';

/** A folder of MLflow's file store: `mlruns`. */
export function mlflowFolder(root: string, { artifacts }: { artifacts: string | undefined }): MlflowStore {
  const base = path.dirname(path.resolve(root));
  const experiments = [...foldersIn(root), ...foldersIn(path.join(root, '.trash'))].flatMap((folder) => {
    const meta = metaOf(folder);
    return meta['experiment_id'] === undefined ? [] : [{ folder, meta }];
  });
  if (experiments.length === 0)
    throw invalid(`there is no experiment in ${root}`, {
      field: 'uri',
      hint: 'name the folder that MLflow wrote, usually mlruns: it holds a folder with a meta.yaml for each experiment',
    });
  const folderOf = new Map<string, string>();
  const runFolders = (folder: string): string[] =>
    foldersIn(folder).filter(
      (one) => metaOf(one)['run_id'] !== undefined || metaOf(one)['run_uuid'] !== undefined,
    );
  return {
    place: path.resolve(root),
    runs: experiments.reduce((sum, { folder }) => sum + foldersIn(folder).length, 0),
    async *experiments() {
      for (const { folder, meta } of experiments) {
        const id = text(meta['experiment_id']) ?? '';
        folderOf.set(id, folder);
        yield await Promise.resolve({
          id,
          name: text(meta['name']) ?? id,
          location: text(meta['artifact_location']),
          deleted:
            text(meta['lifecycle_stage']) === 'deleted' || folder.includes(`${path.sep}.trash${path.sep}`),
          createdAt: number(meta['creation_time']),
          tags: await readTree(path.join(folder, 'tags')),
        });
      }
    },
    async *runsOf({ id }) {
      const folder = folderOf.get(id)!;
      const runs = runFolders(folder).map((one) => ({ folder: one, meta: metaOf(one) }));
      for (const one of runs.toSorted(
        (a, b) => (number(a.meta['start_time']) ?? 0) - (number(b.meta['start_time']) ?? 0),
      ))
        yield await toRun(one.folder, one.meta, folder);
    },
    async *loggedModels({ id: experiment }) {
      for (const folder of foldersIn(path.join(folderOf.get(experiment)!, 'models'))) {
        const meta = metaOf(folder);
        const id = text(meta['model_id']);
        if (id === undefined) continue;
        const [type, run] = [text(meta['model_type']), text(meta['source_run_id'])];
        yield {
          id,
          experiment,
          name: text(meta['name']) ?? id,
          ...(type ? { type } : {}),
          ...(run ? { run } : {}),
          params: await readTree(path.join(folder, 'params')),
          tags: await readTree(path.join(folder, 'tags')),
          status:
            ({ '1': 'pending', '2': 'ready', '3': 'failed' } as const)[text(meta['status']) ?? ''] ??
            'pending',
          deleted: text(meta['lifecycle_stage']) === 'deleted',
          files: filesAt(text(meta['artifact_location']), {
            base,
            artifacts,
            candidates: [path.join(folder, 'artifacts')],
          }),
          metrics: await modelMetrics(path.join(folder, 'metrics')),
        };
      }
    },
    async *models() {
      for (const folder of foldersIn(path.join(root, 'models'))) {
        const meta = metaOf(folder);
        const name = text(meta['name']);
        if (name === undefined) continue;
        yield await toModel(folder, name, meta);
      }
    },
    close: () => undefined,
  };

  async function toRun(folder: string, meta: Fields, experiment: string): Promise<MlflowRun> {
    const id = text(meta['run_id']) ?? text(meta['run_uuid']) ?? path.basename(folder);
    const tags = await readTree(path.join(folder, 'tags'));
    const metrics = treeOf(path.join(folder, 'metrics'));
    const uri = text(meta['artifact_uri']);
    return {
      id,
      name: text(meta['run_name']) || tags.find(([key]) => key === 'mlflow.runName')?.[1],
      user: text(meta['user_id']),
      status: statusOf(text(meta['status'])),
      startedAt: number(meta['start_time']),
      endedAt: number(meta['end_time']),
      deleted: text(meta['lifecycle_stage']) === 'deleted',
      artifactUri: uri,
      params: await readTree(path.join(folder, 'params')),
      tags,
      metricsMark: metrics.map(({ key, file }) => `${key} ${statSync(file).size}`).join('\n'),
      async *points() {
        for (const { key, file } of metrics) yield* pointsIn(key, file);
      },
      datasets: () =>
        Promise.resolve(
          foldersIn(path.join(folder, 'inputs')).flatMap((input): DatasetFact[] => {
            const link = metaOf(input);
            if (text(link['source_type']) !== 'DATASET') return [];
            const of = metaOf(path.join(experiment, 'datasets', text(link['source_id']) ?? ''));
            const [schema, profile] = [text(of['schema']), text(of['profile'])];
            return [
              {
                name: text(of['name']) ?? '',
                digest: text(of['digest']) ?? '',
                sourceType: text(of['source_type']) ?? '',
                source: text(of['source']) ?? '',
                ...(schema === undefined ? {} : { schema }),
                ...(profile === undefined ? {} : { profile }),
                tags: Object.entries(fields(link['tags'])).map(([key, value]) => [key, text(value) ?? '']),
              },
            ];
          }),
        ),
      modelInputs: () =>
        Promise.resolve(
          foldersIn(path.join(folder, 'inputs'))
            .map(metaOf)
            .filter(
              (link) =>
                text(link['destination_type']) === 'MODEL_INPUT' || text(link['source_type']) === 'RUN_INPUT',
            )
            .map((link) => text(link['destination_id']) ?? ''),
        ),
      modelOutputs: () =>
        Promise.resolve(
          foldersIn(path.join(folder, 'outputs'))
            .map(metaOf)
            .map((link) => ({ model: text(link['destination_id']) ?? '', step: number(link['step']) ?? 0 })),
        ),
      files: () => filesAt(uri, { base, artifacts, candidates: [path.join(folder, 'artifacts')] }),
    };
  }
}

async function toModel(folder: string, name: string, meta: Fields): Promise<MlflowModel> {
  const description = text(meta['description']);
  const model: MlflowModel = {
    name,
    ...(description ? { description } : {}),
    tags: await readTree(path.join(folder, 'tags')),
    aliases: (await readTree(path.join(folder, 'aliases'))).map(([alias, version]) => [
      alias,
      Number(version),
    ]),
    versions: [],
  };
  for (const one of foldersIn(folder)) {
    const said = metaOf(one);
    const version = number(said['version']);
    if (version === undefined || text(said['current_stage']) === 'Deleted_Internal') continue;
    const [about, run, stage] = [
      text(said['description']),
      text(said['run_id']),
      text(said['current_stage']),
    ];
    model.versions.push({
      version,
      source: text(said['source']) ?? '',
      createdAt: number(said['creation_timestamp']),
      ...(about ? { description: about } : {}),
      ...(run ? { run } : {}),
      ...(stage ? { stage } : {}),
      tags: await readTree(path.join(one, 'tags')),
    });
  }
  return model;
}

const foldersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== '.trash')
        .map((entry) => path.join(folder, entry.name))
        .toSorted()
    : [];

function metaOf(folder: string): Fields {
  const file = path.join(folder, 'meta.yaml');
  if (!existsSync(file)) return {};
  try {
    // As PyYAML reads it: ids that look like numbers are quoted there.
    return fields(parseYaml(readFileSync(file, 'utf8'), { schema: 'core', intAsBigInt: true }));
  } catch {
    return {};
  }
}

/** Files below a folder; their paths are the keys. */
function treeOf(folder: string, below = ''): Array<{ key: string; file: string }> {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const key = below === '' ? entry.name : `${below}/${entry.name}`;
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? treeOf(file, key) : entry.isFile() ? [{ key, file }] : [];
  });
}

const readTree = (folder: string): Promise<Pairs> =>
  Promise.resolve(treeOf(folder).map(({ key, file }) => [key, readFileSync(file, 'utf8')] as const));

/** Lines of `time value step`; MLflow 1 wrote no step. */
async function* pointsIn(key: string, file: string): AsyncIterable<Point[]> {
  let points: Point[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const [time, value, step = '0'] = line.trim().split(' ');
    if (time === undefined || value === undefined || time === '') continue;
    points.push({ key, step: Number(step), time: Number(time), value: pythonNumber(value) });
    if (points.length < 1000) continue;
    yield points;
    points = [];
  }
  if (points.length > 0) yield points;
}

const pythonNumber = (said: string): number =>
  said === 'inf' ? Infinity : said === '-inf' ? -Infinity : said === 'nan' ? NaN : Number(said);

/** Lines of `time value step run [dataset digest]`. */
async function modelMetrics(folder: string) {
  const found: Array<Point & { run: string; dataset?: string; digest?: string }> = [];
  for (const { key, file } of treeOf(folder))
    for (const line of (await Promise.resolve(readFileSync(file, 'utf8'))).split('\n')) {
      const [time, value, step, run, dataset, digest] = line.trim().split(' ');
      if (time === undefined || value === undefined || step === undefined || run === undefined) continue;
      found.push({
        key,
        step: Number(step),
        time: Number(time),
        value: pythonNumber(value),
        run,
        ...(dataset === undefined ? {} : { dataset }),
        ...(digest === undefined ? {} : { digest }),
      });
    }
  return found;
}
