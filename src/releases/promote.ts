import { setAlias } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { GateResult } from '../pipelines/contract.ts';
import { findUse } from './deploy.ts';
import type { Engine } from './engine.ts';
import { championOf, nameOf } from './judge.ts';
import { move } from './move.ts';
import type { Asked } from './asked.ts';
import { selectPromotions, type ReleaseRow } from './store.ts';

/** What follows a verdict: the alias moves, or the version is rejected. */
export async function promote(ctx: Ctx, engine: Engine, row: ReleaseRow, asked: Asked): Promise<void> {
  const gate = JSON.parse(row.gate!) as GateResult; // written by this room
  if (gate.verdict !== 'pass') return reject(ctx, engine, row, asked, gate);
  await ctx.write(async (tx) => {
    const champion = await championOf(tx, row.model);
    const moves = champion !== row.version && !(await keptElsewhere(tx, row, gate, champion));
    if (moves)
      await setAlias(tx, {
        model: row.model,
        alias: 'champion',
        version: row.version,
        reason: reasonOf(row, gate),
      });
    await move(tx, engine, row, 'promoted', {
      ...(moves ? { moved_alias: 1 } : {}),
      note: moves
        ? `the alias champion names ${nameOf(row)}`
        : champion === row.version
          ? 'it is the champion already'
          : `the alias champion stays at version ${champion}, where a person put it since`,
    });
  });
}

/**
 * An earlier verdict promoted this version once, and a person has moved the alias since: running the pipeline again does not
 * undo that. What a release of another version moved is no such word.
 */
async function keptElsewhere(
  ctx: Ctx,
  row: ReleaseRow,
  gate: GateResult,
  champion: number | undefined,
): Promise<boolean> {
  if (!gate.reused || champion === undefined) return false;
  const { newest, own } = await selectPromotions(ctx, row.model_ref, row.version);
  return own && champion !== newest;
}

const reasonOf = ({ pipeline, number, id }: ReleaseRow, { reused }: GateResult): string =>
  pipeline === null
    ? `it passed the gate of release ${id}`
    : `it passed the gate of ${pipeline} in execution ${reused?.number ?? number}`;

async function reject(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  gate: GateResult,
): Promise<void> {
  const inUse = await inUseOf(ctx, engine, row);
  const stays = inUse ?? (asked.deploy ? 'nothing was deployed' : undefined);
  const why = [
    ...gate.reasons.map((one) => one.replace(/\.$/, '')),
    ...(stays === undefined ? [] : [stays]),
  ].join('; ');
  await ctx.write((tx) =>
    move(
      tx,
      engine,
      row,
      'rejected',
      inUse === undefined ? {} : { gate: { ...gate, in_use: inUse } },
      `${gate.verdict === 'fail' ? 'the gate refused' : 'the gate could not decide on'} ${nameOf(row)}: ${why}`,
    ),
  );
}

/** A version that does not pass now may have passed before, and be in use since: that is said, and not changed. */
async function inUseOf(ctx: Ctx, engine: Engine, row: ReleaseRow): Promise<string | undefined> {
  const champion = (await championOf(ctx, row.model)) === row.version;
  const endpoint = (await findUse(ctx, engine, row))?.answers === true ? row.endpoint : null;
  if (!champion && endpoint === null) return undefined;
  const uses = [
    ...(champion ? ['is the champion'] : []),
    ...(endpoint === null ? [] : [`answers at endpoint ${endpoint}`]),
  ].join(' and ');
  const ends =
    endpoint === null
      ? `to end that, point the alias at another: treadle models alias ${row.model} champion VERSION`
      : `to end that: treadle rollback ${endpoint}`;
  return `it ${uses} from before, and stays so (${ends})`;
}
