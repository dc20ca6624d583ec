import { sees } from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { getModel, tellModelVersions } from '../../models/index.ts';
import type {
  ApprovalDecision,
  ApprovalRequest,
  ApprovalRequestDetail,
  Approved,
  Target,
} from '../contract/approvals.ts';
import { resourcesOf } from './covers.ts';
import { asItStands, toWord, type Looked } from './look.ts';
import { requireRequest, selectRequests, type RequestRow } from './store.ts';

/** The plain reads. Columns of JSON hold what this room wrote there. */

/** What an endpoint points at: handed in by the room that knows. */
export type AtEndpoint = (
  ctx: Ctx,
  endpoint: string,
) => Promise<Array<{ model: string; version: number; ref: string }>>;

function toRequest(row: RequestRow, { standing }: Looked): ApprovalRequest {
  return {
    ref: `request:${row.id}`,
    id: row.id,
    target: JSON.parse(row.target_said) as Target,
    model: row.model,
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
  const now =
    about.kind === 'endpoint'
      ? await at(ctx, about.name)
      : about.kind === 'alias' && facts
        ? await atAlias(ctx, about.model!.name, about.name)
        : [];
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
    changed: row.ended === null ? changes(approved, facts?.approved, facts?.content) : [],
  };
}

async function atAlias(ctx: Ctx, model: string, alias: string) {
  const found = (await getModel(ctx, model)).aliases.find((one) => one.alias === alias);
  if (!found) return [];
  const { ref } = await getModel(ctx, model);
  const version = `model_version:${ref.slice('model:'.length)}/${found.version}`;
  return (await tellModelVersions(ctx, [version])).has(version)
    ? [{ model, version: found.version, ref: version }]
    : [];
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
  for (let before = page; ;) {
    const rows = await selectRequests(ctx, { waiting, model, before, limit: limit + 1 });
    for (const row of rows) {
      const looked = await asItStands(ctx, row);
      // Whoever is here by grants sees those about their things: a model is asked for by its name of today, which no row has.
      if (!(await resourcesOf(ctx, looked.about)).some((thing) => sees(ctx, thing))) continue;
      if (items.length === limit) return { items, next: items.at(-1)!.id };
      items.push(toRequest(row, looked));
    }
    if (rows.length <= limit) return { items };
    before = rows.at(-1)!.id;
  }
}
