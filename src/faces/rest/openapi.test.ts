import assert from 'node:assert/strict';
import test from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openTest } from '../../../test/harness.ts';

test('the OpenAPI document is valid and says every native endpoint', async () => {
  await using server = await openTest();
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const result = await new Validator().validate(structuredClone(document));
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(result.valid, true);

  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  assert.ok(operations.length > 80, `only ${operations.length} operations`);
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length, 'two operations share an id');

  const docs = await fetch(`${server.url}/docs`);
  assert.match(docs.headers.get('content-security-policy') ?? '', /default-src 'none'; style-src 'sha256-/);
  assert.equal(docs.headers.get('x-frame-options'), 'DENY');
  const page = await docs.text();
  for (const path of Object.keys(document.paths)) {
    if (!path.startsWith('/api/')) continue;
    const words = path.split('/').filter((part) => part !== '' && !part.startsWith('{'));
    assert.ok(
      words.every((word) => page.includes(word)),
      `${path} is not on the docs page`,
    );
  }
});
