// Small test files share a process, one after the other: to begin one and to load the house into it takes more of the processor than most
// of them do. Each is a suite of its own there, so that its hooks are its own; what it does to the process (its environment, its folder)
// it undoes itself, as it must for the test after it. Neighbours by path share, since they load the same.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setupDir } from '../setup/place.mjs';
import { known } from './order.mjs';

const FOLDER = join(setupDir, 'together-');
/** Whether a file is one that several begin with. */
export const isShared = (path) => path.startsWith(FOLDER);
/** Of the processor; one that takes longer gains little. */
const SMALL_S = 10;
/** Of all that share a process: the last must not be left over when the others have ended. */
const SHARED_S = 30;
const SHARED_FILES = 24;

/** Files that change or count what belongs to the whole process, or hang on its end. */
const ALONE = [
  // Long ones beside the code gain little, and journeys that end processes look for them below this one.
  /^src\/.*\.slow\./,
  /^test\/journeys\/(?!ui-)/,
  // Umask, walls around what is started, what is compiled beside it.
  /^src\/platform\/processes\//,
  // What is open in the process.
  /^src\/pipelines\/run\/collect\.test\./,
  // Databases that all tests of a file share are closed at the end of whichever file opened them first.
  /^src\/(tracking|traces)\//,
];

/** @param files relative paths. @param apart each in a process of its own. @returns what each process runs, the longest first. */
export function together(files, apart) {
  const of = known();
  const alone = [];
  const shared = new Map();
  for (const file of files.toSorted()) {
    const seconds = of(file);
    if (apart || ALONE.some((one) => one.test(file)) || seconds > SMALL_S) {
      alone.push({ files: [file], seconds });
      continue;
    }
    // The room, and journeys by their first word: the browser's apart from the rest.
    const room = file.startsWith('test/journeys/ui-') ? 'ui-' : file.split('/')[0];
    const groups = shared.get(room) ?? [];
    shared.set(room, groups);
    let group = groups.at(-1);
    if (!group || group.files.length === SHARED_FILES || group.seconds + seconds > SHARED_S) {
      group = { files: [], seconds: 0 };
      groups.push(group);
    }
    group.files.push(file);
    group.seconds += seconds;
  }
  return [...alone, ...[...shared.values()].flat()].toSorted((a, b) => b.seconds - a.seconds);
}

/** Writes the files that processes begin with. @returns their paths, relative to the checkout, and what removes them again. */
export function entries(groups) {
  const folder = mkdtempSync(FOLDER);
  const run = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'shared.mjs')).href);
  const files = groups.map(({ files: [first, ...more] }, i) => {
    if (more.length === 0) return first;
    const entry = join(folder, `${i}.test.ts`);
    const members = JSON.stringify([first, ...more], undefined, 2);
    writeFileSync(entry, `import { runShared } from ${run};\nawait runShared(${members});\n`);
    return relative(root, entry).split(sep).join('/');
  });
  return { files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
