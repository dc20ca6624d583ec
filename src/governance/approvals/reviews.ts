import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, forbidden } from '../../platform/errors/index.ts';
import type { Review, Target } from '../contract/approvals.ts';
import { asItStands, type Looked } from './look.ts';
import { peopleOf, personHere } from './people.ts';
import { readsOf } from './reads.ts';
import {
  closeReviewRow,
  type PromotionRow,
  findReview,
  requireRequest,
  selectPromotionsBy,
  selectRequestsById,
  selectReviews,
  type RequestRow,
  type ReviewRow,
} from './store.ts';

/** Another than those who had a hand in it says what came of a broken glass, once something was moved by it. */
export function closeReview(ctx: Ctx, id: string, finding: string): Promise<Review> {
  return ctx.write(async (tx) => {
    const user = personHere(tx);
    const row = await requireRequest(tx, id);
    const review = await findReview(tx, id);
    if (!review || review.closed_at !== null)
      throw conflict('there is no review of this request to close', {
        field: 'request',
        hint: 'list those that are open with: treadle requests --reviews',
      });
    const looked = await asItStands(tx, row);
    const [promotion] = await selectPromotionsBy(tx, [row]);
    const state = stateOf(row, review, looked, promotion);
    if (state !== 'open')
      throw conflict(
        state === 'not_moved'
          ? 'the move is not made yet, so there is nothing to look at'
          : 'nothing was moved by this broken glass, so there is nothing to look at',
        {
          field: 'request',
          hint:
            state === 'not_moved'
              ? `make the move, or withdraw the request: treadle requests ${id}`
              : 'list those that are open with: treadle requests --reviews',
        },
      );
    const broke = looked.decisions.some(
      ({ user_id, verdict }) => user_id === user && verdict === 'break_glass',
    );
    const hand = broke
      ? 'broke the glass'
      : user === row.requested_user
        ? 'asked for it'
        : looked.asked.authors.includes(user)
          ? 'made the version or its run'
          : undefined;
    if (hand !== undefined)
      throw forbidden(`you ${hand} yourself, so somebody else reviews it`, {
        field: 'request',
        hint: 'ask another approver or admin',
      });
    const person = (await peopleOf(tx, looked.things, [user])).get(user);
    if (!person?.roles.some((role) => ['approver', 'admin', 'owner'].includes(role)))
      throw forbidden('a review is closed by an approver or an admin', { field: 'request' });
    const closed = { closed_at: tx.clock.now(), closed_by: user, finding };
    await closeReviewRow(tx, id, closed);
    const resource = `request:${id}`;
    await tx.record({ action: 'request.reviewed', resource, after: { user }, reason: finding });
    await tx.emit({ type: 'request.reviewed', subject: resource });
    return toReview({ ...review, ...closed }, { ...row, model: looked.model }, 'closed');
  });
}

/** Computed and never stored, as the standing of a request is. */
function stateOf(
  row: RequestRow,
  review: ReviewRow,
  { standing }: Looked,
  promotion: PromotionRow | undefined,
): Review['state'] {
  if (review.closed_at !== null) return 'closed';
  if (row.ended === 'promoted') return promotion?.how === 'broke_glass' ? 'open' : 'not_used';
  return standing.state === 'approved' && standing.broke_glass ? 'not_moved' : 'not_used';
}

const toReview = (review: ReviewRow, row: RequestRow, state: Review['state']): Review => ({
  request: row.id,
  model: row.model,
  version: row.version,
  target: JSON.parse(row.target_said) as Target,
  broken_by: review.broken_by,
  why: review.why,
  state,
  opened_at: review.opened_at,
  ...(review.closed_at === null ? {} : { closed_at: review.closed_at }),
  ...(review.closed_by === null ? {} : { closed_by: review.closed_by }),
  ...(review.finding === null ? {} : { finding: review.finding }),
});

/** Newest first. `open`: those that wait for their move, or for somebody to look at them. */
export async function listReviews(
  ctx: Ctx,
  { open = false, limit = 100 }: { open?: boolean; limit?: number },
): Promise<{ items: Review[] }> {
  const items: Review[] = [];
  for (let before: string | undefined; ;) {
    const reviews = await selectReviews(ctx, { open, before, limit });
    // What they are about, in one question each, however many they are.
    const rows = await selectRequestsById(
      ctx,
      reviews.map(({ request_id }) => request_id),
    );
    const requests = new Map(rows.map((row) => [row.id, row]));
    const promotions = new Map(
      (await selectPromotionsBy(ctx, rows)).map((one) => [one.request_id, one] as const),
    );
    const reads = readsOf(ctx, rows);
    for (const review of reviews) {
      const row = requests.get(review.request_id);
      if (!row) continue;
      const looked = await asItStands(ctx, row, reads);
      const state = stateOf(row, review, looked, promotions.get(row.id));
      if (open && state === 'not_used') continue;
      items.push(toReview(review, { ...row, model: looked.model }, state));
      if (items.length === limit) return { items };
    }
    if (reviews.length < limit) return { items };
    before = reviews.at(-1)!.request_id;
  }
}
