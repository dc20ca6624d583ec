// A newcomer's own project, from a table to an answered prediction, by the very commands of docs/first-project.md.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { openTest, type TestServer } from '../harness.ts';
import { random } from '../random.ts';

const root = path.join(import.meta.dirname, '..', '..');
let server: TestServer;
before(async () => {
  server = await openTest({});
});
after(() => server[Symbol.asyncDispose]());

const folderOf = (name: string): string => mkdtempSync(path.join(server.shared, `${name}-`));

const run = promisify(execFile);

/** A line as a person types it; what it printed. */
async function typed(folder: string, line: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${path.join(root, 'bin')}:${process.env['PATH']}`,
    TREADLE_URL: server.url,
  };
  const { stdout } = await run('/bin/sh', ['-c', `(${line}) 2>&1`], { cwd: folder, env });
  return stdout;
}

const refused = (folder: string, line: string, why: RegExp): Promise<void> =>
  assert.rejects(typed(folder, line), ({ stdout }: { stdout: string }) => why.test(stdout));

/** Customers of whom some leave: the sooner, the shorter they were there and the more they pay. */
function churn(rows: number): string {
  const { uniform: draw, pick } = random(7);
  const lines = Array.from({ length: rows }, (_, i) => {
    const plan = pick(['basic', 'plus', 'pro']);
    const tenure = Math.floor(draw() * 72);
    const monthly = (10 + draw() * 110).toFixed(2);
    const leaves =
      draw() < 1 / (1 + Math.exp(0.08 * tenure - 0.02 * Number(monthly) - (plan === 'pro' ? 0 : 1)));
    return [
      1000 + i,
      plan,
      draw() < 0.03 ? '' : tenure,
      monthly,
      pick(['north', 'south', '']),
      leaves ? 'yes' : 'no',
    ].join();
  });
  return ['customer_id,plan,tenure,monthly,region,churned', ...lines, ''].join('\n');
}

test('from a table to an answer, in the words of the docs', async () => {
  const [, block = ''] =
    /```sh\n([\s\S]*?)```/.exec(readFileSync(path.join(root, 'docs', 'first-project.md'), 'utf8')) ?? [];
  const lines = block.trim().split('\n');
  assert.ok(lines.length >= 3 && lines.length <= 6, block);
  const folder = folderOf('churn');
  writeFileSync(path.join(folder, 'churn.csv'), churn(2000));
  const said: string[] = [];
  for (const line of lines) said.push(await typed(folder, line));
  assert.match(said[0]!, /churn@v1: 2,000 rows; 'churned' is one of two classes/);
  assert.match(said[0]!, /leaves out customer_id \(it numbers the rows\)/);
  assert.match(said[1]!, /gate +pass for churn version 1/);
  assert.match(said[1]!, /churn answers: revision 1/);
  const chances = said.slice(2).map((text) => text.split('\n', 1)[0]!.split(/\s+/).map(Number));
  for (const [no = NaN, yes = NaN] of chances) assert.ok(Math.abs(no + yes - 1) < 0.01, String(chances));
  assert.ok(
    chances.at(-1)![1]! > 0.5,
    'who has been there for three months and pays for the basic plan leaves',
  );
  const [, id = ''] = /treadle predictions lineage (\S+)/.exec(said.at(-1)!) ?? [];
  assert.match(await typed(folder, `treadle predictions lineage ${id}`), /churn@v1/);
  // Rows of a file, with a gap that training knew, and a column too many.
  writeFileSync(path.join(folder, 'more.csv'), 'plan,tenure,monthly,region\npro,60,20,\nbasic,1,110,mars\n');
  assert.equal((await typed(folder, 'treadle ask churn more.csv --json')).match(/0\.\d+/g)?.length, 4);
});

test('names that a language would trip over are names like others; what is there is left alone', async () => {
  const folder = folderOf('odd');
  const names = ['a "quoted" name', "it's: #1", 'back\\slash', '{braces}', 'ünïcode', 'on'];
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`).join();
  const rows = Array.from({ length: 60 }, (_, i) => [i % 7, i * 3, i % 5, i % 4, i % 3, i % 2].join());
  writeFileSync(path.join(folder, 'Odd table (May).csv'), [quoted, ...rows, ''].join('\n'));
  const made = await typed(folder, `treadle init 'Odd table (May).csv' --label on --time "it's: #1"`);
  assert.match(made, /odd-table-may@v1/);
  assert.deepEqual(readdirSync(folder).toSorted(), [
    '.gitignore',
    'Odd table (May).csv',
    'prep.py',
    'requirements.txt',
    'train.py',
    'treadle.yaml',
  ]);
  assert.match(await typed(folder, 'treadle check'), /treadle\.yaml/);
  const python = process.env['TREADLE_PYTHON'];
  if (python !== undefined) await typed(folder, `'${python}' -m py_compile prep.py train.py`);
  await refused(folder, `treadle init 'Odd table (May).csv' --label on`, /treadle\.yaml.*are there already/s);
  const other = folderOf('other');
  writeFileSync(path.join(other, 'odd-table-may.csv'), 'a,b\n1,2\n2,3\n');
  await refused(other, 'treadle init odd-table-may.csv --label b', /already, with other content/);
  assert.deepEqual(readdirSync(other), ['odd-table-may.csv']);
});
