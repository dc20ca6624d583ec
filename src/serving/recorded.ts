import path from 'node:path';
import type { Ctx } from '../platform/ctx/index.ts';
import { tooLarge } from '../platform/errors/index.ts';
import type { Recording } from './contract.ts';
import type { Engine } from './engine.ts';
import { retiredFile } from './plane/segment-name.ts';
import { rulesIn, type HeldRules } from './record-rules.ts';
import type { Segments } from './segments.ts';
import { selectSegments } from './store-segments.ts';
import { requireEndpoint } from './store.ts';
import { recordingOf } from './table.ts';

/** What is recorded of an endpoint's predictions, for rooms above: files that they may read, and what is missing in them. */
export interface Recorded {
  endpoint: { id: string; name: string };
  recording: Recording;
  /** What was not recorded as it is in this time, and of which share. */
  rules: HeldRules;
  /** Those that touch the window, oldest first. */
  segments: Array<{
    path: string;
    /** Where it lies for a while, should the file of its hour take its place before it is read. */
    later: string;
    from: number;
    to: number;
    predictions: number;
    rows: number;
  }>;
  /** Answered in the window and not kept; known for the 8 days that minutes are. */
  dropped: number;
  /** A data plane that is very busy still holds some of them in memory. */
  incomplete: boolean;
  /** When the newest recorded prediction was answered, inside the window or not; undefined: none is. */
  newest: number | undefined;
}

/** Files that one question reads; a busy variant makes one a minute. */
const FILES = 12_000;

/** What of the log is asked for: `[from, to)`. */
export interface RecordedSpan {
  from?: number | undefined;
  to?: number | undefined;
  /** It is over, and nothing may be missing in it: planes that were asked a few seconds ago are asked again. */
  whole?: boolean;
}

/** Predictions of a time. What planes still hold is brought to disk first. */
export async function recorded(
  ctx: Ctx,
  name: string,
  { from, to, whole: all = false }: RecordedSpan,
  engine: Engine,
  segments: Segments,
): Promise<Recorded> {
  const endpoint = await requireEndpoint(ctx, name);
  const ago = all && to !== undefined ? ctx.clock.now() - to : undefined;
  const whole = await engine.planes.show(endpoint.id, ago);
  await engine.planes.gather();
  await segments.settled();
  const rows = await selectSegments(ctx, endpoint.id, { from, to, limit: FILES + 1 });
  if (rows.length > FILES)
    throw tooLarge(
      `the predictions of '${name}' in this time lie in more than ${FILES.toLocaleString('en')} files`,
      { hint: 'ask for a shorter time', code: 'too-many-segments' },
    );
  const newest = rows[0] ?? (await selectSegments(ctx, endpoint.id, { limit: 1 }))[0];
  return {
    endpoint: { id: endpoint.id, name },
    recording: recordingOf(endpoint, engine),
    rules: rulesIn(endpoint, { from, to }),
    segments: rows.toReversed().map(({ file, from_at, to_at, predictions, row_count }) => ({
      path: path.join(engine.data, file),
      later: path.join(engine.data, retiredFile(file)),
      from: from_at,
      to: to_at,
      predictions,
      rows: row_count,
    })),
    dropped: await engine.minutes.dropped(ctx, endpoint.id, {
      from: from ?? 0,
      to: to ?? ctx.clock.now() + 1,
    }),
    incomplete: !whole,
    newest: newest?.to_at,
  };
}
