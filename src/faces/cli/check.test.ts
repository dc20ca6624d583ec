import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { runHere } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';

test('check shows what the text, the project and the server say is wrong at once; of a wrong form it says that more is to come', async () => {
  await using server = await openTest();
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-check-'));
  try {
    const file = path.join(folder, 'treadle.yaml');
    const check = async (text: string) => {
      writeFileSync(file, text);
      const { code, out, err } = await runHere(server.url, 'check', file);
      return { code, places: [...out.matchAll(/:(\d+:\d+): (?!warning)/g)].map(([, at]) => at), out, err };
    };
    const text =
      'name: x\nenv: nowhere.txt\ndata: { d: nowhere@main }\nsteps:\n  a: { run: "cat {d} {nope}" }\n';
    const all = await check(text);
    assert.deepEqual([all.code, all.places], [1, ['2:6', '3:12', '5:22']], all.out);
    assert.match(all.err, /has 3 faults$/m);
    const form = await check(`${text}stepz: 1\n`);
    assert.deepEqual([form.code, form.places], [1, ['6:1']], form.out);
    assert.match(form.err, /has 1 fault\n {2}→ check it again then/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
