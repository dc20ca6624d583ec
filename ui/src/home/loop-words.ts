import type { Answer } from '../api/client.ts';
import type { listDatasets } from '../../../src/data/contract.ts';
import type { listModels } from '../../../src/models/contract.ts';
import type { listPipelines } from '../../../src/pipelines/contract.ts';
import type { listEndpoints } from '../../../src/serving/contract.ts';
import type { listExperiments, RunRow } from '../../../src/tracking/contract.ts';
import { formatCount, formatNumber, plural } from '../kit/format.ts';
import type { Station } from './loop-picture.tsx';

/** What the picture of the loop says, from what the rooms answered. Pure. */
export interface LoopState {
  datasets: Answer<typeof listDatasets>;
  pipelines: Answer<typeof listPipelines> | undefined;
  experiments: Answer<typeof listExperiments>;
  newest: RunRow | undefined;
  models: Answer<typeof listModels>;
  endpoints: Answer<typeof listEndpoints> | undefined;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const newestOf = <T>(items: readonly T[], time: (item: T) => number): T | undefined =>
  items.toSorted((a, b) => time(b) - time(a))[0];
/** A list that goes on past what was read is said to. */
const atLeast = (count: number, list: { next?: string }) =>
  `${formatCount(count)}${list.next === undefined ? '' : '+'}`;

export function stationsOf(state: LoopState): Station[] {
  const { pipelines, endpoints } = state;
  return [
    dataStation(state),
    ...(pipelines ? [pipelineStation(pipelines)] : []),
    runStation(state),
    modelStation(state),
    ...(endpoints ? [endpointStation(endpoints)] : []),
  ];
}

function dataStation({ datasets }: LoopState): Station {
  const newest = newestOf(datasets.items, (each) => each.latest?.created_at ?? each.created_at);
  const page = newest && `/datasets/${encodeURIComponent(newest.name)}`;
  return {
    id: 'data',
    name: 'Data',
    icon: 'data',
    to: '/datasets',
    count: atLeast(datasets.items.length, datasets),
    noun: datasets.items.length === 1 ? 'dataset' : 'datasets',
    detail: plural(sum(datasets.items.map((each) => each.versions)), 'version'),
    live: 0,
    latest: newest && {
      label: newest.latest ? `${newest.name}@${newest.latest.name}` : newest.name,
      to: newest.latest ? `${page}/versions/${newest.latest.name}` : page!,
      time: newest.latest?.created_at ?? newest.created_at,
    },
  };
}

function pipelineStation(pipelines: NonNullable<LoopState['pipelines']>): Station {
  const newest = newestOf(pipelines.items, (each) => each.latest?.created_at ?? each.created_at);
  return {
    id: 'pipelines',
    name: 'Pipelines',
    icon: 'pipeline',
    to: '/pipelines',
    count: atLeast(pipelines.items.length, pipelines),
    noun: pipelines.items.length === 1 ? 'pipeline' : 'pipelines',
    detail: plural(sum(pipelines.items.map((each) => each.executions)), 'execution'),
    live: atWork(pipelines),
    latest: newest?.latest && {
      label: `${newest.name} #${newest.latest.number}`,
      to: `/pipelines/${encodeURIComponent(newest.name)}`,
      time: newest.latest.created_at,
      status: newest.latest.state,
    },
  };
}

function runStation({ experiments, newest }: LoopState): Station {
  const runs = sum(experiments.items.map((each) => each.runs));
  return {
    id: 'runs',
    name: 'Runs',
    icon: 'run',
    to: '/experiments',
    count: atLeast(runs, experiments),
    noun: runs === 1 ? 'run' : 'runs',
    detail: `in ${plural(experiments.items.filter((each) => each.runs > 0).length, 'experiment')}`,
    live: sum(experiments.items.map((each) => each.running)),
    latest: newest && {
      label: newest.name,
      to: `/runs/${encodeURIComponent(newest.id)}`,
      time: newest.started_at,
      status: newest.status,
    },
  };
}

function modelStation({ models }: LoopState): Station {
  const newest = newestOf(models.items, (each) => each.updated_at);
  const page = newest && `/models/${encodeURIComponent(newest.name)}`;
  const alias = newest?.latest?.aliases[0]; // another version's would be taken for this one's
  return {
    id: 'models',
    name: 'Models',
    icon: 'model',
    to: '/models',
    count: atLeast(models.items.length, models),
    noun: models.items.length === 1 ? 'model' : 'models',
    detail: plural(sum(models.items.map((each) => each.versions)), 'version'),
    live: 0,
    latest: newest && {
      label: newest.latest ? `${newest.name} v${newest.latest.version}` : newest.name,
      to: newest.latest ? `${page}/versions/${newest.latest.version}` : page!,
      time: newest.updated_at,
      ...(alias === undefined ? {} : { status: `@${alias}` }),
    },
  };
}

function endpointStation(endpoints: NonNullable<LoopState['endpoints']>): Station {
  const newest = newestOf(endpoints.items, (each) => each.updated_at);
  const answering = endpoints.items.filter((each) => each.current !== undefined).length;
  const rate = sum(endpoints.items.map(({ recent }) => sum(recent?.requests.slice(-10) ?? []) / 10));
  const primary = newest?.current?.variants.find(({ role }) => role === 'champion');
  return {
    id: 'endpoints',
    name: 'Endpoints',
    icon: 'endpoint',
    to: '/endpoints',
    count: atLeast(endpoints.items.length, endpoints),
    noun: endpoints.items.length === 1 ? 'endpoint' : 'endpoints',
    detail: rate > 0 ? `${formatNumber(rate, 3)} requests/s` : `${formatCount(answering)} answering`,
    live: endpoints.items.filter((each) => each.latest?.state === 'preparing').length,
    latest: newest && {
      label: primary ? `${newest.name}: v${primary.version}` : newest.name,
      to: `/endpoints/${encodeURIComponent(newest.name)}`,
      time: newest.updated_at,
      ...(newest.current || newest.latest ? { status: (newest.current ?? newest.latest)!.state } : {}),
    },
  };
}

function atWork(pipelines: LoopState['pipelines']): number {
  const states = pipelines?.items.map((each) => each.latest?.state) ?? [];
  return states.filter((state) => state === 'running' || state === 'queued').length;
}

/** The state in one line. */
export function loopWords({ pipelines, experiments, newest, models, endpoints }: LoopState): string {
  const running = sum(experiments.items.map((each) => each.running));
  const executing = atWork(pipelines);
  const moving = [
    ...(executing > 0 ? [`${plural(executing, 'pipeline')} at work`] : []),
    ...(running > 0 ? [`${plural(running, 'run')} under way`] : []),
  ];
  if (moving.length > 0) return `${moving.join(', ')}.`;
  if (newest === undefined && models.items.length === 0)
    return 'From data to a model that is in use, and what each came from.';
  const answering = endpoints?.items.filter((each) => each.current !== undefined).length ?? 0;
  return answering === 0
    ? 'All is quiet: nothing is running now.'
    : `${plural(answering, 'endpoint')} ${answering === 1 ? 'answers' : 'answer'}; nothing else is running now.`;
}
