import { Type, type Static } from 'typebox';
import type { Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Route } from './contract.ts';
import { insertDelivery, selectChannels, selectWaiting, wasTold, type DeliveryRow } from './store.ts';

/** What goes in order: a group of one channel. */
export const Thread = Type.Object({ channel: Type.String(), thread: Type.String() });
export type Thread = Static<typeof Thread>;

/** What a room wants people to hear of: one step of something that goes on and ends. */
export interface Notice {
  /** `alert:<id>`: steps of one subject belong together. */
  subject: string;
  /** Names the step, once and for all: that of its event. */
  seq: number;
  event: 'firing' | 'acknowledged' | 'silenced' | 'resolved';
  at: number;
  /** When it fired first. */
  since: number;
  /** Those of one group that come together are one message. */
  group: string;
  severity: 'page' | 'ticket';
  cause: string;
  endpoint: string;
  model?: string;
  version?: number;
  title: string;
  text: string;
  /** Who did it, where it was a person, and what was said. */
  by?: string;
  note?: string;
  owner?: string;
  runbook?: string;
  /** Further lines: `['worst column', 'distance']`. */
  facts: Array<[string, string]>;
  /** Where it is shown: `/alerts/<id>`. */
  path: string;
}

/** What comes within this time of one group goes out together, ms. A page does not wait. */
const GROUP_WAIT = 10_000;

/**
 * Writes down what each channel that it concerns is to be told, and wakes the job that tells it: in the transaction in which it happened, so
 * that each step is told to each channel, and once. What was never told to fire is not told to end.
 */
export async function notify(tx: Tx, deliver: JobType<Thread>, notice: Notice): Promise<void> {
  for (const channel of await selectChannels(tx)) {
    if (channel.enabled !== 1 || !fits(JSON.parse(channel.route) as Route, notice)) continue; // written by this room
    if (notice.event !== 'firing' && !(await wasTold(tx, channel.id, notice.subject))) continue;
    const now = tx.clock.now();
    const thread = notice.group;
    const [before] = await selectWaiting(tx, channel.id, thread, 1);
    const row: DeliveryRow = {
      id: newId(now),
      workspace: tx.workspace,
      channel_id: channel.id,
      thread,
      subject: notice.subject,
      seq: notice.seq,
      event: notice.event,
      state: 'waiting',
      notice: JSON.stringify(notice),
      message: null,
      attempts: 0,
      error: null,
      created_at: now,
      ended_at: null,
    };
    if (!(await insertDelivery(tx, row))) continue;
    // Where something of the thread waits, there is a job already, which takes this one along.
    if (!before)
      await tx.enqueue(
        deliver,
        { channel: channel.id, thread },
        { runAt: notice.severity === 'page' ? now : now + GROUP_WAIT },
      );
  }
}

export const fits = (
  { severities, causes, endpoints }: Route,
  notice: Pick<Notice, 'severity' | 'cause' | 'endpoint'>,
): boolean =>
  (severities?.includes(notice.severity) ?? true) &&
  (causes?.includes(notice.cause) ?? true) &&
  (endpoints?.some((pattern) => named(pattern, notice.endpoint)) ?? true);

/** `*` stands for any letters. Split, and not made a regular expression: the pattern is a caller's. */
function named(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop()!;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}
