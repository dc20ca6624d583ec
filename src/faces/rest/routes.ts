import { route, type Route } from '../../platform/http/index.ts';
import * as contract from './contract.ts';
import { DOCS_HEADERS, docsPage } from './docs-page.ts';
import { openApi } from './openapi.ts';

/** The native face: every room's own routes, and the pages that describe them. */
export function restRoutes(rooms: readonly Route[], version: string): Route[] {
  const native = rooms.map(({ endpoint }) => endpoint);
  return [
    ...rooms,
    route(contract.health, async () => ({ text: 'OK' })),
    route(contract.openApiDocument, async () => openApi([...native, contract.health], version)),
    route(contract.docs, async () => ({
      text: docsPage(native, version),
      type: 'text/html; charset=utf-8',
      headers: DOCS_HEADERS,
    })),
  ];
}
