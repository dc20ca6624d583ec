import { invalid } from '../../../platform/errors/index.ts';
import type { PlaneDoor } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import type { InferenceReply, Protocol } from '../exchange.ts';
import { segments } from '../shared/path.ts';
import { fail, invoke } from './invoke.ts';

/** The version of MLflow whose scoring server this answers like. */
const LIKE = '3.17.2';

/** MLflow's scoring server: /invocations, /endpoints/NAME/invocations, /ping, /health, /version. */
export function createMlflow(door: PlaneDoor, aside: Aside): Protocol {
  return (request, reply) => {
    switch (request.path) {
      case '/invocations':
        if (only('POST', request.method, reply)) invoke(door, aside, request, reply, undefined);
        return true;
      case '/ping':
      case '/health':
        if (!only('GET', request.method, reply)) return true;
        if (!ready(door, request.workspace)) reply.send(404, 'application/json', '\n');
        else reply.send(200, 'application/json', '\n');
        return true;
      case '/version':
        if (only('GET', request.method, reply)) reply.send(200, 'application/json', LIKE);
        return true;
      default:
    }
    if (!request.path.startsWith('/endpoints/')) return false;
    const parts = segments(request.path);
    if (!parts) {
      fail(reply, invalid('the path has a broken percent-encoding', { field: 'endpoint' }));
      return true;
    }
    const [, name, verb] = parts;
    if (parts.length !== 3 || name === undefined || verb !== 'invocations') return false;
    if (only('POST', request.method, reply)) invoke(door, aside, request, reply, name);
    return true;
  };
}

/** Healthy as MLflow means it: there is a model, and it is loaded. */
const ready = (door: PlaneDoor, workspace: string): boolean => door.ready && door.list(workspace).length > 0;

function only(wanted: string, method: string, reply: InferenceReply): boolean {
  if (method === wanted || (wanted === 'GET' && method === 'HEAD')) return true;
  const message = `${method.slice(0, 20)} is not offered here; ${wanted} is`;
  reply.send(405, 'application/json', JSON.stringify({ error_code: 'METHOD_NOT_ALLOWED', message }), {
    Allow: wanted,
  });
  return false;
}
