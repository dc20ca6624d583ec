// What a first project's prep.py makes of a table, by the Python that the tests have.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readCsvStart } from '../../../tables/index.ts';
import { filesOf, type Filling } from './templates.ts';

const PYTHON = path.resolve(import.meta.dirname, '../../../../.venv/bin/python');
const folder = mkdtempSync(path.join(tmpdir(), 'treadle-first-'));
after(() => rmSync(folder, { recursive: true }));

interface Case {
  file: string;
  text: string;
  filling?: Partial<Filling>;
}
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
const CASES: Record<string, Case> = {
  texts: {
    file: 'a.csv',
    text: `zip,none,y\n${lines(200, (i) => `0${i % 9},${['NA', 'None', ''][i % 3]},${i % 2 ? 'yes' : 'NA'}`)}`,
    filling: { texts: ['zip', 'none', 'y'] },
  },
  semicolons: { file: 'a.csv', text: `a;b;y\n${lines(200, (i) => `${i % 50};"x;y";${i % 2}`)}` },
  unnamed: { file: 'a.csv', text: `,a,a,y\n${lines(200, (i) => `${i},1,2,${i % 2}`)}` },
  headless: { file: 'a.csv', text: lines(200, (i) => `${i / 8},${i % 2}`), filling: { label: 'column1' } },
  lists: {
    file: 'a.jsonl',
    text: lines(200, (i) => JSON.stringify({ a: [i, i + 1], code: `0${i}`, y: i % 2 === 0 })),
    filling: { key: ['code'] },
  },
  narrow: {
    file: 'a.csv',
    filling: { named: 'row' },
    text: `a,y\n${lines(2000, (i) => `${i % 40},${(i * 7919) % 13 < 5}`)}`,
  },
  rare: { file: 'a.csv', text: `a,y\n${lines(200, (i) => `${i},${i === 7 ? 'yes' : 'no'}`)}` },
};
// One process for all of them: to load pandas takes longer than all that it does here.
const DRIVER = `
import json, runpy, sys
import pandas as pd
out = {}
for name in sys.argv[1:]:
    at = name + "/"
    sys.argv = ["prep.py", at + "data", at + "train.parquet", at + "holdout.parquet"]
    try:
        runpy.run_path(at + "prep.py", run_name="__main__")
        parts = [pd.read_parquet(at + part + ".parquet") for part in ("train", "holdout")]
        out[name] = {"columns": list(parts[0].columns), "parts": [part.astype(object).where(part.notna(), None).head(3000).to_csv(index=False) for part in parts]}
    except SystemExit as error:
        out[name] = {"columns": [], "parts": [], "error": str(error)}
print("\\n" + json.dumps(out))
`;

interface Prepared {
  columns: string[];
  parts: string[];
  error?: string;
}

test(
  'a table is read as the server reads it, and no row is on both sides',
  { skip: existsSync(PYTHON) ? false : 'no Python of the tests here: npm test makes it' },
  async () => {
    for (const [name, { file, text, filling }] of Object.entries(CASES)) {
      const at = path.join(folder, name);
      mkdirSync(path.join(at, 'data'), { recursive: true });
      const data = path.join(at, 'data', file);
      writeFileSync(data, text);
      const csv = file.endsWith('.csv') ? await readCsvStart(data, file) : undefined;
      const whole: Filling = {
        name,
        path: file,
        csv,
        label: 'y',
        key: [],
        group: [],
        task: 'binary',
        numbers: [],
        words: [],
        texts: [],
        out: [],
        named: undefined,
        ...filling,
      };
      writeFileSync(path.join(at, 'prep.py'), filesOf(whole)['prep.py']!);
    }
    const printed = execFileSync(PYTHON, ['-c', DRIVER, ...Object.keys(CASES)], {
      cwd: folder,
      encoding: 'utf8',
    });
    const made = JSON.parse(printed.slice(printed.lastIndexOf('\n{'))) as Record<string, Prepared>;
    for (const [name, { columns }] of Object.entries({
      texts: { columns: ['zip', 'none', 'y'] },
      semicolons: { columns: ['a', 'b', 'y'] },
      unnamed: { columns: ['column0', 'a', 'a_1', 'y'] },
      headless: { columns: ['column0', 'column1'] },
      lists: { columns: ['a', 'code', 'y'] },
    }))
      assert.deepEqual(made[name]?.columns, columns, `${name}: ${made[name]?.error}`);
    const rowsOf = (name: string): string[][] =>
      made[name]!.parts.map((part) => part.trim().split('\n').slice(1));
    const texts = rowsOf('texts').flat();
    assert.equal(texts.length, 200, 'NA is a class, not a gap');
    assert.ok(texts.every((row) => row.startsWith('0')) && texts.some((row) => row.includes(',None,')));
    assert.ok(
      rowsOf('lists')
        .flat()
        .some((row) => row.includes(',07,')),
    );
    // Rows of a narrow table are alike by nature: all stay, and what they are like is on one side with either label.
    const [train = [], holdout = []] = rowsOf('narrow');
    assert.equal(train.length + holdout.length, 2000);
    const own = new Set([...train, ...holdout].map((row) => row.split(',')[2]));
    assert.equal(own.size, 2000, 'each has a name');
    const kinds = (rows: string[]): Set<string> => new Set(rows.map((row) => row.split(',')[0]!));
    assert.equal(kinds(train).intersection(kinds(holdout)).size, 0);
    assert.match(made['rare']?.error ?? '', /^y 'yes' stands in 1 rows.*too few/);
  },
);
