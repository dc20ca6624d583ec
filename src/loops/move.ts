import type { LineageEdge, Tx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { TurnState } from './contract.ts';
import type { Engine } from './engine.ts';
import { findLoopById, updateLoop, type LoopRow } from './store.ts';
import { moveTurn, selectWaiting, type TurnChange, type TurnRow } from './store-turns.ts';
import { settingsOf } from './settings.ts';

/** States that nothing follows. */
export const OVER = [
  'promoted',
  'trained',
  'rejected',
  'rolled_back',
  'held',
  'failed',
  'cancelled',
  'no_op',
  'skipped',
] as const;
export type End = (typeof OVER)[number];
export const isEnd = (state: string): state is End => OVER.some((one) => one === state);

/** Longest wait after failures, ms. */
const DAY = 86_400_000;

/** One step of a turn's way: state, transition, ledger and event in the transaction of the step's own work. It is taken once. */
export async function move(
  tx: Tx,
  engine: Engine,
  row: TurnRow,
  to: TurnState,
  { edges = [], note, ...change }: TurnChange & { edges?: LineageEdge[]; note?: string } = {},
): Promise<void> {
  const now = tx.clock.now();
  const over = isEnd(to);
  const moved = await moveTurn(
    tx,
    row,
    {
      ...change,
      state: to,
      ...(to === 'waiting' ? {} : { not_before: null }),
      ...(over ? { ended_at: now, flight: null } : {}),
    },
    note ?? change.reason ?? null,
  );
  if (!moved) throw conflict(`turn ${row.id} is no longer ${row.state}`, { code: MOVED });
  if (to === row.state) return;
  const resource = `loop_turn:${row.id}`;
  await tx.record({
    action: `loop_turn.${to}`,
    resource,
    after: {
      loop: row.loop_name,
      trigger: row.trigger_name,
      ...((change.code ?? null) === null ? {} : { code: change.code }),
    },
    ...((change.reason ?? note) === undefined ? {} : { reason: (change.reason ?? note)! }),
    edges: edges.map((edge) => ({ ...edge, from: resource })),
  });
  await tx.emit({
    type: `loop_turn.${to}`,
    subject: resource,
    data: {
      loop: row.loop_name,
      trigger: row.trigger_name,
      ...((change.reason ?? null) === null ? {} : { reason: change.reason }),
    },
  });
  if (over) await afterEnd(tx, engine, row, to, change.code ?? undefined);
}

/** Code of the error of a step that another has taken meanwhile. */
export const MOVED = 'turn-moved';

/** What an end means for the loop: how often in a row it went wrong, whom it waits for, who waits for it. */
async function afterEnd(
  tx: Tx,
  engine: Engine,
  row: TurnRow,
  end: End,
  code: string | undefined,
): Promise<void> {
  const loop = await findLoopById(tx, row.loop_id);
  if (!loop) return;
  const now = tx.clock.now();
  if (end === 'promoted' || end === 'trained')
    await updateLoop(tx, loop.id, { rejected: 0, failed: 0, back_off_until: 0 });
  else if (end === 'failed') {
    const failed = loop.failed + 1;
    const wait = Math.min(DAY, settingsOf(loop).back_off_ms * 2 ** Math.min(20, loop.failed));
    await updateLoop(tx, loop.id, { failed, back_off_until: now + wait });
  } else if (end === 'rejected' || end === 'rolled_back') {
    const rejected = loop.rejected + 1;
    await updateLoop(tx, loop.id, { rejected, failed: 0, back_off_until: 0 });
    if (rejected >= settingsOf(loop).rejections && loop.state === 'active')
      await callPeople(tx, loop, rejected, end, code);
  }
  await lookAgain(tx, engine, loop.id);
}

/** Something that turns of a loop may wait for has ended. */
export async function lookAgain(tx: Tx, engine: Engine, loop: string): Promise<void> {
  for (const waiting of await selectWaiting(tx, loop)) await tx.enqueue(engine.turn, { turn: waiting.id });
}

async function callPeople(
  tx: Tx,
  loop: LoopRow,
  rejected: number,
  end: End,
  code: string | undefined,
): Promise<void> {
  const [last, why] =
    code === 'inconclusive'
      ? ['neither proven good enough nor bad', 'judge on more rows, or allow a wider margin']
      : [
          end === 'rejected' ? 'rejected by the gate' : 'rolled back',
          'training again on the same kind of data does not mend it',
        ];
  const reason = `${rejected} candidates in a row did not hold (the last was ${last}): ${why}`;
  await moveLoop(tx, loop, 'needs_people', reason);
}

/** To another state of the loop, with ledger and event. */
export async function moveLoop(
  tx: Tx,
  loop: LoopRow,
  state: 'active' | 'paused' | 'needs_people',
  reason: string | null,
): Promise<void> {
  const now = tx.clock.now();
  await updateLoop(tx, loop.id, { state, reason, state_at: now, state_by: tx.actor.name, updated_at: now });
  const verb = state === 'active' ? 'resumed' : state;
  const resource = `loop:${loop.id}`;
  await tx.record({
    action: `loop.${verb}`,
    resource,
    before: { state: loop.state },
    after: { state },
    ...(reason === null ? {} : { reason }),
  });
  await tx.emit({
    type: `loop.${verb}`,
    subject: resource,
    data: { loop: loop.name, ...(reason === null ? {} : { reason }) },
  });
}
