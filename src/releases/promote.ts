import { setAlias } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { GateResult } from '../pipelines/contract.ts';
import { findUse } from './find-use.ts';
import type { Engine } from './engine.ts';
import { championOf, nameOf } from './judge.ts';
import { move } from './move.ts';
import type { Asked } from './asked.ts';
import { selectPromotions, type ReleaseRow } from './store.ts';

/** What follows a verdict: the alias moves, or the version is rejected. */
export async function promote(ctx: Ctx, engine: Engine, row: ReleaseRow, asked: Asked): Promise<void> {
  const gate = JSON.parse(row.gate!) as GateResult; // written by this room
  if (gate.verdict !== 'pass') return reject(ctx, engine, row, asked, gate);
  if (asked.judgeOnly) {
    const note = 'it passed; only the verdict was asked for, so the alias champion stays where it is';
    return ctx.write((tx) => move(tx, engine, row, 'succeeded', { note }));
  }
  await ctx.write(async (tx) => {
    if (asked.deploy?.rollout) {
      const note = 'it passed; the alias champion names it once it answers all requests';
      await move(tx, engine, row, 'promoted', { note });
      return;
    }
    const { said, ...change } = await moveAlias(tx, engine, row, gate);
    await move(tx, engine, row, 'promoted', { ...change, note: said });
  });
}

/** The alias champion names what passed, unless a person put it elsewhere since. */
export async function moveAlias(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  gate: GateResult,
): Promise<{ moved_alias?: number; said: string }> {
  const champion = await championOf(tx, row.model);
  if (champion === row.version) return { said: 'it is the champion already' };
  if (await keptElsewhere(tx, row, gate, champion))
    return { said: `the alias champion stays at version ${champion}, where a person put it since` };
  await setAlias(
    tx,
    { model: row.model, alias: 'champion', version: row.version, reason: reasonOf(row, gate) },
    engine.guards,
  );
  return { moved_alias: 1, said: `the alias champion names ${nameOf(row)}` };
}

/** Where the alias is guarded and the version answers already: it stays, and people are asked. */
export async function askForAlias(tx: Tx, engine: Engine, row: ReleaseRow): Promise<{ said: string }> {
  const request = await engine.approvals.ask(tx, {
    model: row.model,
    version: String(row.version),
    target: { alias: 'champion' },
    why: `it answers all requests at ${row.endpoint} (release ${row.id})`,
    asked_by: `release:${row.id}`,
    user: row.created_user ?? undefined,
  });
  return { said: `the alias champion is guarded: request ${request} waits for approval` };
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
  const champion = await championOf(ctx, row.model);
  const why = [
    ...gate.reasons.map((one) => one.replace(/\.$/, '')),
    ...(champion === undefined || champion === row.version ? [] : [`version ${champion} stays champion`]),
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
