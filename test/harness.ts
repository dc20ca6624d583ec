import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Ctx } from '../src/platform/ctx/index.ts';
import { createCtx } from '../src/platform/ctx/create.ts';
import type { ServerConfig } from '../src/config.ts';
import { createLog } from '../src/platform/log/index.ts';
import { LEVELS } from '../src/platform/processes/index.ts';
import { startServer, type RunningServer } from '../src/serve.ts';

export interface TestServer extends RunningServer {
  /** A ctx of the local owner in the default workspace, over the same database. */
  ctx: Ctx;
  data: string;
  /** A folder that steps may write, too: where they and the test meet. */
  shared: string;
  /** Log lines of level error: a test that provokes none ends with none. */
  errors: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** The whole house on a fresh data folder and a free port. `await using server = await openTest()`. */
export async function openTest(
  options: { data?: string; db?: string; config?: Partial<ServerConfig> } = {},
): Promise<TestServer> {
  const data = options.data ?? mkdtempSync(path.join(tmpdir(), 'treadle-test-'));
  const shared = mkdtempSync(path.join(tmpdir(), 'treadle-shared-'));
  chmodSync(shared, 0o1777);
  const errors: string[] = [];
  process.env['TREADLE_CHECK_RESPONSES'] = '1';
  const log = createLog('error', (line) => void errors.push(line));
  const running = await startServer(
    {
      host: '127.0.0.1',
      port: 0,
      data,
      db: options.db,
      allowHosts: [],
      stepFolders: [shared],
      // The tests of one machine can be run at each level that holds on it.
      isolation: LEVELS.find((level) => level === process.env['TREADLE_ISOLATION']) ?? 'auto',
      log: 'error',
      // Some seconds after a registration it would come between what a test does: sometimes, and at great expense.
      offerConversions: false,
      modelEnvironments: process.env['TREADLE_TEST_ENVIRONMENTS'],
      ...options.config,
    },
    log,
  );
  const ctx = createCtx(running.parts, {
    actor: { kind: 'owner', id: 'owner', name: 'local owner', role: 'owner' },
    workspace: 'default',
  });
  return {
    ...running,
    ctx,
    data,
    shared,
    errors,
    async [Symbol.asyncDispose]() {
      await running.close();
      // On a busy machine a process that was just ended may still be writing into a folder that is being removed.
      const gone = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };
      rmSync(shared, gone);
      if (options.data === undefined) rmSync(data, gone);
    },
  };
}
