import assert from 'node:assert/strict';
import test from 'node:test';
import { missing } from '../errors/index.ts';
import { createLog } from './index.ts';

test('a refusal is logged in its words, a fault of ours with its place in the code', () => {
  const lines: string[] = [];
  const log = createLog('warn', (line) => void lines.push(line)).child({ request: 'r' });
  log.info('not at this level');
  log.warn('a release failed', { error: missing("model 'm' has no version 2", { hint: 'list them' }) });
  log.error('something broke', { error: new Error('two\nlines') });
  const [refusal, fault] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  assert.equal(lines.length, 2);
  assert.deepEqual(
    [refusal?.['error'], refusal?.['request']],
    ["model 'm' has no version 2 (list them)", 'r'],
  );
  assert.match(fault?.['error'] ?? '', /^Error: two\nlines\n +at .*log\.test\.ts/);
});
