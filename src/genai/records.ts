import { createHash } from 'node:crypto';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { canonical } from '../platform/json/index.ts';
import { decodePage, encodePage, queryDigest } from '../platform/search/index.ts';
import { authorOf, USER_TAG } from './datasets.ts';
import {
  changeDataset,
  putRecords,
  recordsByKeys,
  removeRecords,
  requireDataset,
  selectRecords,
  type RecordRow,
} from './store-datasets.ts';

type Fields = Record<string, unknown>;

/** One record as a client sends it. What is absent leaves what was there. */
export interface SentRecord {
  inputs: Fields;
  outputs?: unknown;
  expectations?: Fields | undefined;
  tags?: Record<string, string> | undefined;
  source?: Fields | undefined;
}

export interface EvaluationRecord {
  id: string;
  dataset: string;
  inputs: unknown;
  outputs?: unknown;
  expectations?: unknown;
  tags: Record<string, string>;
  source?: Fields;
  created_at: number;
  updated_at: number;
  created_by: string;
  updated_by: string;
}

const MOST = 10_000;
/** One record, as JSON. */
const LONGEST = 4 * 1024 * 1024;

/** Adds records; the same inputs again change what is expected of them, and its tags key by key. */
export async function upsertRecords(
  ctx: Ctx,
  dataset: string,
  sent: readonly SentRecord[],
): Promise<{ inserted: number; updated: number }> {
  if (sent.length > MOST)
    throw invalid(`at most ${MOST} records may be sent at once, not ${sent.length}`, {
      field: 'records',
      hint: 'send them in several requests',
    });
  await requireDataset(ctx, dataset);
  const keyed = sent.map((record, i) => {
    const inputs = spelt(record.inputs, i);
    if (JSON.stringify(record).length > LONGEST)
      throw invalid(`records[${i}] is larger than ${LONGEST / 1024 / 1024} MiB`, {
        field: `records[${i}]`,
        hint: 'log large inputs as artifacts, and name them',
      });
    return { record, inputs, key: createHash('sha256').update(inputs).digest('hex') };
  });
  return ctx.write(async (tx) => {
    const row = await requireDataset(tx, dataset);
    const known = await recordsByKeys(
      tx,
      dataset,
      keyed.map(({ key }) => key),
    );
    const now = tx.clock.now();
    const changed = new Map<string, RecordRow>();
    let [inserted, updated] = [0, 0];
    const fields = learnerOf(row.fields);
    for (const { record, key } of keyed) {
      const before = changed.get(key) ?? known.get(key);
      if (before === undefined) inserted++;
      else updated++;
      const fresh: RecordRow = before ?? {
        id: `dr-${newId(now)}`,
        workspace: tx.workspace,
        dataset_id: dataset,
        key,
        inputs: JSON.stringify(record.inputs),
        // MLflow: a record without an answer has an empty one.
        answer: '{}',
        expectations: null,
        tags: '{}',
        source: record.source === undefined ? null : JSON.stringify(record.source),
        created_at: now,
        created_by: authorOf(tx, record.tags ?? {}),
        updated_at: now,
        updated_by: authorOf(tx, record.tags ?? {}),
      };
      changed.set(key, {
        ...fresh,
        ...('outputs' in record && record.outputs !== undefined
          ? { answer: record.outputs === null ? null : JSON.stringify(record.outputs) }
          : {}),
        expectations: merged(fresh.expectations, record.expectations),
        tags: merged(fresh.tags, record.tags) ?? '{}',
        updated_at: now,
        ...(record.tags?.[USER_TAG] === undefined ? {} : { updated_by: authorOf(tx, record.tags) }),
      });
      fields.learn(record);
    }
    await putRecords(tx, [...changed.values()]);
    await changeDataset(tx, dataset, {
      fields: fields.text(),
      updated_at: now,
      updated_by: authorOf(tx, sent.at(-1)?.tags ?? {}),
      revision: row.revision + 1,
    });
    const resource = `evaluation_dataset:${dataset}`;
    await tx.record({ action: 'evaluation_dataset.records_written', resource, after: { inserted, updated } });
    await tx.emit({ type: 'evaluation_dataset.records_written', subject: resource });
    return { inserted, updated };
  });
}

function spelt(inputs: Fields, i: number): string {
  try {
    return canonical(inputs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(`records[${i}].inputs is nested too deeply`, { field: `records[${i}].inputs` });
  }
}

/** A page, oldest first. */
export async function listRecords(
  ctx: Ctx,
  dataset: string,
  { limit, page }: { limit: number; page?: string | undefined },
): Promise<{ items: EvaluationRecord[]; next?: string }> {
  await requireDataset(ctx, dataset);
  const digest = queryDigest(['evaluation-records', dataset]);
  const cursor = decodePage(digest, page, 2);
  const after = cursor && ([Number(cursor[0]), String(cursor[1])] as const);
  const rows = await selectRecords(ctx, dataset, limit + 1, after);
  const items = rows.slice(0, limit).map(toRecord);
  const last = items.at(-1);
  return {
    items,
    ...(rows.length > limit && last ? { next: encodePage(digest, [last.created_at, last.id]) } : {}),
  };
}

export async function deleteRecords(ctx: Ctx, dataset: string, ids: readonly string[]): Promise<number> {
  if (ids.length > MOST)
    throw invalid(`at most ${MOST} records may be deleted at once, not ${ids.length}`, {
      field: 'dataset_record_ids',
    });
  return ctx.write(async (tx) => {
    const row = await requireDataset(tx, dataset);
    const gone = await removeRecords(tx, dataset, ids);
    if (gone === 0) return 0;
    await changeDataset(tx, dataset, { updated_at: tx.clock.now(), revision: row.revision + 1 });
    const resource = `evaluation_dataset:${dataset}`;
    await tx.record({ action: 'evaluation_dataset.records_deleted', resource, before: { records: gone } });
    await tx.emit({ type: 'evaluation_dataset.records_deleted', subject: resource });
    return gone;
  });
}

// Written by this room.
const toRecord = (row: RecordRow): EvaluationRecord => ({
  id: row.id,
  dataset: row.dataset_id,
  inputs: JSON.parse(row.inputs) as unknown,
  ...(row.answer === null ? {} : { outputs: JSON.parse(row.answer) as unknown }),
  ...(row.expectations === null ? {} : { expectations: JSON.parse(row.expectations) as unknown }),
  tags: JSON.parse(row.tags) as Record<string, string>,
  ...(row.source === null ? {} : { source: JSON.parse(row.source) as Fields }),
  created_at: row.created_at,
  updated_at: row.updated_at,
  created_by: row.created_by,
  updated_by: row.updated_by,
});

function merged(before: string | null, more: Fields | undefined): string | null {
  if (more === undefined || Object.keys(more).length === 0) return before;
  return JSON.stringify({ ...(before === null ? {} : (JSON.parse(before) as Fields)), ...more });
}

interface Known {
  inputs: Record<string, string>;
  outputs: Record<string, string> | string;
  expectations: Record<string, string>;
  version: string;
}

/** So many names of fields are told; records may have more. */
const MOST_FIELDS = 10_000;

/** What the records hold: the first type that a field came with. */
function learnerOf(before: string | null): { learn(record: SentRecord): void; text(): string } {
  const known: Known =
    before === null
      ? { inputs: {}, outputs: {}, expectations: {}, version: '1.0' }
      : (JSON.parse(before) as Known); // written by this room
  let room = MOST_FIELDS - Object.keys(known.inputs).length - Object.keys(known.expectations).length;
  const into = (fields: Record<string, string>, from: Fields): void => {
    for (const [key, value] of Object.entries(from))
      if (!Object.hasOwn(fields, key) && room-- > 0) fields[key] = kindOf(value);
  };
  return {
    learn({ inputs, expectations = {}, outputs }) {
      into(known.inputs, inputs);
      into(known.expectations, expectations);
      if (isFields(outputs) && typeof known.outputs === 'object') into(known.outputs, outputs);
      else if (outputs !== undefined && outputs !== null && !isFields(outputs))
        if (typeof known.outputs === 'object' && Object.keys(known.outputs).length === 0)
          known.outputs = kindOf(outputs);
    },
    text: () => JSON.stringify(known),
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  return { boolean: 'boolean', string: 'string', object: 'object' }[typeof value as string] ?? 'unknown';
}
