import { sees } from '../../access/index.ts';
import { listEntries } from '../../ledger/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, TreadleError } from '../../platform/errors/index.ts';
import { getModel, tellModelVersions } from '../../models/index.ts';
import type {
  ApprovalDecision,
  ApprovalRequest,
  ApprovalRequestDetail,
  Approved,
  Target,
} from '../contract/approvals.ts';
import type { About } from './covers.ts';
import { asItStands, toWord, type Looked } from './look.ts';
import { readsOf } from './reads.ts';
import { requireRequest, selectRequests, type RequestRow } from './store.ts';

/** The plain reads. Columns of JSON hold what this room wrote there. */

/** What an endpoint points at: handed in by the room that knows. */
export type AtEndpoint = (ctx: Ctx, endpoint: string) => Promise<At[]>;
interface At {
  model: string;
  version: number;
  ref: string;
}

function toRequest(row: RequestRow, { standing, model }: Looked): ApprovalRequest {
  return {
    ref: `request:${row.id}`,
    id: row.id,
    target: JSON.parse(row.target_said) as Target,
    model,
    version: row.version,
    version_ref: row.version_ref,
    digest: row.sum,
    state: standing.state,
    says: standing.says,
    why: row.why,
    broke_glass: standing.broke_glass,
    requested_by: row.requested_by,
    ...(row.requested_user === null ? {} : { requested_user: row.requested_user }),
    ...(row.asked_by === null ? {} : { asked_by: row.asked_by }),
    created_at: row.created_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
  };
}

export async function getRequest(ctx: Ctx, id: string, at: AtEndpoint): Promise<ApprovalRequestDetail> {
  const row = await requireRequest(ctx, id);
  const looked = await asItStands(ctx, row);
  const approved = JSON.parse(row.approved) as Approved;
  const { standing, decisions, facts, asked, about } = looked;
  const now = row.ended === 'promoted' ? [] : await pointsAt(ctx, about, at);
  const before = row.ended === 'promoted' ? await beforeMove(ctx, id) : [];
  return {
    ...toRequest(row, looked),
    approved,
    authors: [...asked.authors],
    checks: facts?.checks ?? [],
    needs: standing.needs,
    decisions: decisions.map((decision, i): ApprovalDecision => {
      const { verdict } = toWord(decision);
      const not = standing.words[i];
      return {
        verdict,
        user: decision.user_id,
        name: decision.user_name,
        why: decision.why,
        at: decision.at,
        digest: decision.sum,
        counts: not === undefined,
        ...(not === undefined ? {} : { not }),
      };
    }),
    ...(now.length === 0 ? {} : { now: { versions: now } }),
    ...(before.length === 0 ? {} : { before: { versions: before } }),
    changed: row.ended === null ? changes(approved, facts?.approved, facts?.content) : [],
  };
}

/** What a target points at now; nothing where that is not one thing, as of a stage. */
export async function pointsAt(ctx: Ctx, about: About, at: AtEndpoint): Promise<At[]> {
  if (about.kind === 'endpoint') return at(ctx, about.name);
  return about.kind === 'alias' && about.model ? atAlias(ctx, about.model.name, about.name) : [];
}

/** What was there until the move: as the ledger has it. */
async function beforeMove(ctx: Ctx, id: string): Promise<At[]> {
  const query = { resource: `request:${id}`, action: 'request.promoted', limit: 1 };
  const [entry] = (await listEntries(ctx, query)).items;
  const { from = [] } = (entry?.after ?? {}) as { from?: string[] }; // written by this room
  const told = await tellModelVersions(ctx, from);
  return from.map((ref) => {
    const slash = ref.lastIndexOf('/');
    const model = told.get(ref)?.facts.model ?? ref.slice('model_version:'.length, slash);
    return { model, version: Number(ref.slice(slash + 1)), ref };
  });
}

async function atAlias(ctx: Ctx, model: string, alias: string): Promise<At[]> {
  const held = await getModel(ctx, model).catch(goneIsNone);
  const found = held?.aliases.find((one) => one.alias === alias);
  if (!held || !found) return [];
  const { ref } = held;
  const version = `model_version:${ref.slice('model:'.length)}/${found.version}`;
  return (await tellModelVersions(ctx, [version])).has(version)
    ? [{ model, version: found.version, ref: version }]
    : [];
}

/** A model that is gone has no aliases. */
function goneIsNone(error: unknown): undefined {
  if (error instanceof TreadleError && error.kind === 'missing') return undefined;
  throw error;
}

/** In words, what is not as it was when it was asked for. */
function changes(then: Approved, now: Approved | undefined, content: string | undefined): string[] {
  if (!now) return ['the version is gone'];
  const revisions = ({ policies }: Approved): string => policies.map(({ digest }) => digest).join();
  return [
    ...(content === undefined || now.content !== then.content ? ['the files of the version'] : []),
    ...(now.evaluation?.digest === then.evaluation?.digest ? [] : ['its newest evaluation']),
    ...(now.card === then.card ? [] : ['what is written of the version or its model']),
    ...(revisions(now) === revisions(then) ? [] : ['the policies that guard it']),
  ];
}

export async function listRequests(
  ctx: Ctx,
  {
    waiting = false,
    model,
    limit = 100,
    page,
  }: { waiting?: boolean; model?: string; limit?: number; page?: string },
): Promise<{ items: ApprovalRequest[]; next?: string }> {
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const items: ApprovalRequest[] = [];
  // Whoever asks by a name of today means that model, whatever it was called when it was asked for.
  const of = model === undefined ? undefined : await getModel(ctx, model).catch(goneIsNone);
  for (let before = page; ;) {
    const rows = await selectRequests(ctx, { waiting, model, ref: of?.ref, before, limit: limit + 1 });
    const reads = readsOf(ctx, rows);
    for (const row of rows) {
      const looked = await asItStands(ctx, row, reads);
      // Of a version that is gone there is nothing to wait for.
      if (waiting && !looked.facts) continue;
      // Whoever is here by grants sees those about their things: a model is asked for by its name of today, which no row has.
      if (!looked.things.some((thing) => sees(ctx, thing))) continue;
      if (items.length === limit) return { items, next: items.at(-1)!.id };
      items.push(toRequest(row, looked));
    }
    if (rows.length <= limit) return { items };
    before = rows.at(-1)!.id;
  }
}
