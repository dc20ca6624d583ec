import type { Standing, Wants } from './standing.ts';

/** How a version came to where it is: by people’s word, by one person alone, back again, or it was there before anything was guarded. */
export type How = 'approved' | 'broke_glass' | 'going_back' | 'found';

/** A version that something guarded was once let point at. */
export interface Promotion {
  version: string;
  /** Digest over its files then. */
  content: string;
  how: How;
  /** Names the move, where it is made in several steps. */
  key: string | null;
}

/** One version that something guarded is about to point at. */
export interface Arrival {
  version: string;
  /** Digest over its files; undefined where they are not here, or are not any more what was registered. */
  content: string | undefined;
  /** Requests for it and this target, newest first, as they stand now. */
  requests: ReadonlyArray<{ id: string; standing: Standing }>;
}

export type Permission =
  | { ok: true; how: How | 'stays' | 'same move'; request?: string }
  | { ok: false; why: 'content' | 'approval' };

/** Whether a guarded target may point at a version: the whole rule. */
export function permit(
  { version, content, requests }: Arrival,
  target: {
    from: readonly string[];
    promotions: readonly Promotion[];
    wants: readonly Wants[];
    key?: string | undefined;
  },
): Permission {
  if (content === undefined) return { ok: false, why: 'content' };
  const before = target.promotions.filter((one) => one.version === version && one.content === content);
  if (target.from.includes(version)) return { ok: true, how: 'stays' };
  if (target.key !== undefined && before.some(({ key }) => key === target.key))
    return { ok: true, how: 'same move' };
  const approved = requests.find(({ standing }) => standing.state === 'approved');
  if (approved)
    return {
      ok: true,
      how: approved.standing.broke_glass ? 'broke_glass' : 'approved',
      request: approved.id,
    };
  if (before.length > 0 && target.wants.every(({ going_back }) => going_back))
    return { ok: true, how: 'going_back' };
  return { ok: false, why: 'approval' };
}
