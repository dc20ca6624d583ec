import assert from 'node:assert/strict';
import test from 'node:test';
import { runHere } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';
import { addUser, createToken } from '../../access/index.ts';
import { constantOnnx, registerOnnx } from '../../../test/onnx-model.ts';

test('from the rule to the move, on the command line', async () => {
  await using server = await openTest();
  const { ctx, url } = server;
  const token = async (name: string, role: 'editor' | 'approver'): Promise<string> => {
    const { id } = await addUser(ctx, { name, roles: [role] });
    const actor = { kind: 'user' as const, id, name, role, user: id };
    return (await createToken(ctx.as({ actor }), { name, role })).secret;
  };
  const [ann, ben] = [await token('ann', 'editor'), await token('ben', 'approver')];
  const as = async (secret: string | undefined, ...argv: string[]) => {
    if (secret === undefined) delete process.env['TREADLE_TOKEN'];
    else process.env['TREADLE_TOKEN'] = secret;
    try {
      return await runHere(url, ...argv);
    } finally {
      delete process.env['TREADLE_TOKEN'];
    }
  };
  for (const value of [1, 2]) await registerOnnx(ctx, 'flights', constantOnnx(value));
  const none = await as(undefined, 'policy');
  assert.match(none.out, /nothing is guarded/);
  const set = await as(undefined, 'policy', 'set', 'production', '--alias', 'champion', '--check', 'scan');
  assert.match(set.out, /production +1 +\*@champion +1 approver +scan/, set.err);

  const refused = await as(ann, 'models', 'alias', 'flights', 'champion', '2');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /treadle request flights@v2 --alias champion -m 'why'/);
  const asked = await as(ann, 'request', 'flights@v2', '--alias', 'champion', '-m', 'better');
  const id = /request ([0-9a-f]{32}) is open/.exec(asked.out)?.[1] ?? assert.fail(asked.err);
  assert.match(asked.out, /✓ scan/);
  assert.match((await as(ann, 'requests')).out, new RegExp(`${id} +flights@v2 +flights@champion +open`));
  assert.match((await as(ann, 'approve', id, '-m', 'mine')).err, /may not approve/);
  assert.match((await as(undefined, 'approve', id, '-m', 'x')).err, /only a person approves/);
  assert.match((await as(ben, 'approve', id, '-m', 'seen')).out, /is approved.*treadle promote/);
  assert.match((await as(ann, 'promote', id)).out, /flights@champion is flights@v2 now/);
  assert.match((await as(ann, 'requests')).out, /nothing waits for approval/);
  assert.match((await as(ann, 'requests', id)).out, /ben: approve, .*: seen/);
  assert.match((await as(ann, 'requests', '--reviews')).out, /no broken glass/);
  assert.match(
    (await as(undefined, 'policy', 'end', 'production', '-m', 'done')).out,
    /guards nothing any more/,
  );
  assert.deepEqual(server.errors, []);
});
