import type { Notice } from '../../channels/index.ts';
import type { Tx } from '../../platform/ctx/index.ts';
import { wordsOf, type About } from './covers.ts';
import type { RequestRow } from './store.ts';

/** What channels call that which is told here: their routes may choose it. */
export const APPROVAL_CAUSES: readonly string[] = ['approval', 'broken_glass'];

/** One step of a request, for people who are not looking. */
export interface Said {
  event: 'firing' | 'resolved';
  /** Numbers the steps of a request: its opening is 0, and each decision has its own. */
  step: number;
  text: string;
  broke_glass?: boolean;
}
export type Say = (tx: Tx, row: RequestRow, about: About, said: Said) => Promise<void>;

/** Tells the channels whose routes fit: cause `approval`, or `broken_glass`, which does not wait. */
export const sayThrough =
  (notify: (tx: Tx, notice: Notice) => Promise<void>): Say =>
  async (tx, row, about, { event, step, text, broke_glass = false }) => {
    const what = `${row.model} v${row.version} for ${wordsOf(about)}`;
    await notify(tx, {
      // A broken glass is an alert of its own, which nobody's approval ends.
      subject: broke_glass ? `request:${row.id}:glass` : `request:${row.id}`,
      seq: step,
      event,
      at: tx.clock.now(),
      since: row.created_at,
      group: `request:${row.id}`,
      severity: broke_glass ? 'page' : 'ticket',
      cause: broke_glass ? 'broken_glass' : 'approval',
      endpoint: about.kind === 'endpoint' ? about.name : row.model,
      model: row.model,
      version: row.version,
      title: broke_glass
        ? `the glass was broken: ${what}`
        : event === 'firing'
          ? `approval is asked for: ${what}`
          : `it is decided: ${what}`,
      text,
      by: broke_glass || event === 'resolved' ? tx.actor.name : row.requested_by,
      facts: [],
      path: `/requests/${row.id}`,
    });
  };
