import type { IconName } from '../kit/icons.tsx';

/** A `noun:id` of the ledger as people read it. Pure. */
export interface Resource {
  noun: string;
  id: string;
  icon: IconName;
  /** `model version`. */
  word: string;
  /** What tells it apart on a page: a name as it is, a long id shortened. */
  short: string;
}

const ICONS: Record<string, IconName> = {
  dataset: 'data',
  dataset_version: 'data',
  dataset_ref: 'tag',
  experiment: 'experiment',
  run: 'run',
  model: 'model',
  model_version: 'model',
  logged_model: 'model',
  evaluation: 'gauge',
  proof: 'shield',
  endpoint: 'endpoint',
  revision: 'endpoint',
  release: 'send',
  monitor: 'gauge',
  alert: 'alert',
  loop: 'loop',
  loop_turn: 'loop',
  pipeline: 'pipeline',
  execution: 'pipeline',
  step: 'pipeline',
  step_execution: 'pipeline',
  token: 'key',
  workspace: 'shield',
  source: 'link',
};

export function readResource(text: string): Resource {
  const colon = text.indexOf(':');
  const noun = colon < 0 ? '' : text.slice(0, colon);
  const id = text.slice(colon + 1);
  return { noun, id, icon: ICONS[noun] ?? 'file', word: noun.replaceAll('_', ' '), short: shortened(id) };
}

/** Ids begin with the time they were made, so their ends tell them apart. Names stay; `flights/3` is `flights v3`. */
function shortened(id: string): string {
  const long = /^((?:m-)?[0-9a-f-]{24,}?)([0-9a-f]{8})(\/.*)?$/i.exec(id);
  return long ? `…${long[2]}${long[3] ?? ''}` : id.replace(/^(.+)\/(\d+)$/, '$1 v$2');
}
