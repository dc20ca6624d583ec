import { invalid } from '../../platform/errors/index.ts';
import * as genai from '../../genai/index.ts';
import { call } from './call.ts';
import { bool, freePageSize, list, message, need, text, type Reader } from './message.ts';
import { enumeration, experimentId } from './wire.ts';

/** Label schemas and review queues: what people are asked of traces, and who looks through which. */

const SCHEMAS = '/mlflow/label-schemas';
const QUEUES = '/mlflow/review-queues';

const toSchema = (row: genai.LabelSchemaRow) => ({
  schema_id: row.id,
  experiment_id: String(row.experiment_id),
  name: row.name,
  type: row.type,
  instruction: row.instruction ?? undefined,
  enable_comment: row.enable_comment === 1,
  input: JSON.parse(row.input) as object, // written by the room
  created_by: row.created_by,
  created_at: row.created_at,
  last_updated_at: row.updated_at,
  is_default: false,
});

const toQueue = (row: genai.QueueRow) => ({
  queue_id: row.id,
  experiment_id: String(row.experiment_id),
  name: row.name,
  queue_type: row.type,
  created_by: row.created_by,
  creation_time_ms: row.created_at,
  last_update_time_ms: row.updated_at,
  users: genai.usersOf(row),
  schema_ids: genai.schemasOf(row),
});

const toItem = (row: genai.ItemRow) => ({
  queue_id: row.queue_id,
  item_type: 'TRACE',
  item_id: row.item_id,
  status: row.status,
  completed_by: row.completed_by ?? undefined,
  completed_time_ms: row.completed_at ?? undefined,
  creation_time_ms: row.created_at,
  last_update_time_ms: row.updated_at,
});

const fields: Reader<Record<string, unknown> | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`'${field}' must be an object`, { field });
  return value as Record<string, unknown>;
};
const needFields: Reader<Record<string, unknown>> = (value, field) => {
  const read = fields(value, field);
  if (read === undefined) throw invalid(`Missing value for required parameter '${field}'.`, { field });
  return read;
};

const schemaType = enumeration(['FEEDBACK', 'EXPECTATION'] as const);
const queueType = enumeration(['USER', 'CUSTOM'] as const);
const status = enumeration(['PENDING', 'COMPLETE', 'DECLINED'] as const);
const PAGE = freePageSize(1000, 1000);

const newSchema = message({
  experiment_id: experimentId,
  name: need(text),
  type: need(schemaType),
  input: needFields,
  instruction: text,
  enable_comment: bool,
});
const schemaChange = message({
  schema_id: need(text),
  name: text,
  instruction: text,
  enable_comment: bool,
  input: fields,
});
const bySchema = message({ schema_id: need(text) });
const byName = message({ experiment_id: experimentId, name: need(text) });
const ofExperiment = message({ experiment_id: experimentId });
const newQueue = message({
  experiment_id: experimentId,
  name: need(text),
  queue_type: need(queueType),
  created_by: text,
  users: list(need(text)),
  schema_ids: list(need(text)),
});
const ofUser = message({ experiment_id: experimentId, user: need(text) });
const byQueue = message({ queue_id: need(text) });
const queueSearch = message({ experiment_id: experimentId, user: text, item_id: text });
const queueChange = message({
  queue_id: need(text),
  update_users: bool,
  users: list(need(text)),
  update_schema_ids: bool,
  schema_ids: list(need(text)),
  name: text,
  new_owner: text,
});
const items = message({ queue_id: need(text), item_ids: list(need(text)) });
const itemSearch = message({ queue_id: need(text), status, max_results: PAGE, page_token: text });
const judging = message({
  queue_id: need(text),
  item_id: need(text),
  status: need(status),
  completed_by: text,
});

const v3 = { version: '3.0' } as const;
const experiment = [{ kind: 'experiment', in: 'message', field: 'experiment_id' }] as const;
const schema = [{ kind: 'label_schema', in: 'message', field: 'schema_id' }] as const;
const queue = [{ kind: 'review_queue', in: 'message', field: 'queue_id' }] as const;
const read = { ...v3, method: 'GET', action: 'experiment:read' } as const;
const write = { ...v3, method: 'POST', action: 'experiment:write' } as const;

async function byNameIn<T extends { name: string }>(
  rows: Promise<T[]>,
  name: string,
  what: string,
): Promise<T> {
  const found = (await rows).find((row) => row.name === name);
  if (!found)
    throw invalid(`${what} with name '${name.slice(0, 80)}' not found.`, {
      field: 'name',
      code: 'not-found',
    });
  return found;
}

export const reviewRoutes = [
  ...call({
    ...write,
    path: `${SCHEMAS}/create`,
    about: experiment,
    summary: 'Make a label schema',
    request: newSchema,
    answer: async (ctx, { experiment_id, ...input }) => ({
      label_schema: toSchema(await genai.createLabelSchema(ctx, { experiment: experiment_id, ...input })),
    }),
  }),
  ...call({
    ...read,
    path: `${SCHEMAS}/get`,
    about: schema,
    summary: 'Get a label schema',
    request: bySchema,
    answer: async (ctx, { schema_id }) => ({
      label_schema: toSchema(await genai.getLabelSchema(ctx, schema_id)),
    }),
  }),
  ...call({
    ...read,
    path: `${SCHEMAS}/get-by-name`,
    about: experiment,
    summary: 'Get a label schema by its name',
    request: byName,
    answer: async (ctx, { experiment_id, name }) => ({
      label_schema: toSchema(
        await byNameIn(genai.listLabelSchemas(ctx, experiment_id), name, 'Label schema'),
      ),
    }),
  }),
  ...call({
    ...read,
    path: `${SCHEMAS}/list`,
    about: experiment,
    summary: 'List the label schemas of an experiment',
    request: ofExperiment,
    answer: async (ctx, { experiment_id }) => ({
      label_schemas: (await genai.listLabelSchemas(ctx, experiment_id)).map(toSchema),
    }),
  }),
  ...call({
    ...write,
    method: 'PATCH',
    path: `${SCHEMAS}/update`,
    about: schema,
    summary: 'Change a label schema',
    request: schemaChange,
    async answer(ctx, { schema_id, name, instruction, enable_comment, input }) {
      const row = await genai.updateLabelSchema(ctx, schema_id, {
        ...(name === undefined ? {} : { name }),
        ...(instruction === undefined ? {} : { instruction }),
        ...(enable_comment === undefined ? {} : { enable_comment }),
        ...(input === undefined ? {} : { input }),
      });
      return { label_schema: toSchema(row) };
    },
  }),
  ...call({
    ...write,
    method: 'DELETE',
    path: `${SCHEMAS}/delete`,
    about: schema,
    summary: 'Delete a label schema',
    request: bySchema,
    answer: (ctx, { schema_id }) => genai.deleteLabelSchema(ctx, schema_id),
  }),
  ...call({
    ...write,
    path: `${QUEUES}/create`,
    about: experiment,
    summary: 'Make a review queue',
    request: newQueue,
    answer: async (ctx, { experiment_id, name, queue_type, created_by, users, schema_ids }) => ({
      review_queue: toQueue(
        await genai.createQueue(ctx, {
          experiment: experiment_id,
          name,
          type: queue_type,
          created_by,
          users,
          schemas: schema_ids,
        }),
      ),
    }),
  }),
  ...call({
    ...write,
    path: `${QUEUES}/get-or-create-user`,
    about: experiment,
    summary: 'Get the review queue of a user, made at first',
    request: ofUser,
    answer: async (ctx, { experiment_id, user }) => ({
      review_queue: toQueue(await genai.userQueue(ctx, experiment_id, user)),
    }),
  }),
  ...call({
    ...read,
    path: `${QUEUES}/get`,
    about: queue,
    summary: 'Get a review queue',
    request: byQueue,
    answer: async (ctx, { queue_id }) => ({ review_queue: toQueue(await genai.getQueue(ctx, queue_id)) }),
  }),
  ...call({
    ...read,
    path: `${QUEUES}/get-by-name`,
    about: experiment,
    summary: 'Get a review queue by its name',
    request: byName,
    answer: async (ctx, { experiment_id, name }) => ({
      review_queue: toQueue(
        await byNameIn(
          genai
            .listQueues(ctx, { experiment: experiment_id })
            .then((rows) =>
              rows.map((row) => (row.name_key === name.toLowerCase() ? { ...row, name } : row)),
            ),
          name,
          'Review queue',
        ),
      ),
    }),
  }),
  ...call({
    ...read,
    path: `${QUEUES}/list`,
    about: experiment,
    summary: 'List the review queues of an experiment',
    request: queueSearch,
    answer: async (ctx, { experiment_id, user, item_id }) => ({
      review_queues: (
        await genai.listQueues(ctx, {
          experiment: experiment_id,
          user: user || undefined,
          item: item_id || undefined,
        })
      ).map(toQueue),
    }),
  }),
  ...call({
    ...write,
    path: `${QUEUES}/update`,
    about: queue,
    summary: 'Change a review queue',
    request: queueChange,
    async answer(ctx, { queue_id, update_users, users, update_schema_ids, schema_ids, name, new_owner }) {
      const row = await genai.updateQueue(ctx, queue_id, {
        name: name || undefined,
        owner: new_owner || undefined,
        users: update_users === true || users.length > 0 ? users : undefined,
        schemas: update_schema_ids === true || schema_ids.length > 0 ? schema_ids : undefined,
      });
      return { review_queue: toQueue(row) };
    },
  }),
  ...call({
    ...write,
    path: `${QUEUES}/delete`,
    about: queue,
    summary: 'Delete a review queue',
    request: byQueue,
    answer: (ctx, { queue_id }) => genai.deleteQueue(ctx, queue_id),
  }),
  ...call({
    ...write,
    path: `${QUEUES}/items/add`,
    about: queue,
    summary: 'Put traces into a review queue',
    request: items,
    answer: async (ctx, { queue_id, item_ids }) => ({
      items: (await genai.addItems(ctx, queue_id, item_ids)).map(toItem),
    }),
  }),
  ...call({
    ...write,
    path: `${QUEUES}/items/remove`,
    about: queue,
    summary: 'Take traces out of a review queue',
    request: items,
    answer: (ctx, { queue_id, item_ids }) => genai.dropItems(ctx, queue_id, item_ids),
  }),
  ...call({
    ...read,
    path: `${QUEUES}/items/list`,
    about: queue,
    summary: 'List what is in a review queue',
    request: itemSearch,
    async answer(ctx, { queue_id, status: wanted, max_results: limit, page_token: page }) {
      const found = await genai.listItems(ctx, queue_id, { status: wanted, limit, page });
      return { items: found.items.map(toItem), next_page_token: found.next };
    },
  }),
  ...call({
    ...write,
    path: `${QUEUES}/items/set-status`,
    about: queue,
    summary: 'Say that a trace was looked through',
    request: judging,
    answer: async (ctx, { queue_id, item_id, status: next, completed_by }) => ({
      item: toItem(await genai.setItemStatus(ctx, queue_id, item_id, next, completed_by || undefined)),
    }),
  }),
];
