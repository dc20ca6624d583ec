import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { migrate, openSqlite } from './platform/db/index.ts';
import { blobUsers, migrations } from './rooms.ts';

/** Columns that sound like blobs and are none, with what they are. */
const NONE: Readonly<Record<string, string>> = {
  'blob.hash': 'the blobs themselves',
  'pin.hash': 'gc reads the pins by itself',
  'ledger_subtree.hash': 'nodes of the ledger’s tree',
  'token.hash': 'SHA-256 of a token',
  'session.hash': 'SHA-256 of a session',
  'outcome_table.digest': 'which files, read by which columns',
  'execution.file': 'the text of treadle.yaml',
  'git_host.file': 'path of a pipeline file in a repository',
  'prediction_segment.file': 'recorded predictions, a file of their own below the data folder',
  'model_conversion.files': 'digest over a list of files',
  'logged_model_metric.dataset_digest': 'what a client said of its data',
  'run_dataset.digest': 'what a client said of its data',
};

const SUSPECT = /hash|digest|blob|manifest|outputs|(^|_)files?$|log$|snapshot|segment/;

test('every column that may hold the hash of a blob is enumerated by its room, or known to be none', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-rooms-'));
  const database = openSqlite(path.join(home, 'treadle.db'));
  try {
    await migrate(database, migrations);
    const { rows } = await sql<{ place: string; type: string; suspect: string }>`
      select m.name || '.' || c.name as place, lower(c.type) as type, c.name as suspect
      from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'`.execute(database.db);
    const listed = new Set(blobUsers.flatMap(({ columns, remarks = [] }) => [...columns, ...remarks]));
    const places = new Set(rows.map(({ place }) => place));
    assert.ok(places.size > 150, `only ${places.size} columns were read`);
    assert.deepEqual(
      [...listed, ...Object.keys(NONE)].filter((place) => !places.has(place)),
      [],
      'listed, and there is no such column',
    );
    const forgotten = rows
      .filter(({ type, suspect }) => type === 'text' && SUSPECT.test(suspect))
      .map(({ place }) => place)
      .filter((place) => !listed.has(place) && NONE[place] === undefined);
    assert.deepEqual(
      forgotten,
      [],
      'name it in the uses.ts of its room, so that gc keeps what it needs; or in NONE above, with what it is',
    );
  } finally {
    await database.close();
    rmSync(home, { recursive: true, force: true });
  }
});
