import type { Vocabulary } from '../platform/search/index.ts';

const free = { type: 'text', nullable: true, regex: true } as const;
const plainText = { type: 'text', list: true, regex: true } as const;
const assessed = { type: 'text', nullable: true, regex: true, mixed: true, sortable: false } as const;
const span = { entity: 'span', type: 'text', list: true, regex: true, sortable: false } as const;

/** What a search for traces may name: MLflow's words in all their spellings, and ours (`tokens`, `cost`, `session`, `user`). */
export const traceVocabulary: Vocabulary = {
  noun: 'trace',
  entities: {
    tag: { entity: 'tag', ...free },
    tags: { entity: 'tag', ...free },
    metadata: { entity: 'metadata', ...free },
    request_metadata: { entity: 'metadata', ...free },
    span,
    feedback: { entity: 'feedback', ...assessed },
    expectation: { entity: 'expectation', ...assessed },
    issue: { entity: 'issue', type: 'text', sortable: false, keys: ['id'], only: ['='] },
  },
  attributes: {
    status: { key: 'status', ...plainText },
    state: { key: 'status', ...plainText },
    name: { key: 'name', ...plainText },
    timestamp: { key: 'timestamp_ms', type: 'number' },
    timestamp_ms: { key: 'timestamp_ms', type: 'number' },
    request_time: { key: 'timestamp_ms', type: 'number' },
    execution_time: { key: 'execution_time_ms', type: 'number' },
    execution_time_ms: { key: 'execution_time_ms', type: 'number' },
    execution_duration: { key: 'execution_time_ms', type: 'number' },
    end_time: { key: 'end_time_ms', type: 'number' },
    end_time_ms: { key: 'end_time_ms', type: 'number' },
    request_id: { key: 'request_id', ...plainText },
    trace_id: { key: 'request_id', ...plainText },
    client_request_id: { key: 'client_request_id', ...plainText },
    experiment_id: { key: 'experiment_id', type: 'number' },
    run_id: { key: 'run_id', ...plainText },
    prompt: { key: 'prompt', type: 'text', sortable: false, only: ['='] },
    text: { key: 'text', type: 'text', sortable: false, only: ['like', 'ilike'] },
    tokens: { key: 'tokens', type: 'number' },
    cost: { key: 'cost', type: 'number' },
    spans: { key: 'spans', type: 'number' },
    session: { key: 'session', ...plainText },
    user: { key: 'user', ...plainText },
  },
  attributePrefixes: ['attribute', 'attributes', 'attr', 'trace'],
};

/** What of a span may be named besides `attributes.…`. */
export const SPAN_KEYS: readonly string[] = ['name', 'type', 'status', 'content'];
