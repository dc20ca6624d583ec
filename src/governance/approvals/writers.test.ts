import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { readTree } from '../../../test/floors.ts';

/** Of the stores: functions that change what an alias, a stage or an endpoint points at. */
const STORES: Readonly<Record<string, readonly string[]>> = {
  'models/store.ts': ['putAlias', 'removeAliases', 'purgeModel', 'updateModelRow'],
  'models/store-versions.ts': ['updateVersionRow', 'insertVersion'],
  'serving/store.ts': ['insertRevision', 'changeRevision', 'changeEndpoint', 'takeNumber'],
};
/** Files that call one of those and point nothing anywhere, with what they do. */
const OTHERS: Readonly<Record<string, string>> = {
  'models/create-version.ts': 'a fresh version, in no stage, that nothing points at',
  'models/read-facts.ts': 'facts alone',
  'serving/set-recording.ts': 'what is kept of predictions',
};

/** Files that write or delete artifacts and ask no guard, with what they do. */
const UNASKED: Readonly<Record<string, string>> = {
  'tracking/artifacts.ts': 'the verbs themselves',
  'pipelines/run/attach-output.ts': 'what a step made, to the run of that step, which goes on',
  'models/purge.ts': 'what no version needs',
};

const tree = readTree(path.join(import.meta.dirname, '..', '..'));

test('whoever changes what points at a version asks the guards, and nobody else writes those tables', () => {
  const writes =
    /(?:insertInto|updateTable|deleteFrom)\('(model_alias|model_version|revision|endpoint|model)'\)/g;
  const stores = [...tree]
    .filter(([, text]) => writes.test(text) || text.search(writes) >= 0)
    .map(([file]) => file);
  const known = [...Object.keys(STORES), 'models/store-purge.ts'];
  assert.deepEqual(
    stores.filter((file) => !known.includes(file)),
    [],
    'a new writer: have it ask the guards (models/move-guard.ts), and name it here',
  );
  assert.ok(stores.length >= 3, 'a check that saw nothing proves nothing');
  // Each function of a store that writes them is listed above.
  for (const [store, listed] of Object.entries(STORES)) {
    const functions = tree
      .get(store)!
      .split(/\n(?=export (?:async )?function|export const|async function|function)/);
    for (const text of functions) {
      const name = /^(?:export )?(?:async )?(?:function|const) (\w+)/.exec(text)?.[1];
      if (
        name === undefined ||
        !/(?:insertInto|updateTable|deleteFrom)\('(?:model_alias|revision|endpoint)'\)|updateTable\('model(?:_version)?'\)|set\(\{ ?stage/.test(
          text,
        )
      )
        continue;
      if (['holdModel', 'nextVersion', 'redactVersion'].includes(name)) continue; // a lock, a number, the end of a version
      assert.ok(listed.includes(name), `${store}: ${name} is not known here`);
    }
  }
  const callers = new Set<string>();
  for (const [file, text] of tree)
    for (const [store, names] of Object.entries(STORES)) {
      const room = store.slice(0, store.indexOf('/') + 1);
      if (!file.startsWith(room) || file === store || /\.(suite|test)\.ts$/.test(file)) continue;
      if (names.some((name) => new RegExp(`\\b${name}\\(`).test(text))) callers.add(file);
    }
  const silent = [...callers].filter(
    (file) => !/askGuards\(/.test(tree.get(file)!) && OTHERS[file] === undefined,
  );
  assert.deepEqual(silent, [], 'they change what points at a version, and ask nobody');
  assert.ok(callers.size >= 8, `only ${callers.size} were found`);
});

/** What a call is given, up to the bracket that ends it. */
function givenTo(text: string, from: number): string {
  let depth = 1;
  let at = from;
  for (; depth > 0 && at < text.length; at++) depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0;
  return text.slice(from, at - 1);
}

test('whoever writes or deletes an artifact by its address asks which files stay', () => {
  const calls = [...tree]
    .filter(([file]) => !/\.(suite|test)\.ts$/.test(file) && UNASKED[file] === undefined)
    .flatMap(([file, text]) =>
      [...text.matchAll(/\b(?:put|delete)Artifact\(/g)].map(
        (call) => `${file}: ${givenTo(text, call.index + call[0].length)}`,
      ),
    );
  assert.deepEqual(
    calls.filter((call) => !/,\s*guards,?\s*$/.test(call)),
    [],
  );
  assert.ok(calls.length >= 4, `only ${calls.length} were found`);
});
