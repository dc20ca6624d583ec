import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { runHere } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';

test('environments are set by hand and by a file, and read back; secrets are taken from a file and never shown', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using server = await openTest();
  const run = async (...argv: string[]): Promise<string> => {
    const { code, out, err } = await runHere(server.url, ...argv);
    assert.equal(code, 0, err);
    return out;
  };
  assert.match(await run('environment'), /there is no environment yet/);
  await run('environment', 'set', 'staging', '--hold', '1h', '--freeze', '2020-01-01/2020-02-01 long ago');
  const file = path.join(folder, 'treadle.yaml');
  writeFileSync(
    file,
    `name: a
steps: { b: { run: 'true' } }
environments:
  staging: { hold: 2h }
  production: { endpoints: "{model}", windows: [mon-fri 09:00-17:00], time_zone: Europe/Berlin }
`,
  );
  assert.match(await run('environment', 'apply', file), /staging +\{model\}-staging +2 h 0 min/);
  const shown = await run('environment', 'show', 'staging');
  assert.match(shown, /staging: place 1, open/);
  assert.match(shown, /frozen 2020-01-01/, 'what the file does not say stays');
  assert.match(
    await run('environment', 'show', 'production'),
    /mon,tue,wed,thu,fri 09:00-17:00 \(Europe\/Berlin\)/,
  );
  assert.match(await run('environment', 'board'), /nothing answers in an environment yet/);
  assert.match(await run('gitops', 'status'), /no environment follows a file/);
  for (const [argv, says] of [
    [['environment', 'set', 'late', '--rollout', '50,10'], /the step 10 % comes after 50 %/],
    [['environment', 'set', 'late', '--variable', 'A B=x'], /nothing is called so|"A B"|A B/],
    [
      ['environment', 'set', 'late', '--model', 'churn=churn-staging'],
      /endpoint churn-staging of churn would be that of/,
    ],
    [['gitops', 'set', 'staging', '--host', 'nosuch', '--file', 'a.yaml'], /there is no connection 'nosuch'/],
    [['gitops', 'status', 'staging'], /'staging' follows nothing in Git/],
    [['promote', 'flights@v1'], /'flights@v1' is no id of a request[^]*name it with --to/],
    [['githost', 'checks', 'nosuch'], /there is no connection 'nosuch'/],
    [['githost', 'again', 'nosuch', 'abcdef12'], /there is no connection 'nosuch'/],
  ] as const) {
    const refused = await runHere(server.url, ...argv);
    assert.equal(refused.code, 1, argv.join(' '));
    assert.match(refused.err, says);
  }
  assert.match(
    await run(
      'environment',
      'set',
      'production',
      '--endpoints',
      '{model}',
      '--freeze',
      '2020-01-01/2020-01-01 x',
    ),
    /no longer: windows\. What is not said is as by default/,
  );
  const { code, err } = await runHere(server.url, 'promote', 'flights@v1', '--to', 'nowhere');
  assert.equal(code, 1);
  assert.match(err, /there is no environment 'nowhere'/);

  const value = path.join(folder, 'value.txt');
  writeFileSync(value, 'canary-31f0-value\n');
  await run('secret', 'set', 'DB_URL', '--for', 'a*', '--from-file', value);
  assert.match(
    await run('secret', 'set', 'OTHER', '--environment', 'stagin', '--from-file', value),
    /there is no environment 'stagin' yet/,
  );
  assert.match(
    await run('policy', 'set', 'guard', '--environment', 'prodction'),
    /It guards nothing there: there is no environment 'prodction' yet/,
  );
  assert.doesNotMatch(await run('policy', 'set', 'guard', '--environment', 'production'), /guards nothing/);
  const list = await run('secret');
  assert.match(list, /DB_URL +1 +a\*/);
  assert.ok(!list.includes('canary'));
  assert.match(await run('secret', 'rotate-key'), /^2 secrets are sealed/);
  await run('environment', 'remove', 'staging', '-m', 'done');
  assert.deepEqual(server.errors, []);
});
