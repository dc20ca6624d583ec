import { spaceBy, type BlobUser, type SpaceReport, type Walking } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';

/** How the rooms' enumerations are walked from a ctx. */
export const walkingOf = (ctx: Ctx): Walking => ({
  database: ctx,
  read: (hash, limit) => ctx.blobs.read(hash, limit),
});

export const spaceReport = (ctx: Ctx, users: readonly BlobUser[]): Promise<SpaceReport> =>
  spaceBy(walkingOf(ctx), users);
