import { route, type Route } from '../../platform/http/index.ts';
import { meaning, type Chosen } from '../../platform/processes/index.ts';
import * as contract from './contract.ts';
import { DOCS_HEADERS, docsPage } from './docs-page.ts';
import { openApi } from './openapi.ts';
import { unavailable } from '../../platform/errors/index.ts';

/** The native face: every room's own routes, and the pages that describe them. */
export function restRoutes(
  rooms: readonly Route[],
  version: string,
  /** Why the server is not ready, or undefined. */
  readiness: () => Promise<string | undefined>,
  walls: Chosen,
): Route[] {
  let tried: ReturnType<Chosen['tried']> | undefined;
  const own = [
    ...rooms,
    route(contract.getIsolation, async () => ({
      level: walls.isolation.level,
      wanted: walls.wanted,
      says: meaning(walls.isolation),
      levels: await (tried ??= walls.tried()),
    })),
  ];
  const native = own.map(({ endpoint }) => endpoint);
  return [
    ...own,
    route(contract.health, async () => ({ text: 'OK' })),
    route(contract.ready, async () => {
      const why = await readiness();
      if (why === undefined) return { text: 'OK' };
      throw unavailable(`not every write can be taken now: ${why}`, {
        hint: 'look at the server log; GET /health says that the process lives',
        code: 'not-ready',
      });
    }),
    route(contract.openApiDocument, async () =>
      openApi([...native, contract.health, contract.ready], version),
    ),
    route(contract.docs, async () => ({
      text: docsPage(native, version),
      type: 'text/html; charset=utf-8',
      headers: DOCS_HEADERS,
    })),
  ];
}
