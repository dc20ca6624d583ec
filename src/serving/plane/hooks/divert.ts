import type { Hook } from './hook.ts';

/** Where a host is down: the champion answers for its canary, the revision before for the champion, else what the table says now. */
export const diversion: Hook = {
  divert({ route, target, version }, current) {
    for (const other of [route.champion, route.fallback, current?.champion, current?.fallback]) {
      if (other === undefined || other === target || other.lane?.ready !== true) continue;
      if (other.lane === target.lane) continue;
      if (version !== undefined && String(other.variant.version) !== version) continue;
      return other;
    }
    return undefined;
  },
};
