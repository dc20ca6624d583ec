import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

/** The house of DESIGN §3: imports point down only, and into another room only through its door. */
const FLOORS: Record<string, number> = {
  platform: 0,
  access: 1,
  ledger: 1,
  tables: 2,
  rules: 2,
  environments: 2,
  data: 3,
  tracking: 3,
  models: 4,
  // They end with a version in the registry.
  pipelines: 4.5,
  runtimes: 5,
  serving: 6,
  validation: 6,
  packaging: 7,
  maintenance: 7,
  releases: 7,
  faces: 8,
  'belong.ts': 8.7,
  'rooms.ts': 8.7,
  'ready.ts': 8.7,
  'last-resort.ts': 8.7,
  'serve.ts': 9,
  'plane.ts': 9,
  'table-reader.ts': 9,
  'config.ts': 8.5,
  'version.ts': 8.5,
  'doctor.ts': 9,
  'open-store.ts': 9,
  'store-commands.ts': 9.5,
  'main.ts': 10,
};
/**
 * Doors: what another room may import of a room. `contract.ts` is open to all, since it decides nothing; `inside.ts` to what runs
 * in a table reader's process.
 */
const DOORS = /^(index|contract|inside)\.ts$/;
/** Readers of a file format that threads import without the room around them; they import nothing of it themselves. */
const LIGHT = new Set(['models/read-mlmodel.ts', 'tables/csv-records.ts']);
/** The ground floor's own order, so that it stays free of cycles. */
const GROUND = [
  'errors',
  'files',
  'limits',
  'machine',
  'ids',
  'json',
  'clock',
  'log',
  'aside',
  'bodies',
  'yaml',
  'processes',
  'outbound',
  'db',
  'search',
  'blobs',
  'origin',
  'http',
  'ctx',
  'jobs',
  'events',
];

const source = import.meta.dirname;
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll(path.sep, '/'))
  .filter(
    (file) =>
      file.endsWith('.ts') &&
      !file.endsWith('.test.ts') &&
      !file.endsWith('.suite.ts') &&
      file !== 'floors.test.ts',
  );

const room = (file: string): string => file.split('/')[0]!;

test('imports point down, and into rooms through their doors', () => {
  let imports = 0;
  const faults: string[] = [];
  for (const file of files) {
    const here = room(file);
    const floor = FLOORS[here];
    if (floor === undefined) faults.push(`${file}: its room stands on no floor`);
    const text = readFileSync(path.join(source, file), 'utf8');
    for (const [, kind, target] of text.matchAll(/(import|export)[^'"`;]*?from '(\.[^']+)'/g)) {
      imports++;
      const to = path.posix.join(path.posix.dirname(file), target!);
      const there = room(to);
      if (to.startsWith('..')) {
        faults.push(`${file}: ${kind}s ${target}, outside src`);
      } else if (there === 'platform' && here === 'platform') {
        const [from, into] = [file.split('/')[1]!, to.split('/')[1]!];
        const typeOnly = new RegExp(`import type [^;]*from '${target!.replaceAll('.', '\\.')}'`).test(text);
        if (from !== into && !typeOnly && GROUND.indexOf(into) >= GROUND.indexOf(from))
          faults.push(`${file}: platform/${from} may not import platform/${into}`);
      } else if (there !== here) {
        if (!(FLOORS[there]! < floor!))
          faults.push(`${file} (floor ${floor}) imports ${to} (floor ${FLOORS[there]})`);
        const door =
          there === 'platform' ? to.split('/').slice(2).join('/') : to.split('/').slice(1).join('/');
        if (
          floor! < 9 &&
          !DOORS.test(door) &&
          !LIGHT.has(to) &&
          !(there === 'platform' && /^(contract|create)\.ts$/.test(door))
        ) {
          faults.push(`${file} enters ${there} past its door: ${to}`);
        }
      }
    }
  }
  assert.deepEqual(faults, []);
  // A check that saw nothing proves nothing.
  assert.ok(files.length > 20, `only ${files.length} files were read`);
  assert.ok(imports > 30, `only ${imports} imports were read`);
});

test('a server and a data plane do not load DuckDB: it is at home in table readers', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(path.join(source, file), 'utf8');
    // What only lends types is not loaded.
    for (const [, kind, target] of text.matchAll(/^(import|export)\s(?!type\s)[^;]*?from '([^']+)'/gm)) {
      assert.ok(!target!.startsWith('@duckdb/'), `${file} ${kind}s ${target}`);
      if (target!.startsWith('.')) visit(path.posix.join(path.posix.dirname(file), target!));
    }
  };
  visit('main.ts');
  visit('plane.ts');
  assert.ok(seen.size > 300, `only ${seen.size} files were read`);
});
