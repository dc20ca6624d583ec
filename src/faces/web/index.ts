import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TreadleError } from '../../platform/errors/index.ts';
import { notBuiltPage } from './not-built-page.ts';

/** Scripts, styles and data from here alone; nothing inline, nothing framed. Previews of artifacts are `blob:` images. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page of the UI never begins with these: there a wrong address is an error of a program, not a page. */
const NOT_PAGES = /^\/(api|ajax-api|assets|v2|get-artifact|model-versions|graphql)(\/|$)/;

/** In `ui/dist` of a checkout, in `dist/ui` of an installed package; undefined when it was not built. */
export function findUi(here: string = import.meta.dirname): string | undefined {
  const bundled = path.basename(here) === 'dist';
  const root = bundled ? path.dirname(here) : path.join(here, '..', '..', '..');
  const installed = bundled && !existsSync(path.join(root, 'src'));
  const folder = installed ? path.join(here, 'ui') : path.join(root, 'ui', 'dist');
  return existsSync(path.join(folder, 'index.html')) ? folder : undefined;
}

/** Mounts the UI on the server's own Fastify; `folder` is read again on each request, so a later build shows up. */
export async function mountWeb(
  app: FastifyInstance,
  folder: () => string | undefined = findUi,
): Promise<void> {
  // Only `sendFile` is wanted of it; the routes below say what may be sent.
  await app.register(fastifyStatic, { serve: false, root: import.meta.dirname, preCompressed: true });

  app.route({ method: ['GET', 'HEAD'], url: '/', handler: page });
  app.route({ method: ['GET', 'HEAD'], url: '/*', handler: file });

  async function page(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const ui = folder();
    void reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('x-frame-options', 'DENY')
      .header('cache-control', 'no-cache');
    if (ui === undefined) return reply.code(503).type('text/html; charset=utf-8').send(notBuiltPage());
    return reply.sendFile('index.html', ui, { cacheControl: false });
  }

  async function file(
    request: FastifyRequest<{ Params: { '*'?: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const name = request.params['*'] ?? '';
    const ui = folder();
    if (
      ui !== undefined &&
      /^(assets\/)?[\w-][\w.-]*\.\w+$/.test(name) &&
      name !== 'index.html' &&
      existsSync(path.join(ui, name))
    ) {
      const forEver = name.startsWith('assets/');
      void reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(name, ui, { cacheControl: false });
    }
    if (wantsPage(request)) return page(request, reply);
    throw new TreadleError('missing', `there is no ${request.method} ${request.url.split('?')[0]}`, {
      hint: 'see /docs for the endpoints',
    });
  }
}

function wantsPage(request: FastifyRequest): boolean {
  return !NOT_PAGES.test(request.url) && (request.headers.accept ?? '').includes('text/html');
}
