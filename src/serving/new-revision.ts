import { askGuards, type MoveGuard, type VersionMove } from '../models/index.ts';
import type { Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Revision, Runtime, Variant } from './contract.ts';
import {
  changeRevision,
  insertRevision,
  selectRevisions,
  takeNumber,
  type EndpointRow,
  type NamedRevision,
} from './store.ts';

/** What was asked for of one variant. */
export interface Wish {
  runtime?: Runtime;
  /** Longest that loading may take, ms. */
  load?: number;
}

export interface NewRevision {
  endpoint: string;
  cause: Revision['cause'];
  restores?: number | undefined;
  variants: readonly Variant[];
  wishes: readonly Wish[];
  /** As a row keeps them, where the models are here already. */
  places?: string | undefined;
  sticky: boolean;
  strict: boolean;
  note?: string | undefined;
  /** Who asked for it, where that was no person: `release:<id>`. */
  asked_by?: string | undefined;
  warnings?: readonly string[];
  /** What a rollback from it goes back to, where that is not the one before. */
  back?: number | undefined;
}

/** How an endpoint stands before a revision joins: what answers, and what is being made ready, newest first. */
export interface Standing {
  endpoint: EndpointRow;
  live: NamedRevision | undefined;
  preparing: readonly NamedRevision[];
}

/**
 * Gives a revision its number and writes it as `preparing`. What was still being prepared for the endpoint gives way and hears
 * so: of two who deploy at once the later one wins, whichever is quicker. `check` may refuse what it would replace, and says what
 * should be known of it.
 */
export async function addRevision(
  tx: Tx,
  input: NewRevision,
  make: boolean,
  guards: readonly MoveGuard[],
  check?: (standing: Standing) => Promise<string[]>,
): Promise<{ row: NamedRevision; endpoint: EndpointRow; gaveWay: string[] }> {
  const now = tx.clock.now();
  const { endpoint, made, serial } = await takeNumber(tx, input.endpoint, make);
  const preparing = await selectRevisions(tx, endpoint.id, { states: ['preparing'], limit: 100 });
  const [live] = await selectRevisions(tx, endpoint.id, { states: ['live'], limit: 1 });
  const id = newId(now);
  await askGuards(tx, guards, [moveOf(endpoint.name, id, live, input.variants)]);
  const warnings = [...(input.warnings ?? []), ...((await check?.({ endpoint, live, preparing })) ?? [])];
  if (made)
    await tx.record({
      action: 'endpoint.created',
      resource: `endpoint:${endpoint.id}`,
      after: { name: endpoint.name },
    });
  const row: NamedRevision = {
    id,
    workspace: tx.workspace,
    endpoint_id: endpoint.id,
    endpoint: endpoint.name,
    records: endpoint.records,
    rules: endpoint.rules,
    revision: endpoint.last_revision,
    serial,
    cause: input.cause,
    restores: input.restores ?? null,
    variants: JSON.stringify(input.variants),
    places: input.places ?? null,
    wishes: JSON.stringify(input.wishes),
    sticky: input.sticky ? 1 : 0,
    strict: input.strict ? 1 : 0,
    state: 'preparing',
    problem: null,
    note: input.note ?? null,
    asked_by: input.asked_by ?? null,
    warnings: warnings.length === 0 ? null : JSON.stringify(warnings),
    back: input.back ?? null,
    created_at: now,
    created_by: tx.actor.name,
    live_at: null,
    ended_at: null,
    load_ms: null,
  };
  const gaveWay: string[] = [];
  for (const other of preparing) {
    await failRevision(
      tx,
      other,
      `revision ${row.revision} was asked for before this one was ready, and the later one wins`,
    );
    gaveWay.push(other.id);
  }
  const { endpoint: _name, records: _records, rules: _rules, ...plain } = row;
  await insertRevision(tx, plain);
  await tx.record({
    action: 'revision.requested',
    resource: `revision:${row.id}`,
    after: {
      endpoint: endpoint.name,
      revision: row.revision,
      cause: row.cause,
      ...(row.restores === null ? {} : { restores: row.restores }),
      variants: input.variants.map(({ role, version_ref, percent }) => ({ role, version_ref, percent })),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
    ...(input.note === undefined ? {} : { reason: input.note }),
    edges: [{ from: `revision:${row.id}`, to: `endpoint:${endpoint.id}`, relation: 'part-of' }],
  });
  if (made) await tx.emit({ type: 'endpoint.created', subject: `endpoint:${endpoint.id}` });
  await tx.emit({
    type: 'revision.requested',
    subject: `revision:${row.id}`,
    data: { endpoint: endpoint.name, revision: row.revision },
  });
  return { row, endpoint, gaveWay };
}

/**
 * What a revision means for an endpoint: shadows are part of it, for they are asked, too. It is asked for when the revision is, and
 * again when it goes live, for much may have changed while models were loaded.
 */
export const moveOf = (
  endpoint: string,
  revision: string,
  live: Pick<NamedRevision, 'variants'> | undefined,
  variants: readonly Variant[],
): VersionMove => ({
  kind: 'endpoint',
  name: endpoint,
  from: live
    ? (JSON.parse(live.variants) as Variant[]).map(({ version_ref }) => version_ref) // written by this room
    : [],
  to: variants.map(({ version_ref, model, version }) => ({ ref: version_ref, model, version })),
  key: revision,
});

/** Whether it was still being prepared. It never answered, and whatever answers goes on. */
export async function failRevision(tx: Tx, row: NamedRevision, problem: string): Promise<boolean> {
  const now = tx.clock.now();
  const text = problem.slice(0, 4000);
  if (!(await changeRevision(tx, row.id, ['preparing'], { state: 'failed', problem: text, ended_at: now })))
    return false;
  await tx.record({ action: 'revision.failed', resource: `revision:${row.id}`, reason: text });
  await tx.emit({
    type: 'revision.failed',
    subject: `revision:${row.id}`,
    data: { endpoint: row.endpoint, revision: row.revision, problem: text },
  });
  return true;
}
