import type { Protocol } from '../exchange.ts';
import { segments } from '../shared/path.ts';

export interface PageDoor {
  metrics(workspace: string): string;
  latest(workspace: string, endpoint: string, limit: number): readonly object[] | undefined;
}

const MOST = 1000;

/** What the plane tells of itself: `/metrics` for Prometheus, and the last answers of an endpoint. */
export function createPages(door: PageDoor): Protocol {
  return ({ method, path, query, workspace }, reply) => {
    if (method !== 'GET') return false;
    if (path === '/metrics') {
      reply.send(200, 'text/plain; version=0.0.4; charset=utf-8', door.metrics(workspace));
      return true;
    }
    if (!path.startsWith('/endpoints/')) return false;
    const [, name, what, ...rest] = segments(path) ?? [];
    if (name === undefined || what !== 'predictions' || rest.length > 0) return false;
    const asked = Number(new URLSearchParams(query).get('limit') ?? 100);
    if (!Number.isInteger(asked) || asked < 1 || asked > MOST) {
      reply.send(
        400,
        'application/json',
        JSON.stringify({ error: `limit must be a whole number from 1 to ${MOST}` }),
      );
      return true;
    }
    const found = door.latest(workspace, name, asked);
    if (found) reply.send(200, 'application/json', JSON.stringify({ items: found }));
    else reply.send(404, 'application/json', JSON.stringify({ error: 'there is no such endpoint here' }));
    return true;
  };
}
