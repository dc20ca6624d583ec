import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { runHere } from '../../test/cli.ts';
import { openTest } from '../../test/harness.ts';
import { until } from '../../test/until.ts';
import { listEntries } from '../ledger/index.ts';
import type { CommitCheck } from './contract.ts';

const SHA = 'a'.repeat(40);

test('a check that failed is tried again when its delivery is sent again, or by hand; one that waits says why', async () => {
  let status = 404;
  const host = createServer((_asked, answer) => void answer.writeHead(status).end()).listen(0, '127.0.0.1');
  if (!host.listening) await once(host, 'listening');
  const { port } = host.address() as AddressInfo;
  await using server = await openTest({ config: { allowOutbound: [`127.0.0.1:${port}`] } });
  const cli = async (...argv: string[]) => runHere(server.url, 'githost', ...argv);
  const read = async (...argv: string[]): Promise<unknown> => JSON.parse((await cli(...argv, '--json')).out);
  try {
    const url = `http://127.0.0.1:${port}`;
    await cli('set', 'churn', 'gitlab', url, 'team/churn');
    const { secret, path } = (await read('secret', 'churn')) as { secret: string; path: string };
    const push = async (): Promise<string> => {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'x-gitlab-token': secret, 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': 'one' },
        body: JSON.stringify({
          ref: 'refs/heads/main',
          after: SHA,
          project: { path_with_namespace: 'team/churn' },
        }),
      });
      return ((await answer.json()) as { said: string }).said;
    };
    const check = async () => ((await read('checks', 'churn')) as CommitCheck[])[0]!;
    const failed = () => until('it failed', async () => (await check()).state === 'failed');

    assert.match(await push(), /is checked$/);
    await failed();
    assert.match((await check()).problem ?? '', /did not hand out the commit/);
    assert.match(await push(), /could not be checked; it is tried again/);
    await failed();
    status = 500;
    assert.match(
      (await cli('again', 'churn', SHA.slice(0, 10))).out,
      /commit a{10} of main is checked again/,
    );
    await until('it says why it waits', async () => (await check()).problem !== undefined);
    const { state, problem } = await check();
    assert.equal(state, 'waiting');
    assert.match(problem!, /did not hand out the commit/);
    assert.equal(await push(), 'this delivery was heard before');
    assert.match(
      (await cli('again', 'churn', SHA)).err,
      /has not ended: it is waiting\n {2}→ wait for its end/,
    );
    assert.match(
      (await cli('again', 'churn', 'bbbb')).err,
      /none of the newest 1 checks of churn is of a commit bbbb/,
    );
    const { items } = await listEntries(server.ctx, { limit: 100 });
    assert.equal(items.filter(({ action }) => action === 'git_check.begun_again').length, 2);
    assert.equal(((await read('checks')) as CommitCheck[]).length, 1);
  } finally {
    host.closeAllConnections();
    host.close();
  }
});
