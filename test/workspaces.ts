import { after, before } from 'node:test';
import { createWorkspace } from '../src/access/index.ts';
import type { Ctx } from '../src/platform/ctx/index.ts';
import type { TestServer } from './harness.ts';

/** One workspace of a server that several tests share. */
export interface Workspace extends Pick<TestServer, 'url' | 'data' | 'errors'> {
  ctx: Ctx;
  /** Say on a request which workspace it is for. */
  headers: Record<string, string>;
}

/**
 * A server for all tests of the `describe` that calls this, and a fresh workspace of it for each that asks: to open a server takes
 * more than what most of them ask of it.
 */
export function workspacesOf(open: () => Promise<TestServer>): () => Promise<Workspace> {
  let server: TestServer;
  let made = 0;
  before(async () => {
    server = await open();
  });
  after(() => server[Symbol.asyncDispose]());
  return async () => {
    const workspace = `room-${++made}`;
    await createWorkspace(server.ctx, workspace);
    const { url, data, errors, ctx } = server;
    return { url, data, errors, ctx: ctx.as({ workspace }), headers: { 'x-treadle-workspace': workspace } };
  };
}
