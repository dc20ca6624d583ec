import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { openTest, type TestServer } from '../test/harness.ts';
import { freshPostgres } from '../test/postgres.ts';
import type { ServerConfig } from './config.ts';
import { createModel } from './models/index.ts';
import { TreadleError } from './platform/errors/index.ts';

const root = mkdtempSync(path.join(tmpdir(), 'treadle-belong-'));
after(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]): string => path.join(root, ...names);

/** Some of everything: small blobs, a large one, an entry of the ledger. */
async function fill(server: TestServer, seed: string): Promise<void> {
  for (let i = 0; i < 5; i++) await server.ctx.blobs.put(Buffer.from(`${seed} ${i}`));
  await server.ctx.blobs.put(Buffer.alloc(4 * 1024 * 1024 + 1, seed));
  await createModel(server.ctx, { name: seed });
}

/** `clean` was stopped in order; `killed` is what a kill leaves: the log beside the database, the locks' journals. */
async function store(name: string, seed: string, from?: string): Promise<void> {
  const data = at(name, 'live');
  if (from !== undefined) cpSync(from, data, { recursive: true });
  const server = await openTest({ data });
  await fill(server, seed);
  cpSync(data, at(name, 'killed'), { recursive: true, filter: (one) => !lstatSync(one).isSocket() });
  await server.close();
  renameSync(data, at(name, 'clean'));
}

before(async () => {
  await store('a', 'a');
  // The same store a while later, and one that was only opened again.
  await store('later', 'more', at('a', 'clean'));
  const again = at('again', 'clean');
  cpSync(at('a', 'clean'), again, { recursive: true });
  await (await openTest({ data: again })).close();
  cpSync(again, at('again', 'killed'), { recursive: true });
  await store('b', 'b');
  const empty = await openTest({ data: at('empty') });
  await empty.close();
});

/** Every file by name, with its kind, rights, size, time and content. */
function digest(folder: string): Record<string, string> {
  const names = existsSync(folder)
    ? lstatSync(folder).isDirectory()
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      : ['']
    : [];
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const file = path.join(folder, name);
      const { mode, size, mtimeMs } = lstatSync(file);
      const link = lstatSync(file).isSymbolicLink();
      if (lstatSync(file).isDirectory()) return [name, `folder ${mode}`];
      const bytes = link ? readlinkSync(file) : readFileSync(file);
      return [name, `${mode} ${size} ${mtimeMs} ${createHash('sha256').update(bytes).digest('hex')}`];
    }),
  );
}

/** A start that must be refused: by which file or folder its error is to name, and that nothing on disk changes. */
async function refused(
  label: string,
  data: string,
  names: RegExp,
  options: { db?: string } & Partial<ServerConfig> = {},
): Promise<void> {
  const before = digest(data);
  const { db, ...config } = options;
  const error = await openTest({ data, ...(db === undefined ? {} : { db }), config }).then(
    async (server) => {
      await server.close();
      assert.fail(`${label}: the server started`);
    },
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof TreadleError, `${label}: ${String(error)}`);
  assert.match(error.message, names, label);
  assert.ok((error.hint ?? '').length > 20, `${label} says what to do`);
  assert.deepEqual(digest(data), before, `${label}: nothing changed on disk`);
}

const dbFiles = ['treadle.db', 'treadle.db-wal', 'treadle.db-shm'];
const remove = (data: string, ...names: string[]): void => {
  for (const name of names) rmSync(path.join(data, name), { recursive: true, force: true });
};
/** Takes these from another data folder, instead of its own. */
const take = (data: string, from: string, ...names: string[]): void => {
  remove(data, ...names);
  for (const name of names)
    if (existsSync(path.join(from, name)))
      cpSync(path.join(from, name), path.join(data, name), { recursive: true });
};
const change = (data: string, statement: string): void => {
  const database = new DatabaseSync(path.join(data, 'treadle.db'));
  database.exec(statement);
  database.close();
};
/** As a server before the store id left it. */
const forget = (data: string): void => {
  change(data, `drop table blob_store; delete from schema_migration where id = 'blobs-002-store'`);
  remove(data, 'blobs/store.json', 'blobs/known.json');
};
const newestPack = (data: string): string => {
  const packs = path.join(data, 'blobs', 'packs');
  return path.join(packs, readdirSync(packs).toSorted().at(-1)!);
};

type Fault = (data: string, how: 'clean' | 'killed') => void;
const DATABASE = /treadle\.db/;
const BLOBS = /\/blobs\b/;
const KEY = /ledger\.key/;
const FAULTS: Array<[what: string, names: RegExp, fault: Fault]> = [
  ['the database is gone', DATABASE, (data) => remove(data, 'treadle.db')],
  ['the database and its log are gone', DATABASE, (data) => remove(data, ...dbFiles)],
  [
    'only the key and the blobs are left',
    DATABASE,
    (data) => remove(data, ...dbFiles, 'runtimes', 'pipelines', 'planes', 'lock.db'),
  ],
  [
    'only the key is left',
    DATABASE,
    (data) => remove(data, ...dbFiles, 'blobs', 'runtimes', 'pipelines', 'planes'),
  ],
  ['the database has no byte', DATABASE, (data) => truncateSync(path.join(data, 'treadle.db'))],
  [
    'the database has no byte and no log',
    DATABASE,
    (data) => (remove(data, ...dbFiles), writeFileSync(path.join(data, 'treadle.db'), '')),
  ],
  [
    'the database is a text',
    DATABASE,
    (data) => (
      remove(data, ...dbFiles),
      writeFileSync(path.join(data, 'treadle.db'), 'not a database\n'.repeat(500))
    ),
  ],
  [
    'the database is damaged',
    DATABASE,
    (data) => {
      change(data, 'pragma wal_checkpoint(truncate)');
      const file = path.join(data, 'treadle.db');
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0xa5, 4096));
    },
  ],
  [
    'the database is a folder',
    DATABASE,
    (data) => (remove(data, ...dbFiles), mkdirSync(path.join(data, 'treadle.db'))),
  ],
  [
    'the database is a link to nothing',
    DATABASE,
    (data) => (remove(data, ...dbFiles), symlinkSync('/nowhere/treadle.db', path.join(data, 'treadle.db'))),
  ],
  [
    'the database is that of another program',
    DATABASE,
    (data) => (remove(data, ...dbFiles), change(data, 'create table notes (text text)')),
  ],
  ['the database is that of a fresh start', DATABASE, (data) => take(data, at('empty'), ...dbFiles)],
  [
    'the database and the key are those of a fresh start',
    DATABASE,
    (data) => take(data, at('empty'), ...dbFiles, 'ledger.key'),
  ],
  ['the database is another store’s', DATABASE, (data, how) => take(data, at('b', how), ...dbFiles)],
  [
    'the database and the key are another store’s',
    DATABASE,
    (data, how) => take(data, at('b', how), ...dbFiles, 'ledger.key'),
  ],
  ['the database is from before later blobs', DATABASE, (data, how) => take(data, at('later', how), 'blobs')],
  [
    'the database is from before a later start',
    DATABASE,
    (data, how) => take(data, at('again', how), 'blobs'),
  ],
  ['the rows of all blobs are gone', DATABASE, (data) => change(data, 'delete from blob')],
  [
    'the row of the last blob is gone',
    DATABASE,
    (data) => change(data, 'delete from blob where start = (select max(start) from blob)'),
  ],
  [
    'the row of the large blob is gone',
    DATABASE,
    (data) => change(data, 'delete from blob where pack is null'),
  ],
  [
    'the store id is another in the database',
    BLOBS,
    (data) => change(data, `update blob_store set store = '${'0'.repeat(32)}'`),
  ],
  ['the store id is gone from the database', DATABASE, (data) => change(data, 'delete from blob_store')],
  ['the blobs are gone', BLOBS, (data) => remove(data, 'blobs')],
  [
    'the blobs folder is empty',
    BLOBS,
    (data) => (remove(data, 'blobs'), mkdirSync(path.join(data, 'blobs'))),
  ],
  [
    'the blobs folder is a file',
    BLOBS,
    (data) => (remove(data, 'blobs'), writeFileSync(path.join(data, 'blobs'), 'x')),
  ],
  ['the blobs are another store’s', BLOBS, (data, how) => take(data, at('b', how), 'blobs')],
  [
    'the blobs are older than the database',
    BLOBS,
    (data, how) => {
      const keep = readFileSync(path.join(at('a', how), 'blobs', 'store.json'));
      take(data, at('later', how), ...dbFiles, 'blobs');
      take(data, at('a', how), 'blobs');
      writeFileSync(path.join(data, 'blobs', 'store.json'), keep);
    },
  ],
  ['the packs are gone', BLOBS, (data) => remove(data, 'blobs/packs')],
  ['the packs are another store’s', BLOBS, (data, how) => take(data, at('b', how), 'blobs/packs')],
  ['the newest pack is cut short', BLOBS, (data) => truncateSync(newestPack(data), 100)],
  ['the large files are gone', BLOBS, (data) => remove(data, 'blobs/files')],
  [
    'the store id is gone from the blobs',
    BLOBS,
    (data) => (change(data, 'update blob_store set starts = 5'), remove(data, 'blobs/store.json')),
  ],
  [
    'the store id of the blobs is unreadable',
    /store\.json/,
    (data) => writeFileSync(path.join(data, 'blobs/store.json'), '{"store":'),
  ],
  [
    'the store id of the blobs is another store’s',
    BLOBS,
    (data, how) => take(data, at('b', how), 'blobs/store.json'),
  ],
  ['the key is gone', KEY, (data) => remove(data, 'ledger.key')],
  ['the key is another ledger’s', KEY, (data, how) => take(data, at('b', how), 'ledger.key')],
  ['the key has no byte', KEY, (data) => truncateSync(path.join(data, 'ledger.key'))],
  ['the key is a text', KEY, (data) => writeFileSync(path.join(data, 'ledger.key'), 'not a key')],
  ['the key can be read by others', KEY, (data) => chmodSync(path.join(data, 'ledger.key'), 0o644)],
  [
    'a store of before the store id, beside the blobs of another',
    DATABASE,
    (data, how) => (forget(data), take(data, at('b', how), 'blobs/packs', 'blobs/files')),
  ],
  [
    'a store of before the store id, beside an empty database',
    DATABASE,
    (data) => (forget(data), take(data, at('empty'), ...dbFiles, 'ledger.key'), forget(data)),
  ],
  [
    'a store of before the store id, without its blobs',
    BLOBS,
    (data) => (forget(data), remove(data, 'blobs')),
  ],
];

/** `npm run test:deep` takes each case both after a stop and after a kill, `npm test` the one and the other in turn. */
const HOWS = ['clean', 'killed'] as const;
const taken = (how: (typeof HOWS)[number], i: number): boolean =>
  process.env['TREADLE_TEST_WHOLE'] === '1' || HOWS[i % 2] === how;

test('starts beside what does not belong together are refused, and change nothing', async () => {
  for (const how of HOWS) {
    for (const [i, [what, names, fault]] of FAULTS.entries()) {
      if (!taken(how, i)) continue;
      const data = at(`${how}-${i}`);
      cpSync(at('a', how), data, { recursive: true });
      fault(data, how);
      await refused(`${what} (${how})`, data, names);
      rmSync(data, { recursive: true, force: true });
    }
  }
  const file = at('a-file');
  writeFileSync(file, 'x');
  await refused('the data folder is a file', file, /a-file is a file/);
  const foreign = at('foreign');
  mkdirSync(path.join(foreign, 'src'), { recursive: true });
  writeFileSync(path.join(foreign, 'README.md'), 'mine');
  await refused('a folder of somebody’s files', foreign, /foreign holds no store.*README\.md and 1 more/);
  for (const name of ['fresh', 'fresh/below']) {
    const data = at(name);
    for (const config of [{ host: '0.0.0.0' }, { requireToken: true }])
      await refused(
        `a fresh store that nobody has a token for`,
        data,
        /before somebody can sign in|before one exists/,
        config,
      );
    assert.equal(existsSync(at('fresh')), false, 'no store is begun');
  }
});

/** Opens it, looks whether all of the store is there, and closes it again. */
async function starts(data: string, config: { restored?: boolean } = {}): Promise<void> {
  const server = await openTest({ data, config });
  const { blobs } = server.ctx;
  const { hash } = await blobs.put(Buffer.from('a 3'));
  assert.equal((await blobs.read(hash)).toString(), 'a 3');
  await fill(server, `after ${Math.random()}`);
  assert.deepEqual(server.errors, []);
  await server.close();
}

const GOOD: ReadonlyArray<[what: string, prepare: (data: string) => void]> = [
  ['as it was', () => undefined],
  ['of before the store id', forget],
  ['killed between row and file', (data) => change(data, 'update blob_store set starts = starts + 1')],
  ['killed in its first start', (data) => remove(data, 'blobs/store.json', 'blobs/known.json')],
  ['with bytes behind the last row', (data) => writeFileSync(newestPack(data), 'loose', { flag: 'a' })],
];

test('what belongs together starts: stopped or killed, of before the store id, fresh or half made', async () => {
  for (const how of HOWS) {
    for (const [i, [what, prepare]] of GOOD.entries()) {
      if (!taken(how, i)) continue;
      const data = at(`good-${how}-${what}`);
      cpSync(at('a', how), data, { recursive: true });
      prepare(data);
      await starts(data);
      await starts(data);
      const lost = path.join(data, 'blobs', 'lost');
      assert.equal(existsSync(lost), what === 'with bytes behind the last row', what);
    }
  }
  const half = at('half');
  mkdirSync(half);
  writeFileSync(path.join(half, 'treadle.db'), '');
  writeFileSync(path.join(half, 'lock.db'), '');
  mkdirSync(path.join(half, 'lost+found'));
  await starts(half);
});

test('a restored older database starts when told so, and every byte that it does not know is kept', async () => {
  const data = at('restored');
  cpSync(at('later', 'clean'), data, { recursive: true });
  take(data, at('a', 'clean'), ...dbFiles);
  const pack = newestPack(data);
  const whole = readFileSync(pack);
  await refused('an older database', data, DATABASE);
  await starts(data, { restored: true });
  const lost = path.join(data, 'blobs', 'lost');
  const [tail] = readdirSync(lost);
  const [, known, size] = /-(\d+)-(\d+)\.tail$/.exec(tail!)!;
  assert.equal(Number(size), whole.length);
  assert.ok(readFileSync(path.join(lost, tail!)).equals(whole.subarray(Number(known))));
  await starts(data); // from now on it is a pair again
  // Two stores are never made one by being told.
  const other = at('other');
  cpSync(at('a', 'clean'), other, { recursive: true });
  take(other, at('b', 'clean'), 'blobs');
  await refused('another store', other, BLOBS, { restored: true });
});

const postgres = process.env['TREADLE_TEST_PG'];
test(
  'Postgres: the wrong database or the wrong data folder is refused',
  { skip: postgres === undefined ? 'TREADLE_TEST_PG is not set' : false },
  async () => {
    await using one = await freshPostgres(postgres!);
    await using two = await freshPostgres(postgres!);
    await using none = await freshPostgres(postgres!);
    const made = async (data: string, db: string): Promise<void> => {
      await using server = await openTest({ data, db });
      await fill(server, `p ${Math.random()}`);
    };
    await made(at('p1'), one.url);
    await made(at('p2'), two.url);
    await refused('another database', at('p1'), BLOBS, { db: two.url });
    await refused('an empty database', at('p1'), BLOBS, { db: none.url });
    await refused('no database named', at('p1'), DATABASE);
    await refused('a data folder of SQLite', at('a', 'clean'), BLOBS, { db: one.url });
    await refused('a data folder of SQLite and an empty database', at('a', 'clean'), BLOBS, { db: none.url });
    await refused('a fresh data folder', at('p-fresh'), /blobs|ledger\.key/, { db: one.url });
    assert.equal(existsSync(at('p-fresh')), false);
    cpSync(at('p1', 'ledger.key'), at('p1-key'));
    rmSync(at('p1', 'ledger.key'));
    await refused('no key', at('p1'), KEY, { db: one.url });
    cpSync(at('p2', 'ledger.key'), at('p1', 'ledger.key'));
    await refused('another key', at('p1'), KEY, { db: one.url });
    cpSync(at('p1-key'), at('p1', 'ledger.key'));
    await made(at('p1'), one.url);
  },
);
