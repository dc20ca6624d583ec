import type { Answer } from '../api/client.ts';
import type { listDatasets } from '../../../src/data/contract.ts';
import type { listModels } from '../../../src/models/contract.ts';
import type { listPipelines } from '../../../src/pipelines/contract.ts';
import type { listExperiments, RunRow } from '../../../src/tracking/contract.ts';
import { formatCount, plural } from '../kit/format.ts';
import type { Station } from './loop-picture.tsx';

/** What the picture of the loop says, from what the rooms answered. Pure. */
export interface LoopState {
  datasets: Answer<typeof listDatasets>;
  pipelines: Answer<typeof listPipelines>;
  experiments: Answer<typeof listExperiments>;
  newest: RunRow | undefined;
  models: Answer<typeof listModels>;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const newestOf = <T>(items: readonly T[], time: (item: T) => number): T | undefined =>
  items.toSorted((a, b) => time(b) - time(a))[0];
/** A list that goes on past what was read is said to. */
const atLeast = (count: number, list: { next?: string }) =>
  `${formatCount(count)}${list.next === undefined ? '' : '+'}`;

export function stationsOf({ datasets, pipelines, experiments, newest, models }: LoopState): Station[] {
  const dataset = newestOf(datasets.items, (each) => each.latest?.created_at ?? each.created_at);
  const pipeline = newestOf(pipelines.items, (each) => each.latest?.created_at ?? each.created_at);
  const model = newestOf(models.items, (each) => each.updated_at);
  const executing = pipelines.items.filter(
    (each) => each.latest?.state === 'running' || each.latest?.state === 'queued',
  ).length;
  const running = sum(experiments.items.map((each) => each.running));
  const runs = sum(experiments.items.map((each) => each.runs));
  const executions = sum(pipelines.items.map((each) => each.executions));
  return [
    {
      id: 'data',
      name: 'Data',
      icon: 'data',
      to: '/datasets',
      count: atLeast(datasets.items.length, datasets),
      noun: datasets.items.length === 1 ? 'dataset' : 'datasets',
      detail: plural(sum(datasets.items.map((each) => each.versions)), 'version'),
      live: 0,
      latest: dataset && {
        label: dataset.latest ? `${dataset.name}@${dataset.latest.name}` : dataset.name,
        to: dataset.latest
          ? `/datasets/${encodeURIComponent(dataset.name)}/versions/${dataset.latest.name}`
          : `/datasets/${encodeURIComponent(dataset.name)}`,
        time: dataset.latest?.created_at ?? dataset.created_at,
      },
    },
    {
      id: 'pipelines',
      name: 'Pipelines',
      icon: 'pipeline',
      to: '/pipelines',
      count: atLeast(pipelines.items.length, pipelines),
      noun: pipelines.items.length === 1 ? 'pipeline' : 'pipelines',
      detail: plural(executions, 'execution'),
      live: executing,
      latest: pipeline?.latest && {
        label: `${pipeline.name} #${pipeline.latest.number}`,
        to: `/pipelines/${encodeURIComponent(pipeline.name)}`,
        time: pipeline.latest.created_at,
        status: pipeline.latest.state,
      },
    },
    {
      id: 'runs',
      name: 'Runs',
      icon: 'run',
      to: '/experiments',
      count: atLeast(runs, experiments),
      noun: runs === 1 ? 'run' : 'runs',
      detail: `in ${plural(experiments.items.length, 'experiment')}`,
      live: running,
      latest: newest && {
        label: newest.name,
        to: `/runs/${encodeURIComponent(newest.id)}`,
        time: newest.started_at,
        status: newest.status,
      },
    },
    {
      id: 'models',
      name: 'Models',
      icon: 'model',
      to: '/models',
      count: atLeast(models.items.length, models),
      noun: models.items.length === 1 ? 'model' : 'models',
      detail: plural(sum(models.items.map((each) => each.versions)), 'version'),
      live: 0,
      latest: model && {
        label: model.latest ? `${model.name} v${model.latest.version}` : model.name,
        to: model.latest
          ? `/models/${encodeURIComponent(model.name)}/versions/${model.latest.version}`
          : `/models/${encodeURIComponent(model.name)}`,
        time: model.updated_at,
        ...(model.aliases[0] === undefined ? {} : { status: `@${model.aliases[0].alias}` }),
      },
    },
  ];
}

/** The state in one line. */
export function loopWords({ pipelines, experiments, newest, models }: LoopState): string {
  const running = sum(experiments.items.map((each) => each.running));
  const executing = pipelines.items.filter((each) => each.latest?.state === 'running').length;
  const moving = [
    ...(executing > 0 ? [`${plural(executing, 'pipeline')} at work`] : []),
    ...(running > 0 ? [`${plural(running, 'run')} under way`] : []),
  ];
  if (moving.length > 0) return `${moving.join(', ')}.`;
  if (newest === undefined && models.items.length === 0)
    return 'From data to a model that is in use, and what each came from.';
  return 'All is quiet: nothing is running now.';
}
