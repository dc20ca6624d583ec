import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createToken } from '../../src/access/index.ts';
import { createClient } from '../../src/faces/cli/client.ts';
import { getVersion, createVersion } from '../../src/models/index.ts';
import { checkFile, createExecution, listExecutions, planExecution } from '../../src/pipelines/contract.ts';
import { TreadleError } from '../../src/platform/errors/index.ts';
import { createRun, putArtifact } from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';

const server = await openTest();
after(() => server[Symbol.asyncDispose]());
const client = async (role: 'viewer' | 'editor') => {
  const { secret } = await createToken(server.ctx, { name: role, role });
  return createClient({ TREADLE_URL: server.url, TREADLE_TOKEN: secret });
};

const laughs = (below: string): string =>
  `${Array.from(
    { length: 9 },
    (_one, i) =>
      `a${i}: &a${i} [${
        i === 0
          ? 'x'
          : Array(9)
              .fill(`*a${i - 1}`)
              .join(', ')
      }]`,
  ).join('\n')}\n${below}: *a8\n`;
const outs = (n: number): string => Array.from({ length: n }, (_one, i) => `o${i}: p${i}`).join(', ');

/** Small files, each of which held whoever read it trustingly; and what is said of it. */
const HOSTILE: ReadonlyArray<[string, string, RegExp]> = [
  ['aliases of aliases', laughs('watch'), /its aliases unfold to more than/],
  ['deep brackets', `name: x\nwatch: ${'['.repeat(500)}`, /nested deeper than 32 levels/],
  ['deep braces', `name: x\nwatch: ${'{a: '.repeat(500)}`, /nested deeper than 32 levels/],
  ['deep dashes', `- ${'- '.repeat(500)}`, /nested deeper than 32 levels/],
  [
    'very many keys',
    Array.from({ length: 30_000 }, (_one, i) => `k${i}: 1`).join('\n'),
    /longer than 256 KiB|more than 120,000 parts/,
  ],
  [
    'many wrong keys',
    Array.from({ length: 5000 }, (_one, i) => `k${i}: 1`).join('\n'),
    /'k0' is not a key of a pipeline file/,
  ],
  [
    'many outputs',
    `name: x\nsteps:\n  a: { run: "true", out: { ${outs(8000)}, z: p1/x } }`,
    /lie in one another/,
  ],
  ['many anchors', `name: x\nwatch: [${'&a 1, '.repeat(400)}]`, /more than 256 anchors and aliases/],
  ['a tag', 'name: !!python/object:os.system x', /not plain YAML/],
];

test('a file that would take long is refused by name wherever it is sent, and others are answered meanwhile', async () => {
  const [viewer, editor] = [await client('viewer'), await client('editor')];
  for (const [what, file, said] of HOSTILE) {
    const { problems } = await viewer.call(checkFile, { body: { file } });
    assert.ok(
      problems.some(({ severity, message }) => severity === 'error' && said.test(message)),
      `${what}: ${JSON.stringify(problems[0])}`,
    );
    assert.ok(problems.length <= 200, what);
    for (const endpoint of [planExecution, createExecution])
      await assert.rejects(
        editor.call(endpoint, { body: { file, code: [] } }),
        (error) =>
          error instanceof TreadleError &&
          error.kind === 'invalid' &&
          error.message.startsWith('treadle.yaml:'),
        what,
      );
  }
  assert.deepEqual((await viewer.call(listExecutions, { query: {} })).items, []);

  // All of them at once: the thread is busy until the last answer, and another caller does not wait for it.
  let open = 0;
  let answered = 0;
  const all = Array.from({ length: 3 }, () => HOSTILE)
    .flat()
    .map(async ([, file]) => {
      open++;
      await viewer.call(checkFile, { body: { file } });
      open--;
    });
  while (open > 0) {
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    if (open > 0) answered++;
  }
  await Promise.all(all);
  assert.ok(answered > 0, 'nobody was answered while files were read');
});

test('a model whose MLmodel file is such a file is registered, its file’s fault told by name', async () => {
  const { ctx } = server;
  for (const [i, [what, text]] of HOSTILE.entries()) {
    if (what === 'many wrong keys' || what === 'many outputs') continue; // they are faults of a pipeline
    const run = await createRun(ctx, { experiment: '0' });
    await putArtifact(ctx, `0/${run}/artifacts/model/MLmodel`, { source: Buffer.from(text) });
    const model = `m${i}`;
    const { version } = await createVersion(ctx, {
      model,
      source: `runs:/${run}/model`,
      run_id: run,
      makeModel: true,
    });
    const { facts } = await getVersion(ctx, model, String(version));
    assert.match(facts?.problem ?? '', /^the MLmodel file cannot be read: /, what);
  }
});

test('nothing of this was an error of the server', () => assert.deepEqual(server.errors, []));
