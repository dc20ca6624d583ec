import type { InferenceReply, Protocol } from '../exchange.ts';
import type { About, AboutAnswer } from '../../../serving/index.ts';
import { exposition } from '../../../platform/exposition/index.ts';
import { failureOf } from '../shared/failure.ts';
import { segments } from '../shared/path.ts';

/** What is asked of an endpoint is asked of all planes, whichever has the connection. */
export interface PageDoor {
  ask(about: About, done: (error: Error | undefined, answer?: AboutAnswer) => void): void;
}

const MOST = 1000;

/** What the plane tells of itself: `/metrics` for Prometheus, and the last answers of an endpoint. */
export function createPages(door: PageDoor): Protocol {
  return ({ method, path, query, workspace }, reply) => {
    if (method !== 'GET') return false;
    if (path === '/metrics') {
      door.ask({ what: 'metrics', workspace }, (error, answer) => {
        if (!answer?.metrics) return refuse(reply, error);
        reply.send(200, 'text/plain; version=0.0.4; charset=utf-8', exposition(answer.metrics));
      });
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
    door.ask({ what: 'latest', workspace, endpoint: name, limit: asked }, (error, answer) => {
      if (!answer) return refuse(reply, error);
      const { latest } = answer;
      if (latest) reply.send(200, 'application/json', JSON.stringify({ items: latest }));
      else reply.send(404, 'application/json', JSON.stringify({ error: 'there is no such endpoint here' }));
    });
    return true;
  };
}

function refuse(reply: InferenceReply, error: unknown): void {
  const { message } = failureOf(error);
  reply.send(503, 'application/json', JSON.stringify({ error: message }), { 'Retry-After': '1' });
}
