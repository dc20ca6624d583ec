import type { IncomingMessage } from 'node:http';
import { invalid } from '../errors/index.ts';

/**
 * Refuses requests that two readers would take for two: a target that names a host of its own (a proxy's form), which no check
 * looks at, and two Host fields, of which a proxy before us may have believed the other.
 */
export function guardForm({ url = '/', method, rawHeaders }: IncomingMessage): void {
  if (!url.startsWith('/') && !(method === 'OPTIONS' && url === '*'))
    throw invalid('the request target must begin with a slash');
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) throw invalid(`the request has ${hosts} Host headers; there must be one`, { field: 'host' });
}
