import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { exportedFiles } from './files.ts';
import { ruleGroups } from './rules.ts';

const own = path.join(import.meta.dirname, '..', '..', '..', '.setup', 'promtool');
const promtool = process.env['TREADLE_PROMTOOL'] ?? (existsSync(own) ? own : undefined);

test('rules are written so that every Prometheus since 2.42 reads them', () => {
  const rules = ruleGroups().flatMap((group) => group.rules);
  const names = rules.map((rule) => ('alert' in rule ? rule.alert : rule.record));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 15);
  for (const rule of rules) {
    // No functions of native histograms, no quoted names, no durations of two units.
    assert.doesNotMatch(rule.expr, /histogram_(avg|count|sum|fraction|stddev)|\{"|\d[smhdw]\d/);
    if (!('alert' in rule)) continue;
    assert.match(rule.for ?? '', /^\d+[smhd]$/);
    // A label made from the value would begin the wait anew with each change of it.
    assert.doesNotMatch(JSON.stringify(rule.labels), /\$value/);
    assert.equal(rule.annotations.runbook_url, `docs/alerts.md#${rule.alert.toLowerCase()}`);
  }
});

test(
  'promtool takes rules and configuration',
  { skip: promtool === undefined ? 'promtool is not here: node scripts/setup.mjs tests fetches it' : false },
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-rules-'));
    try {
      for (const { path: file, text } of exportedFiles())
        writeFileSync(path.join(folder, path.basename(file)), text);
      const ask = (...words: string[]): string =>
        execFileSync(promtool!, words, { cwd: folder, encoding: 'utf8' });
      assert.match(ask('check', 'rules', '--lint-fatal', 'treadle.rules.yml'), /SUCCESS: \d\d rules found/);
      assert.match(ask('check', 'config', '--lint-fatal', 'prometheus.yml'), /SUCCESS/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('each rule is explained on the page that it links to', async () => {
  const { readFileSync } = await import('node:fs');
  const page = readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'docs', 'alerts.md'), 'utf8');
  for (const rule of ruleGroups().flatMap((group) => group.rules))
    if ('alert' in rule) assert.ok(page.includes(`### ${rule.alert}\n`), rule.alert);
});
