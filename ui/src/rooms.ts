import type { IconName } from './kit/icons.tsx';
import { findEndpoints } from './endpoints/find.ts';
import { findDatasets } from './datasets/find.ts';
import { findLoops } from './loops/find.ts';
import { findModels } from './models/find.ts';
import { findPipelines } from './pipelines/find.ts';
import { findExperiments } from './experiments/find.ts';

/** One thing that the command palette found. */
export interface Found {
  id: string;
  label: string;
  detail?: string;
  icon: IconName;
  to: string;
}

/** What a room shows of itself outside its own pages. */
export interface Room {
  name: string;
  icon: IconName;
  to: string;
  /** Which addresses light the entry up, besides `to` and what lies below it. */
  also?: readonly string[];
  /** Go there with `g` and this key. */
  key: string;
  /** For the palette. Called with what was typed, after a pause. */
  find?(text: string, signal: AbortSignal): Promise<Found[]>;
}

/** The navigation, in the order of the loop. Only rooms that exist. */
export const rooms: readonly Room[] = [
  { name: 'Home', icon: 'home', to: '/', key: 'h' },
  {
    name: 'Datasets',
    icon: 'data',
    to: '/datasets',
    also: ['/data'],
    key: 'd',
    find: findDatasets,
  },
  {
    name: 'Pipelines',
    icon: 'pipeline',
    to: '/pipelines',
    also: ['/executions'],
    key: 'p',
    find: findPipelines,
  },
  {
    name: 'Experiments',
    icon: 'experiment',
    to: '/experiments',
    also: ['/runs', '/compare', '/traces'],
    key: 'e',
    find: findExperiments,
  },
  {
    name: 'Models',
    icon: 'model',
    to: '/models',
    also: ['/evaluations'],
    key: 'm',
    find: findModels,
  },
  {
    name: 'Endpoints',
    icon: 'endpoint',
    to: '/endpoints',
    also: ['/predictions', '/releases'],
    key: 'n',
    find: findEndpoints,
  },
  { name: 'Environments', icon: 'server', to: '/environments', key: 'v' },
  { name: 'Approvals', icon: 'shield', to: '/requests', also: ['/policies'], key: 'r' },
  { name: 'Loops', icon: 'loop', to: '/loops', key: 'o', find: findLoops },
  { name: 'Alerts', icon: 'alert', to: '/alerts', key: 'a' },
  { name: 'Ledger', icon: 'ledger', to: '/ledger', also: ['/lineage'], key: 'l' },
  { name: 'Settings', icon: 'settings', to: '/settings', also: ['/git-hosts'], key: 's' },
];
