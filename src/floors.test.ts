import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { circles, floorFaults, readTree, type House } from '../test/floors.ts';

/** The house of DESIGN §3: imports point down only, and into another room only through its door. */
const FLOORS: Record<string, number> = {
  platform: 0,
  access: 1,
  ledger: 1,
  evidence: 1,
  // Whoever has something to tell people hands it down.
  channels: 2,
  tables: 2,
  rules: 2,
  environments: 2,
  secrets: 2,
  data: 3,
  tracking: 3,
  // Of an experiment, and linked to its runs.
  traces: 3.5,
  // Judges what traces tell, on datasets of experiments.
  genai: 3.6,
  models: 4,
  // They end with a version in the registry.
  pipelines: 4.5,
  runtimes: 5,
  // Whoever deploys is told what was judged, and judging needs no endpoint.
  validation: 5.5,
  serving: 6,
  packaging: 7,
  maintenance: 7,
  releases: 7,
  // Releases go through them in their order.
  promotions: 7.1,
  // Above what it watches, below who tells the story of a prediction.
  monitoring: 7.2,
  // Tells of executions and verdicts what who made a commit wants to know.
  ci: 7.3,
  // Changes to data and models, checked as commits are.
  changes: 7.4,
  // Hears what watches, and follows what it starts to its end.
  loops: 7.4,
  // Fetches what a host tells of, has it run, and tells the host what the report says.
  githosts: 7.4,
  // Has what runs in an environment follow a file that a Git host keeps.
  gitops: 7.5,
  governance: 7.5,
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
 * Doors: what another room, or the roof, may import of a room. `contract.ts` is open to all, since it decides nothing; `inside.ts` to
 * what runs in a process beside the server: a table reader, a data plane.
 */
const DOORS = /^(index|contract|inside)\.ts$/;
/** Readers of a file format that threads import without the room around them; they import nothing of it themselves. */
const LIGHT = new Set(['models/read-mlmodel.ts', 'tables/csv-records.ts']);
/** The ground floor's own order, so that it stays free of cycles. */
const GROUND = [
  'errors',
  'scripts',
  'files',
  'limits',
  'machine',
  'ids',
  'json',
  'exposition',
  'mathematics',
  'clock',
  'schedule',
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
  'client',
  'ctx',
  'jobs',
  'events',
];

const HOUSE: House = {
  floors: FLOORS,
  nested: { platform: GROUND, faces: [] },
  doors: DOORS,
  // `ctx/create.ts` is for who makes a ctx. The faces of predictions have a door each, since a data plane loads them one by one.
  nestedDoors: { platform: /^create\.ts$/, faces: /(^|\/)index\.ts$/ },
  light: LIGHT,
};

const source = import.meta.dirname;
const tree = readTree(source);

test('imports point down, and into rooms through their doors', () => {
  const { faults, imports } = floorFaults(tree, HOUSE);
  assert.deepEqual(faults, []);
  // A check that saw nothing proves nothing.
  assert.ok(tree.size > 700, `only ${tree.size} files were read`);
  assert.ok(imports > 3000, `only ${imports} imports were read`);
});

/** A house that stands, and what is said of it once one file is another. */
const broken = (change: Record<string, string>): string[] => {
  const small = new Map([
    ['platform/errors/index.ts', ''],
    ['platform/db/index.ts', "import { invalid } from '../errors/index.ts';\nexport * from './open.ts';"],
    ['platform/db/open.ts', "import type { Ctx } from '../ctx/index.ts';"],
    ['platform/ctx/index.ts', "export type { Db } from '../db/index.ts';"],
    ['platform/ctx/create.ts', "import type { Ctx } from './index.ts';"],
    ['data/index.ts', "export { read } from './read.ts';"],
    ['data/read.ts', "import type { Ctx } from '../platform/ctx/index.ts';"],
    ['data/inside.ts', ''],
    ['tracking/index.ts', "import { invalid } from '../platform/errors/index.ts';"],
    ['models/index.ts', "import { read } from '../data/index.ts';\nimport { facts } from './light.ts';"],
    ['models/light.ts', ''],
    ['faces/cli/index.ts', "const load = () => import('./data.ts');"],
    ['faces/cli/data.ts', "import type { Read } from '../../data/contract.ts';"],
    ['faces/web/deep/index.ts', ''],
    ['version.ts', ''],
    ['main.ts', "import { version } from './version.ts';\nawait import('./data/inside.ts');"],
    ...Object.entries(change),
  ]);
  const { faults } = floorFaults(small, {
    ...HOUSE,
    floors: { platform: 0, data: 1, tracking: 1, models: 2, faces: 3, 'version.ts': 4, 'main.ts': 5 },
    nested: { platform: ['errors', 'db', 'ctx'], faces: [] },
    light: new Set(['models/light.ts']),
  });
  return faults;
};

test('each rule of the house is broken once, and said', () => {
  assert.deepEqual(broken({}), []);
  const cases: Array<[string, string, string]> = [
    [
      'data/read.ts',
      "import { m } from '../models/index.ts';",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "import { t } from '../tracking/index.ts';",
      'data/read.ts (floor 1) imports tracking/index.ts (floor 1)',
    ],
    [
      'data/read.ts',
      "import type { M } from '../models/index.ts';",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "export * from '../models/index.ts';",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "import '../models/index.ts';",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "const m = await import('../models/index.ts');",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "type M = typeof import('../models/index.ts');",
      'data/read.ts (floor 1) imports models/index.ts (floor 2)',
    ],
    [
      'data/read.ts',
      "import {\n  a,\n  b,\n} from '../main.ts';",
      'data/read.ts (floor 1) imports main.ts (floor 5)',
    ],
    [
      'data/read.ts',
      "import x from '../../ui/x.ts';",
      'data/read.ts imports ../../ui/x.ts, outside of the source folder',
    ],
    ['attic/x.ts', '', 'attic/x.ts: its room stands on no floor'],
    [
      'models/index.ts',
      "import { r } from '../data/read.ts';",
      'models/index.ts enters data past its door: data/read.ts',
    ],
    [
      'models/index.ts',
      "await import('../data/read.ts');",
      'models/index.ts enters data past its door: data/read.ts',
    ],
    [
      'models/index.ts',
      "import { o } from '../platform/db/open.ts';",
      'models/index.ts enters platform/db past its door: platform/db/open.ts',
    ],
    ['main.ts', "import { r } from './data/read.ts';", 'main.ts enters data past its door: data/read.ts'],
    ['main.ts', "await import('./data/read.ts');", 'main.ts enters data past its door: data/read.ts'],
    [
      'main.ts',
      "import { d } from './faces/cli/data.ts';",
      'main.ts enters faces/cli past its door: faces/cli/data.ts',
    ],
    [
      'faces/cli/data.ts',
      "import { w } from '../web/deep/index.ts';",
      'faces/cli/data.ts: faces/cli may not import faces/web',
    ],
    [
      'platform/db/open.ts',
      "import { c } from '../ctx/index.ts';",
      'platform/db/open.ts: platform/db may not import platform/ctx',
    ],
    [
      'platform/db/open.ts',
      "await import('../ctx/index.ts');",
      'platform/db/open.ts: platform/db may not import platform/ctx',
    ],
    [
      'platform/ctx/create.ts',
      "import { o } from '../db/open.ts';",
      'platform/ctx/create.ts enters platform/db past its door: platform/db/open.ts',
    ],
    [
      'platform/new/index.ts',
      "import { o } from '../db/index.ts';",
      'platform/new/index.ts: platform/new may not import platform/db',
    ],
  ];
  for (const [file, text, fault] of cases) assert.deepEqual(broken({ [file]: text }), [fault], text);
  for (const [file, text] of [
    ['faces/cli/data.ts', "import { facts } from '../../models/light.ts';"],
    ['main.ts', "import { createCtx } from './platform/ctx/create.ts';"],
    ['main.ts', "import { w } from './faces/web/deep/index.ts';"],
  ] as const)
    assert.deepEqual(broken({ [file]: text }), [], text);
});

test('no files of a room import each other in a circle', () => {
  assert.deepEqual(circles(tree, HOUSE), []);
});

test('a circle is found, whatever it is made of, and only within a room', () => {
  const found = (files: Record<string, string>): string[][] => circles(new Map(Object.entries(files)), HOUSE);
  assert.deepEqual(
    found({
      'data/index.ts': "export { a } from './a.ts';",
      'data/a.ts': "import type { B } from './b.ts';",
      'data/b.ts': "const load = () => import('./c.ts');",
      'data/c.ts': "import { a } from './a.ts';\nimport './d.ts';",
      'data/d.ts': '',
    }),
    [['data/a.ts', 'data/b.ts', 'data/c.ts']],
  );
  assert.deepEqual(
    found({ 'data/index.ts': "export { a } from './a.ts';", 'data/a.ts': "import './index.ts';" }),
    [['data/a.ts', 'data/index.ts']],
  );
  // Types of another room of the ground floor may be used from below: that is said by the order of its rooms.
  assert.deepEqual(
    found({
      'platform/ctx/index.ts': "import { job } from '../jobs/index.ts';",
      'platform/jobs/index.ts': "import type { Ctx } from '../ctx/index.ts';",
    }),
    [],
  );
  assert.deepEqual(
    found({
      'data/a.ts': "import './b.ts';\nimport './c.ts';",
      'data/b.ts': "import './c.ts';",
      'data/c.ts': '',
    }),
    [],
  );
});

test('a server, a data plane and the scoring of models do not load DuckDB: it is at home in table readers', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = tree.get(file) ?? '';
    // What only lends types is not loaded.
    for (const [, kind, target] of text.matchAll(/^(import|export)\s(?!type\s)[^;]*?from '([^']+)'/gm)) {
      assert.ok(!target!.startsWith('@duckdb/'), `${file} ${kind}s ${target}`);
      if (target!.startsWith('.')) visit(path.posix.join(path.posix.dirname(file), target!));
    }
  };
  visit('main.ts');
  visit('plane.ts');
  assert.ok(seen.size > 300, `only ${seen.size} files were read`);
  visit('validation/scoring/judge-host.ts');
});

test('only tables/ opens DuckDB: other rooms have its types, and what they are handed', () => {
  const importing = (text: string): string[] =>
    [...text.matchAll(/(?:^(?:import|export)\s(?!type\s)[^;]*?from\s+|import\(\s*)'(@duckdb\/[^']+)'/gm)].map(
      ([, name]) => name!,
    );
  const found = [...tree].flatMap(([file, text]) => (importing(text).length > 0 ? [file] : []));
  assert.ok(found.length > 0, 'a check that saw nothing proves nothing');
  assert.deepEqual(
    found.filter((file) => !file.startsWith('tables/')),
    [],
  );
});
