import assert from 'node:assert/strict';
import test from 'node:test';
import { tokenState } from './token-state.ts';

const day = 86_400_000;

test('a token works until it expires or is revoked, and warns a week before', () => {
  const now = 1000 * day;
  const word = (expires: number, revoked_at?: number) =>
    tokenState({ expires_at: now + expires, ...(revoked_at === undefined ? {} : { revoked_at }) }, now).word;
  assert.equal(word(8 * day), 'active');
  assert.equal(word(7 * day), 'expires soon');
  assert.equal(word(1), 'expires soon');
  assert.equal(word(0), 'expired');
  assert.equal(word(8 * day, now - 5), 'revoked');
  assert.equal(word(-day, now - 5), 'revoked');
  assert.deepEqual(tokenState({ expires_at: now + 8 * day, shut: 'removed' }, now), {
    word: 'owner removed',
    tone: 'neutral',
    works: false,
  });
});
