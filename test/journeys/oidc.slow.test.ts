import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { addGroup, addUser, setGroupRoles, updateUser } from '../../src/access/index.ts';
import { freePort } from '../free-port.ts';
import { cannotRun, openUi } from './ui-browser.ts';

/** Sign-in by a real provider (the package `oidc-provider`) in a real browser. */

async function openProvider(port: number, redirect: string, group: string) {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'oidc-provider.mjs'), String(port), redirect, group],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the provider ended with ${code}`)));
  });
  return { [Symbol.dispose]: () => void child.kill() };
}

test(
  'somebody signs in by a real provider, has the roles of their groups, and is out at once when disabled',
  { skip: cannotRun ?? false },
  async () => {
    const [port, at] = [await freePort(), await freePort()];
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-oidc-'));
    const secretFile = path.join(folder, 'secret');
    writeFileSync(secretFile, 'a secret of the client alone\n');
    using _provider = await openProvider(at, `http://127.0.0.1:${port}/sign-in/oidc/callback`, 'editors');
    await using house = await openUi({
      config: {
        port,
        oidc: { issuer: `http://127.0.0.1:${at}`, client: 'treadle', secretFile, groups: 'groups' },
        allowOutbound: [`127.0.0.1:${at}`],
      },
    });
    const { ctx } = house.server;
    // Whoever has the name here is somebody else: names say nothing of who comes by the provider.
    await addUser(ctx, { name: 'ana', password: 'four words nobody joins', owner: true });
    const { page } = await house.open('/settings', { expected: /./ });
    const enter = async (): Promise<void> => {
      await page.goto(`${house.url}/sign-in/oidc`);
      const login = page.locator('input[name=login]');
      await login
        .or(page.getByRole('heading', { name: 'Treadle' }))
        .or(page.getByText('Live'))
        .first()
        .waitFor();
      if ((await login.count()) === 0) return;
      await login.fill('ana');
      await page.locator('input[name=password]').fill('whatever');
      await page.getByRole('button', { name: 'Sign-in' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.waitForURL(`${house.url}/**`);
    };

    await page.context().addCookies([{ name: 'treadle-session', value: 'x', url: house.url }]);
    await page.reload();
    await page.getByRole('link', { name: 'Sign in by your organisation' }).waitFor();
    await enter();
    await page.getByText('have no role here yet').waitFor();

    await addGroup(ctx, 'editors');
    await setGroupRoles(ctx, 'editors', ['editor']);
    await enter();
    await page.getByRole('button', { name: 'Signed in as ana-2' }).waitFor();
    await page.goto(`${house.url}/settings`);
    await page.getByText('editor by editors').waitFor();
    const cookies = (await page.context().cookies(house.url)).filter(({ name }) =>
      name.startsWith('treadle'),
    );
    assert.deepEqual(
      cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
      [['treadle-session', true, 'Lax']],
    );

    // Another browser has not begun what this one brings.
    const stolen = await fetch(`${house.url}/sign-in/oidc/callback?code=x&state=y`, { redirect: 'manual' });
    assert.deepEqual([stolen.status, stolen.headers.get('location')], [302, '/?sign-in=refused']);

    await updateUser(ctx, 'ana-2', { disabled: true });
    await page.reload();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await enter();
    await page.getByText('or your account is disabled').waitFor();
    assert.deepEqual(house.server.errors, []);
    rmSync(folder, { recursive: true });
  },
);
