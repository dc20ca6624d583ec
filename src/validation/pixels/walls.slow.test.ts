import assert from 'node:assert/strict';
import test from 'node:test';
import { Transformer } from '@napi-rs/image';
import { openTest } from '../../../test/harness.ts';
import { chooseIsolation, createProcesses, LEVELS } from '../../platform/processes/index.ts';
import { openTables } from '../../tables/index.ts';
import { picture, png } from './images.suite.ts';
import { pixelsOf } from './pixels-of.ts';
import { MOST_BYTES } from './protocol.ts';

test('decoders load behind the walls of a table reader; what is too large or gone is not asked', async () => {
  await using server = await openTest();
  const wanted = LEVELS.find((level) => level === process.env['TREADLE_ISOLATION']) ?? 'auto';
  const { isolation } = await chooseIsolation({ data: server.data, wanted });
  const processes = createProcesses({ isolation });
  const tables = openTables(processes);
  try {
    const image = png(picture(1));
    const all = [image, await new Transformer(image).bmp(), await new Transformer(image).jpeg(90)];
    const infos = await server.ctx.blobs.putMany(all.map((bytes) => ({ bytes })));
    const [first, ...others] = infos.map((info, i) => ({ path: `${i}.png`, ...info }));
    const large = { ...first!, hash: 'f'.repeat(64), size: MOST_BYTES + 1 };
    const gone = { ...first!, hash: 'e'.repeat(64) };
    const how = { say: () => undefined, signal: undefined };
    const found = await pixelsOf(server.ctx, tables, [first!, ...others, large, gone], how);
    const [a, b, c] = infos.map(({ hash }) => found.get(hash)!);
    assert.ok('digests' in a! && 'digests' in b! && 'digests' in c!, JSON.stringify([a, b, c]));
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c, 'a JPEG loses something');
    assert.deepEqual(found.get(large.hash), { problem: 'it is larger than 64 MiB' });
    assert.deepEqual(found.get(gone.hash), { problem: 'its bytes are gone' });
  } finally {
    await tables.close();
    await processes.close();
  }
});
