import assert from 'node:assert/strict';
import test from 'node:test';
import { addUser, createWorkspace, updateUser } from '../../src/access/index.ts';
import { openTest } from '../harness.ts';
import { play, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const GOOD = 'four words nobody joins';

test(
  'MLflow’s client with name and password: of two people in two workspaces neither sees anything of the other',
  { skip },
  async () => {
    await using server = await openTest();
    const { ctx, url } = server;
    await createWorkspace(ctx, 'other');
    await addUser(ctx, { name: 'ana', password: GOOD, roles: ['editor'] });
    await addUser(ctx.as({ workspace: 'other' }), { name: 'ben', password: GOOD, roles: ['editor'] });
    await addUser(ctx, { name: 'eve', password: GOOD, roles: ['viewer'] });
    const as = (name: string, more: Record<string, string> = {}) =>
      play('mlflow-people.py', url, {
        MLFLOW_TRACKING_USERNAME: name,
        MLFLOW_TRACKING_PASSWORD: GOOD,
        ...more,
      });
    const ana = await as('ana');
    assert.deepEqual(
      [ana['experiments'], ana['runs'], ana['models']],
      [['Default', 'of ana'], ['run of ana'], ['model-ana']],
    );
    const ben = await as('ben', { OTHER_RUN: String(ana['run']), OTHER_MODEL: 'model-ana' });
    assert.deepEqual(
      [ben['experiments'], ben['runs'], ben['models']],
      [['Default', 'of ben'], ['run of ben'], ['model-ben']],
    );
    assert.deepEqual(
      [ben['other run'], ben['other metric'], ben['other model']],
      ['RESOURCE_DOES_NOT_EXIST', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_DOES_NOT_EXIST'],
    );
    // Who reads sees what the others of the workspace made, and makes nothing.
    const eve = await as('eve', { OTHER_RUN: String(ana['run']), OTHER_MODEL: 'model-ana' });
    assert.deepEqual(
      [eve['made'], eve['experiments'], eve['other run'], eve['other metric']],
      ['PERMISSION_DENIED', ['Default', 'of ana'], 'done', 'PERMISSION_DENIED'],
    );
    await updateUser(ctx, 'ana', { disabled: true });
    await assert.rejects(as('ana'), /UNAUTHENTICATED|401|do not belong together/);
    assert.deepEqual(server.errors, []);
  },
);
