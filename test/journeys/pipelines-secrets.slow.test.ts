import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { Project, states, stepOf, whyOf } from './pipelines/project.ts';

const VALUE = 'canary-9b2d-of-a-step';

test('a step gets the secrets that it names, its log hides them, and another value is another key; a check gets none', async () => {
  await using server = await openTest();
  using p = new Project(server.url);
  const set = async (name: string, value: string, more: object = {}, query = ''): Promise<void> => {
    const answer = await fetch(`${server.url}/api/v1/secrets/${name}${query}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value, ...more }),
    });
    assert.equal(answer.status, 200);
  };
  p.write(
    'show.sh',
    'printf %s "$DB_URL" | wc -c > size.txt\nprintf "%s\\n" "$DB_URL"\nprintf %s "$DB_URL" | base64\n',
  );
  const file = (secrets: string): string =>
    `name: reader\nsecrets: ${secrets}\nsteps:\n  show: { run: sh show.sh, code: [show.sh], out: { size: size.txt } }\n`;
  p.write('treadle.yaml', file('[DB_URL]'));
  const absent = await p.run();
  assert.deepEqual([absent.state, stepOf(absent, 'show').outcome?.reason], ['failed', 'input']);
  assert.match(stepOf(absent, 'show').outcome?.message ?? '', /there is no secret 'DB_URL'/);

  await set('DB_URL', VALUE, { pipelines: ['other*'] });
  assert.match(
    stepOf(await p.run(), 'show').outcome?.message ?? '',
    /'reader' may not name the secret DB_URL/,
  );
  await set('DB_URL', VALUE);
  const first = await p.run();
  assert.equal(first.state, 'succeeded', JSON.stringify(first));
  const log = await p.log(first.id, 'show');
  assert.equal(log.trim(), '[secret]\n[secret]', 'as it is, and as base64');
  assert.deepEqual(states(await p.run()), { show: 'cached' });
  await set('DB_URL', `${VALUE}!`);
  const anew = await p.run();
  assert.equal(states(anew)['show'], 'succeeded');
  assert.match(whyOf(anew, 'show'), /secret DB_URL has another value/);
  assert.ok(!JSON.stringify(anew).includes(VALUE));

  await set('DB_URL', `${VALUE}-staging`, {}, '?environment=staging');
  p.write('treadle.yaml', file('[staging:DB_URL]'));
  const staging = await p.run();
  assert.equal(staging.state, 'succeeded');

  const check = await p.run({
    ci: { branch: 'main' },
    git: { commit: 'a'.repeat(40), branch: 'main', dirty: false },
    force: true,
  });
  assert.match(stepOf(check, 'show').outcome?.message ?? '', /no check of a commit gets any/);
  assert.deepEqual(server.errors, []);
});
