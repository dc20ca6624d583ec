import assert from 'node:assert/strict';
import test from 'node:test';
import { findMentions } from './find-refs.ts';

const found = (query: string): string[] =>
  findMentions(query).map(({ text, table }) => (table ? `${text}!` : text));

test('finds quoted texts and table names, not what stands in comments', () => {
  assert.deepEqual(found("select * from 'a@v1'"), ['a@v1!']);
  assert.deepEqual(found('SELECT x FROM "a@v1/b c.parquet" AS t JOIN b ON t.x = b.x'), [
    'a@v1/b c.parquet!',
    'b!',
  ]);
  assert.deepEqual(found("select 1 from 'a@v1', 'b@v1' where m = 'joe@x.org'"), [
    'a@v1!',
    'b@v1',
    'joe@x.org',
  ]);
  assert.deepEqual(found("-- from 'no@v1'\nselect /* from 'no@v2' */ 1 from 'it''s@v1'"), ["it's@v1!"]);
  assert.deepEqual(found("select $$ from 'no@v1' $$, $x$ 'no@v2' $x$ from (select 1 from a.b.c)"), [
    'a.b.c!',
  ]);
  assert.deepEqual(found("summarize 'a@v1'"), ['a@v1!']);
  assert.deepEqual(found("select 'unclosed"), []);
  assert.deepEqual(found("select 'a@v1' from 'a@v1'"), ['a@v1!']);
});
