import { Type } from 'typebox';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { messageOf, outwardMessageOf, TreadleError, unavailable } from '../platform/errors/index.ts';
import { job, type JobRun, type JobType } from '../platform/jobs/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import { Thread } from './notice.ts';
import type { Message } from './send/message.ts';
import { ONE_BY_ONE, send } from './send/send.ts';
import {
  changeChannel,
  changeDeliveries,
  countFailure,
  deleteEnded,
  findChannelById,
  MESSAGE_HOLDS,
  selectGoingOn,
  selectOfKind,
  selectWaiting,
  type ChannelRow,
  type DeliveryRow,
} from './store.ts';
import { noticeOf } from './views.ts';

/** Failed attempts before a message is given up: within some five hours. */
const MOST_ATTEMPTS = 10;
/** What was sent or given up is kept so long, ms. */
const KEPT = 90 * 86_400_000;

export interface Parts {
  outbound: Outbound;
  /** What rooms above tell channels of. */
  causes: readonly string[];
  /** Where this server is found. */
  base(): string;
}

export interface ChannelJobs {
  deliver: JobType<Thread>;
  refresh: JobType;
  prune: JobType;
}

/**
 * A job is one thread of one channel as long as something of it waits: it sends the oldest message, and where there is more, the next job
 * sends that. So steps of an alert come in order, and a receiver that is down holds up nobody else.
 */
export function channelJobs(parts: Parts): ChannelJobs {
  const deliver: JobType<Thread> = job({
    name: 'channel.deliver',
    payload: Thread,
    // The deliveries count: a crash is no fault of the receiver.
    attempts: 1_000_000,
    backoff: 5_000,
    concurrency: 8,
    quiet: true,
    run: (ctx, asked, run) => deliverOne(ctx, parts, asked, run, deliver),
  });
  return {
    deliver,
    /** Alertmanager forgets what it is not told of. */
    refresh: job({
      name: 'channel.refresh',
      payload: Type.Object({}),
      attempts: 1,
      async run(ctx, _payload, { signal }) {
        for (const channel of await selectOfKind(ctx, 'alertmanager')) {
          const own = ctx.as({ workspace: channel.workspace });
          for (const row of await selectGoingOn(own, channel.id)) {
            const notices = [noticeOf(row)];
            await send(
              { ...parts, signal },
              channel,
              messageOfRows(own, parts, row.id, row.thread, notices),
            ).catch((error: unknown) =>
              ctx.log.warn('Alertmanager was not told again of what goes on', {
                channel: channel.name,
                error: messageOf(error),
              }),
            );
          }
        }
      },
    }),
    prune: job({
      name: 'channel.prune',
      payload: Type.Object({}),
      async run(ctx, _payload, { signal }) {
        const before = ctx.clock.now() - KEPT;
        while (!signal.aborted && (await ctx.write((tx) => deleteEnded(tx, before, 500))) > 0);
      },
    }),
  };
}

async function deliverOne(
  ctx: Ctx,
  parts: Parts,
  asked: Thread,
  run: JobRun,
  deliver: JobType<Thread>,
): Promise<void> {
  const { channel, rows } = await claim(ctx, asked);
  const ids = rows.map(({ id }) => id);
  const next = async (tx: Tx): Promise<void> => {
    const [waits] = await selectWaiting(tx, asked.channel, asked.thread, 1);
    if (waits) await tx.enqueue(deliver, asked);
    await run.finish(tx);
  };
  if (!channel || rows.length === 0) return ctx.write((tx) => run.finish(tx));
  if (channel.enabled !== 1)
    return ctx.write(async (tx) => {
      const ended_at = tx.clock.now();
      await changeDeliveries(tx, ids, { state: 'dead', error: 'the channel is switched off', ended_at });
      await next(tx);
    });
  try {
    const message = messageOfRows(ctx, parts, rows[0]!.message!, asked.thread, rows.map(noticeOf));
    await send({ outbound: parts.outbound, signal: run.signal }, channel, message);
  } catch (error) {
    run.signal.throwIfAborted(); // the server stops: another attempt does it
    await failed(ctx, { channel, rows, error, next });
    return;
  }
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    await changeDeliveries(tx, ids, { state: 'sent', error: null, ended_at: now });
    await changeChannel(tx, channel.id, { last_at: now, last_error: null, failures: 0 });
    await next(tx);
  });
}

/** The message that goes out next: one that was tried before stays what it was. */
async function claim(
  ctx: Ctx,
  { channel: id, thread }: Thread,
): Promise<{ channel: ChannelRow | undefined; rows: DeliveryRow[] }> {
  return ctx.write(async (tx) => {
    const channel = await findChannelById(tx, id);
    if (!channel) return { channel, rows: [] };
    const waiting = await selectWaiting(tx, id, thread, MESSAGE_HOLDS);
    const [first] = waiting;
    if (!first) return { channel, rows: [] };
    if (first.message !== null)
      return { channel, rows: waiting.filter(({ message }) => message === first.message) };
    const rows = ONE_BY_ONE.has(channel.kind) ? [first] : waiting.filter(({ message }) => message === null);
    const message = `msg_${first.id}`;
    await changeDeliveries(
      tx,
      rows.map((row) => row.id),
      { message },
    );
    return { channel, rows: rows.map((row) => ({ ...row, message })) };
  });
}

async function failed(
  ctx: Ctx,
  {
    channel,
    rows,
    error,
    next,
  }: { channel: ChannelRow; rows: readonly DeliveryRow[]; error: unknown; next(tx: Tx): Promise<void> },
): Promise<void> {
  const said = outwardMessageOf(error).slice(0, 500);
  const attempts = Math.max(...rows.map((row) => row.attempts)) + 1;
  const maybeLater = error instanceof TreadleError && error.kind === 'unavailable';
  const dead = !maybeLater || attempts >= MOST_ATTEMPTS;
  const ids = rows.map(({ id }) => id);
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const failures = await countFailure(tx, channel.id, now, said);
    await changeDeliveries(tx, ids, {
      attempts,
      error: said,
      ...(dead ? { state: 'dead', ended_at: now } : {}),
    });
    const fields = { channel: channel.name, error: said };
    if (dead) {
      const resource = `channel:${channel.id}`;
      await tx.record({
        action: 'channel.gave_up',
        resource,
        after: { deliveries: ids, attempts },
        reason: said,
      });
      await tx.emit({ type: 'channel.gave_up', subject: resource });
      tx.afterCommit(() => tx.log.error('a message to a channel was given up', fields));
      await next(tx);
    } else if (failures === 1)
      tx.afterCommit(() => tx.log.warn('a message to a channel will be tried again', fields));
  });
  if (!dead) throw unavailable(said);
}

export const messageOfRows = (
  ctx: Pick<Ctx, 'clock' | 'workspace'>,
  { base }: Pick<Parts, 'base'>,
  id: string,
  group: string,
  notices: Message['notices'],
): Message => ({ id, at: ctx.clock.now(), workspace: ctx.workspace, group, notices, base: base() });
