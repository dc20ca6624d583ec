import assert from 'node:assert/strict';
import test from 'node:test';
import { nameColumns } from './recorded-columns.ts';
import { isSampled, ruleOf, rulesAt, rulesIn, rulesNow, withRules } from './record-rules.ts';

const HOUR = 3_600_000;
const NONE = { rules: null };

test('what held in a time is told by column, and a change within it is neither', () => {
  let row: { rules: string | null } = NONE;
  const set = (since: number, columns: Record<string, 'drop' | 'hash'>, sample = 1): void => {
    row = { rules: withRules(row, { since, sample, columns }) };
  };
  set(10 * HOUR, { in_a: 'drop' });
  set(20 * HOUR, { in_a: 'drop', in_x: 'hash' }, 0.1);
  set(30 * HOUR, { in_x: 'hash' }, 0.1);
  const held = (from: number, to: number) => {
    const { columns, least, most } = rulesIn(row, { from: from * HOUR, to: to * HOUR });
    const ruled = [...columns].filter(([, { rule }]) => rule !== 'keep');
    return [Object.fromEntries(ruled.map(([name, { rule }]) => [name, rule])), least, most];
  };
  assert.deepEqual(held(1, 9), [{}, 1, 1]);
  assert.deepEqual(held(9, 11), [{ in_a: 'mixed' }, 1, 1]);
  assert.deepEqual(held(11, 19), [{ in_a: 'drop' }, 1, 1]);
  assert.deepEqual(held(11, 21), [{ in_a: 'drop', in_x: 'mixed' }, 0.1, 1]);
  assert.deepEqual(held(31, 32), [{ in_x: 'hash' }, 0.1, 0.1]);
  assert.deepEqual(
    held(19, 20),
    [{ in_a: 'drop', in_x: 'mixed' }, 0.1, 1],
    'planes hear of it a moment later',
  );
  const now = rulesIn(row, { from: 31 * HOUR, to: 32 * HOUR });
  assert.deepEqual(ruleOf(now, 'in_x[3]'), { rule: 'hash', since: 20 * HOUR });
  assert.equal(ruleOf(now, 'in_xy'), undefined);
  assert.deepEqual(rulesAt(row, 25 * HOUR).columns, { in_a: 'drop', in_x: 'hash' });
  assert.deepEqual(rulesNow(NONE), { since: 0, sample: 1, columns: {} });
});

test('columns are named as the log names them; a name that may mean two means both', () => {
  const inputs = [
    { name: 'email', single: true },
    { name: 'key', single: true },
    { name: 'x', single: false },
  ];
  const named = (asked: Record<string, 'keep' | 'drop' | 'hash'>) =>
    nameColumns(asked, inputs, { in_old: 'drop' });
  assert.deepEqual(named({ email: 'hash', params: 'drop' }), { in_email: 'hash', params: 'drop' });
  assert.deepEqual(named({ key: 'drop' }), { key: 'drop', in_key: 'drop' });
  assert.deepEqual(named({ in_key: 'drop', old: 'keep' }), { in_key: 'drop', in_old: 'keep' });
  const refused = (name: string, rule: 'drop' | 'hash', message: RegExp, hint: RegExp): void =>
    assert.throws(() => named({ [name]: rule }), { message, hint, field: `columns.${name}` });
  refused('mail', 'drop', /has no column 'mail'/, /^it has email, key, x, params$/);
  refused('constructor', 'drop', /has no column/, /email/);
  refused('x[1]', 'drop', /has no column/, /'x' is one tensor/);
  refused('x', 'hash', /several values a row/, /drop it/);
});

test('a share of ids is taken by the ids alone, and a larger share holds the smaller', () => {
  const ids = Array.from({ length: 20_000 }, (_, at) => `prediction${at}`);
  const tenth = ids.filter((id) => isSampled(id, 0.1));
  assert.ok(Math.abs(tenth.length - 2000) < 200, String(tenth.length));
  assert.ok(tenth.every((id) => isSampled(id, 0.2)));
  assert.ok(ids.every((id) => isSampled(id, 1)));
});
