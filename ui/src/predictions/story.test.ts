import assert from 'node:assert/strict';
import test from 'node:test';
import { commitUrl, entriesOf, pastedId } from './story.ts';

test('entries that tie a node are told once each, in their order', () => {
  const edge = (from: string, to: string, seq: number) => ({ from, to, seq, relation: 'read' });
  const edges = [edge('b', 'c', 9), edge('a', 'b', 3), edge('a', 'c', 3), edge('d', 'e', 1)];
  assert.deepEqual(entriesOf(edges, 'a'), [3]);
  assert.deepEqual(entriesOf(edges, 'b', 'c'), [3, 9]);
  assert.deepEqual(entriesOf(edges, undefined), []);
});

test('a commit has a page where its repository has an address', () => {
  assert.equal(commitUrl('https://git.example.org/a/b.git', 'abc'), 'https://git.example.org/a/b/commit/abc');
  assert.equal(commitUrl('git@git.example.org:a/b.git', 'abc'), 'https://git.example.org/a/b/commit/abc');
  assert.equal(commitUrl('/home/me/project', 'abc'), undefined);
  assert.equal(commitUrl(undefined, 'abc'), undefined);
});

test('an id is found in what people paste', () => {
  const id = '0v3kq8f1-abcDEF_12';
  for (const text of [
    id,
    ` ${id}\n`,
    `"${id}",`,
    `X-Treadle-Prediction: ${id}`,
    `{"parameters": {"prediction_id": "${id}"}}`,
    `http://127.0.0.1:5000/predictions/${id}`,
    `http://127.0.0.1:5000/api/v1/predictions/${id}/lineage`,
  ])
    assert.equal(pastedId(text), id, text);
  assert.equal(pastedId('short'), undefined);
  assert.equal(pastedId('two words here'), undefined);
  assert.equal(pastedId(''), undefined);
});
