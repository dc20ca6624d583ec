import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { createModel } from '../../models/index.ts';
import { createRun } from '../../tracking/index.ts';
import { openTest } from '../../../test/harness.ts';

const own = path.join(import.meta.dirname, '..', '..', '..', '.setup', 'promtool');
const promtool = process.env['TREADLE_PROMTOOL'] ?? (existsSync(own) ? own : undefined);

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
  return response.text();
}

test(
  'promtool finds no fault in /metrics',
  { skip: promtool === undefined ? 'promtool is not here: node scripts/setup.mjs tests fetches it' : false },
  async () => {
    await using server = await openTest();
    await createRun(server.ctx, { experiment: '0' });
    await fetch(`${server.url}/api/v1/models`);
    const text = await scrape(server.url);
    const said = await new Promise<string>((resolve, reject) => {
      const child = spawn(promtool!, ['check', 'metrics']);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('error', reject).on('close', (code) => resolve(`${code} ${output.trim()}`));
      child.stdin.end(text);
    });
    assert.equal(said, '0 ');
    assert.ok(text.length > 5000, 'there was little to check');
  },
);

test('the metrics follow what happens, and count only the caller’s workspace', async () => {
  await using server = await openTest();
  await createModel(server.ctx.as({ workspace: 'other' }), { name: 'theirs' });
  await createModel(server.ctx, { name: 'mine' });
  await createRun(server.ctx, { experiment: '0' });
  await fetch(`${server.url}/api/v1/models/nothing`);
  await fetch(`${server.url}/no/such/page/${'x'.repeat(50)}`);
  const text = await scrape(server.url);
  assert.match(text, /^treadle_models\{workspace="default"\} 1$/m);
  assert.match(text, /^treadle_runs\{workspace="default",status="running"\} 1$/m);
  assert.match(text, /^treadle_jobs\{workspace="default",state="queued"\} \d+$/m);
  assert.match(
    text,
    /^treadle_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/models\/:model",status="404"\} 1$/m,
  );
  // What no route matches is one series, however many addresses are tried.
  assert.doesNotMatch(text, /xxxxx/);
  assert.match(text, /^treadle_db_commit_duration_seconds_count [1-9]/m);
  assert.match(text, /^process_resident_memory_bytes \d+/m);
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  assert.doesNotMatch(text, /"other"/);
});
