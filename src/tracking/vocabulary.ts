import type { Vocabulary } from '../platform/search/index.ts';

/** What a search for runs may name: MLflow's words in all their spellings, and ours (`duration`, `verdict`). */
export const runVocabulary: Vocabulary = {
  noun: 'run',
  entities: {
    ...spelt(['metric', 'metrics'], { entity: 'metric', type: 'number' }),
    ...spelt(['param', 'params', 'parameter', 'parameters'], {
      entity: 'param',
      type: 'text',
      nullable: true,
    }),
    ...spelt(['tag', 'tags'], { entity: 'tag', type: 'text', nullable: true }),
    ...spelt(['dataset', 'datasets'], {
      entity: 'dataset',
      type: 'text',
      list: true,
      sortable: false,
      keys: ['name', 'digest', 'context'],
    }),
  },
  attributes: {
    run_id: { key: 'run_id', type: 'text', list: true },
    ...spelt(['run_name', 'run name', 'Run name', 'Run Name'], { key: 'run_name', type: 'text' }),
    user_id: { key: 'user_id', type: 'text' },
    status: { key: 'status', type: 'text' },
    artifact_uri: { key: 'artifact_uri', type: 'text' },
    ...spelt(['start_time', 'created', 'Created'], { key: 'start_time', type: 'number' }),
    end_time: { key: 'end_time', type: 'number' },
    duration: { key: 'duration', type: 'number' },
    verdict: { key: 'verdict', type: 'text', nullable: true },
  },
  attributePrefixes: ['attribute', 'attributes', 'attr', 'run'],
};

export const experimentVocabulary: Vocabulary = {
  noun: 'experiment',
  entities: spelt(['tag', 'tags'], { entity: 'tag', type: 'text', nullable: true, sortable: false }),
  attributes: {
    name: { key: 'name', type: 'text' },
    experiment_id: { key: 'experiment_id', type: 'number', quotable: true },
    creation_time: { key: 'creation_time', type: 'number' },
    last_update_time: { key: 'last_update_time', type: 'number' },
  },
  attributePrefixes: ['attribute', 'attributes', 'attr', 'experiment'],
};

function spelt<T>(spellings: readonly string[], kind: T): Record<string, T> {
  return Object.fromEntries(spellings.map((spelling) => [spelling, kind]));
}
