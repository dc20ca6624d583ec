import assert from 'node:assert/strict';
import test from 'node:test';
import { readResource } from './resource.ts';

const short = (text: string) => readResource(text).short;

test('names stay whole, ids are shortened', () => {
  assert.equal(short('model:flight-delay'), 'flight-delay');
  assert.equal(short('model_version:flight-delay/3'), 'flight-delay v3');
  assert.equal(short('run:4f2a9c0d1e3b4a5f8091a2b3c4d5e6f7'), '…c4d5e6f7');
  assert.equal(short('dataset_version:01963b1e-8d2c-7a4b-9c3d-0123456789ab'), '…456789ab');
  assert.equal(short('logged_model:m-4f2a9c0d1e3b4a5f8091a2b3c4d5e6f7'), '…c4d5e6f7');
  assert.equal(short('step:01963b1e8d2c7a4b9c3d0123456789ab/train'), '…456789ab/train');
});

test('nouns read as words, and what has no noun is still shown', () => {
  assert.equal(readResource('dataset_version:x').word, 'dataset version');
  assert.equal(readResource('odd').short, 'odd');
});
