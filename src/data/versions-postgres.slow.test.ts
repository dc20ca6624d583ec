import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { openDataHouse } from '../../test/data-house.ts';
import { openAnyPostgres } from '../platform/db/databases.suite.ts';
import { versionsSuite } from './versions.suite.ts';

// One database for all, since it takes a while to open; each test has a workspace of its own.
const house = await openDataHouse({ opened: await openAnyPostgres() });
after(() => house[Symbol.asyncDispose]());

let opened = 0;
versionsSuite('Postgres', async () => {
  const workspace = `w${++opened}`;
  const folder = path.join(house.data, workspace);
  mkdirSync(folder);
  return {
    ctx: house.ctx.as({ workspace }),
    data: folder,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
