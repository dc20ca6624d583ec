import type { Vocabulary } from '../platform/search/index.ts';

/** The names that filters and orders may use: MLflow's, and a few that one misses there. */

const tag = { entity: 'tag', type: 'text' } as const;
const times = {
  creation_timestamp: { key: 'created_at', type: 'number' },
  last_updated_timestamp: { key: 'updated_at', type: 'number' },
  timestamp: { key: 'updated_at', type: 'number' },
} as const;

export const modelVocabulary: Vocabulary = {
  noun: 'registered model',
  entities: { tag: { ...tag, sortable: false }, tags: { ...tag, sortable: false } },
  attributes: { name: { key: 'name', type: 'text', list: true }, ...times },
  attributePrefixes: ['attribute', 'attributes', 'attr'],
};

export const versionVocabulary: Vocabulary = {
  noun: 'model version',
  entities: { tag: { ...tag, sortable: false }, tags: { ...tag, sortable: false } },
  attributes: {
    name: { key: 'name', type: 'text', list: true },
    version_number: { key: 'version', type: 'number', quotable: true },
    version: { key: 'version', type: 'number', quotable: true },
    run_id: { key: 'run_id', type: 'text', list: true, sortable: false },
    model_id: { key: 'logged_model_id', type: 'text', list: true, sortable: false },
    source_path: { key: 'source', type: 'text', sortable: false },
    stage: { key: 'stage', type: 'text', list: true, sortable: false },
    ...times,
  },
  attributePrefixes: ['attribute', 'attributes', 'attr'],
};

const free = { list: true, sortable: false } as const;

export const loggedModelVocabulary: Vocabulary = {
  noun: 'logged model',
  entities: {
    tag: { ...tag, ...free },
    tags: { ...tag, ...free },
    param: { entity: 'param', type: 'text', ...free },
    params: { entity: 'param', type: 'text', ...free },
    metric: { entity: 'metric', type: 'number' },
    metrics: { entity: 'metric', type: 'number' },
  },
  attributes: {
    name: { key: 'name', type: 'text', list: true },
    model_id: { key: 'id', type: 'text', list: true },
    model_type: { key: 'model_type', type: 'text', list: true },
    status: { key: 'status', type: 'text', list: true },
    source_run_id: { key: 'run_id', type: 'text', list: true },
    experiment_id: { key: 'experiment_id', type: 'text', list: true },
    creation_time: { key: 'created_at', type: 'number' },
    creation_timestamp_ms: { key: 'created_at', type: 'number' },
    last_updated_timestamp_ms: { key: 'updated_at', type: 'number' },
    ...times,
  },
  attributePrefixes: ['attribute', 'attributes', 'attr'],
};
