import {
  isObject,
  numberOf,
  plain,
  textOf,
  unwrapped,
  type Attributes,
  type Span,
  type Value,
} from './span.ts';

/**
 * What instrumentations call the same things. MLflow's own names come first; where they are not there, those of the conventions of
 * OpenTelemetry, OpenInference, Traceloop, Vercel AI, Langfuse, Laminar, Google ADK and LiveKit.
 */
export const MLFLOW = {
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  traceId: 'mlflow.traceRequestId',
} as const;

const KINDS: ReadonlyArray<readonly [key: string, types: Readonly<Record<string, string>>]> = [
  [
    'openinference.span.kind',
    Object.fromEntries(
      'TOOL CHAIN LLM RETRIEVER EMBEDDING AGENT RERANKER UNKNOWN GUARDRAIL EVALUATOR'
        .split(' ')
        .map((word) => [word, word]),
    ),
  ],
  [
    'gen_ai.operation.name',
    {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      text_completion: 'LLM',
      response: 'LLM',
    },
  ],
  [
    'traceloop.span.kind',
    { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL', unknown: 'UNKNOWN' },
  ],
  [
    'ai.operationId',
    {
      'ai.generateText': 'LLM',
      'ai.generateText.doGenerate': 'LLM',
      'ai.toolCall': 'TOOL',
      'ai.streamText': 'LLM',
      'ai.streamText.doStream': 'LLM',
      'ai.generateObject': 'LLM',
      'ai.generateObject.doGenerate': 'LLM',
      'ai.streamObject': 'LLM',
      'ai.streamObject.doStream': 'LLM',
      'ai.embed': 'EMBEDDING',
      'ai.embed.doEmbed': 'EMBEDDING',
      'ai.embedMany': 'EMBEDDING',
    },
  ],
  [
    'langfuse.observation.type',
    {
      generation: 'LLM',
      embedding: 'EMBEDDING',
      tool: 'TOOL',
      retriever: 'RETRIEVER',
      agent: 'AGENT',
      chain: 'CHAIN',
      evaluator: 'EVALUATOR',
      guardrail: 'GUARDRAIL',
      span: 'UNKNOWN',
    },
  ],
  [
    'lmnr.span.type',
    {
      LLM: 'LLM',
      TOOL: 'TOOL',
      DEFAULT: 'CHAIN',
      PIPELINE: 'CHAIN',
      EXECUTOR: 'AGENT',
      EVALUATOR: 'EVALUATOR',
      HUMAN_EVALUATOR: 'EVALUATOR',
      EVALUATION: 'EVALUATOR',
      CACHED: 'LLM',
    },
  ],
];

const INPUTS = [
  'input.value',
  'gen_ai.input.messages',
  'gen_ai.tool.call.arguments',
  'traceloop.entity.input',
  'gcp.vertex.agent.llm_request',
  'gcp.vertex.agent.tool_call_args',
  'ai.prompt',
  'ai.prompt.messages',
  'ai.toolCall.args',
  'ai.value',
  'ai.values',
  'lk.user_input',
  'lk.user_transcript',
  'lk.chat_ctx',
  'lk.input_text',
  'lmnr.span.input',
  'langfuse.observation.input',
  'gen_ai.prompt',
];
const OUTPUTS = [
  'output.value',
  'gen_ai.output.messages',
  'gen_ai.tool.call.result',
  'traceloop.entity.output',
  'gcp.vertex.agent.llm_response',
  'gcp.vertex.agent.tool_response',
  'ai.response.text',
  'ai.toolCall.result',
  'ai.response.object',
  'ai.embedding',
  'ai.embeddings',
  'lk.response.text',
  'lk.response.function_calls',
  'lmnr.span.output',
  'langfuse.observation.output',
  'gen_ai.completion',
];
const MODELS = [
  'llm.response.model_name',
  'llm.model_name',
  'llm.request.model_name',
  'embedding.model_name',
  'gen_ai.response.model',
  'gen_ai.request.model',
  'ai.model.id',
];
const PROVIDERS = ['llm.provider', 'gen_ai.provider.name', 'gen_ai.system', 'ai.model.provider'];

/** Names of token counts, by convention: what went in, what came out, both, read from a cache, written to one. */
const TOKENS: ReadonlyArray<Readonly<Record<string, readonly string[]>>> = [
  {
    input_tokens: ['llm.token_count.prompt'],
    output_tokens: ['llm.token_count.completion'],
    total_tokens: ['llm.token_count.total'],
    cache_read_input_tokens: ['llm.token_count.prompt_details.cache_read'],
    cache_creation_input_tokens: ['llm.token_count.prompt_details.cache_write'],
  },
  {
    input_tokens: ['gen_ai.usage.input_tokens'],
    output_tokens: ['gen_ai.usage.output_tokens'],
    cache_read_input_tokens: ['gen_ai.usage.cache_read.input_tokens'],
    cache_creation_input_tokens: [
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
    ],
  },
  {
    input_tokens: ['gen_ai.usage.prompt_tokens'],
    output_tokens: ['gen_ai.usage.completion_tokens'],
    total_tokens: ['llm.usage.total_tokens'],
  },
  { input_tokens: ['ai.usage.promptTokens'], output_tokens: ['ai.usage.completionTokens'] },
];

export type Counts = Record<string, number>;

/** The type that a span is shown and searched by: MLflow's word, or what its convention means by it. */
export function typeOf(attributes: Attributes): string | undefined {
  const own = textOf(unwrapped(attributes[MLFLOW.type] ?? null));
  if (own !== undefined && own !== 'UNKNOWN') return own;
  for (const [key, types] of KINDS) {
    const kind = textOf(unwrapped(attributes[key] ?? null));
    const type = kind === undefined || !Object.hasOwn(types, kind) ? undefined : types[kind];
    if (type !== undefined) return type;
  }
  return own;
}

const firstOf = (attributes: Attributes, keys: readonly string[]): Value | undefined => {
  for (const key of keys) {
    const value = attributes[key];
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
};

/** What went in; undefined where nobody said. */
export const inputsOf = (attributes: Attributes): Value | undefined =>
  attributes[MLFLOW.inputs] ?? firstOf(attributes, INPUTS);

export const outputsOf = (attributes: Attributes): Value | undefined =>
  attributes[MLFLOW.outputs] ?? firstOf(attributes, OUTPUTS);

/** Token counts of one span. */
export function usageOf(attributes: Attributes): Counts | undefined {
  const own = unwrapped(attributes[MLFLOW.usage] ?? null);
  if (isObject(own)) return countsOf(own, tokensOf);
  for (const names of TOKENS) {
    const usage: Counts = {};
    for (const [key, spellings] of Object.entries(names)) {
      const count = tokensOf(firstOf(attributes, spellings));
      if (count !== undefined) usage[key] = count;
    }
    if (usage['input_tokens'] === undefined && usage['output_tokens'] === undefined) continue;
    usage['total_tokens'] ??= (usage['input_tokens'] ?? 0) + (usage['output_tokens'] ?? 0);
    return usage;
  }
  return undefined;
}

/** What one span cost, in US dollars, as its client said it. */
export function costOf(attributes: Attributes): Counts | undefined {
  const own = unwrapped(attributes[MLFLOW.cost] ?? null);
  if (isObject(own)) return countsOf(own, numberOf);
  const total = numberOf(attributes['llm.cost.total'] ?? attributes['gen_ai.usage.cost']);
  return total === undefined ? undefined : { total_cost: total };
}

export const modelOf = (attributes: Attributes): string | undefined =>
  textOf(unwrapped(attributes[MLFLOW.model] ?? firstOf(attributes, MODELS) ?? null));

const providerOf = (attributes: Attributes): string | undefined =>
  textOf(unwrapped(attributes[MLFLOW.provider] ?? firstOf(attributes, PROVIDERS) ?? null));

/** A count that can be one: what is no whole number is somebody's mistake, and would spoil every sum that it is in. */
function tokensOf(value: Value | undefined): number | undefined {
  const count = numberOf(value);
  return Number.isSafeInteger(count) && count! >= 0 ? count : undefined;
}

function countsOf(
  object: { [key: string]: Value },
  read: (value: Value | undefined) => number | undefined,
): Counts {
  const counts: Counts = {};
  for (const [key, value] of Object.entries(object)) {
    const count = read(value);
    if (count !== undefined) counts[key] = count;
  }
  return counts;
}

/** The span with what its convention says under MLflow's names too, and JSON in text unwrapped: as its readers expect it. */
export function translated(span: Span): Span {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(span.attributes)) attributes[key] = unwrapped(value);
  const add = (key: string, value: Value | undefined): void => {
    if (value !== undefined && attributes[key] === undefined) attributes[key] = value;
  };
  const type = typeOf(attributes);
  if (type !== undefined) attributes[MLFLOW.type] = type;
  add(MLFLOW.inputs, inputsOf(attributes));
  add(MLFLOW.outputs, outputsOf(attributes));
  add(MLFLOW.usage, usageOf(attributes));
  add(MLFLOW.cost, costOf(attributes));
  add(MLFLOW.model, modelOf(attributes));
  add(MLFLOW.provider, providerOf(attributes));
  return { ...span, attributes };
}

const PREVIEW = 1000;

/** What a list shows of inputs or outputs: the last message of that role where they are a chat, else their JSON; cut to 1,000 characters. */
export function previewOf(value: Value | undefined, role: 'user' | 'assistant'): string | undefined {
  if (value === undefined || value === null) return undefined;
  const parsed = unwrapped(value);
  const messages = messagesIn(parsed);
  const message = messages?.findLast((one) => one['role'] === role) ?? messages?.at(-1);
  const text =
    (message && contentOf(message['content'])) || (typeof value === 'string' ? value : jsonText(parsed));
  return text.length > PREVIEW ? `${text.slice(0, PREVIEW - 3)}...` : text;
}

/** JSON as MLflow's clients write it, with a space after colons and commas. */
function jsonText(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${jsonText(one)}`)
      .join(', ')}}`;
  return JSON.stringify(plain(value));
}

type Message = { [key: string]: Value };

const isMessage = (value: Value): value is Message =>
  isObject(value) && 'role' in value && 'content' in value;

function messagesIn(value: Value): Message[] | undefined {
  if (!isObject(value)) return undefined;
  const choice = Array.isArray(value['choices']) ? value['choices'][0] : undefined;
  if (isObject(choice) && isObject(choice['message']) && isMessage(choice['message']))
    return [choice['message']];
  for (const key of ['messages', 'input', 'output']) {
    const list = value[key];
    if (Array.isArray(list) && list.length > 0) return list.filter(isMessage);
  }
  return value['request'] === undefined ? undefined : messagesIn(value['request']);
}

function contentOf(content: Value | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  for (const part of content) {
    if (typeof part === 'string') return part;
    if (isObject(part) && (part['type'] === 'text' || part['type'] === 'output_text'))
      return textOf(part['text']) ?? '';
  }
  return '';
}
