// How big the files are, room by room: `npm run sizes`. Habits, never a gate: median <= 100 lines, nine in ten <= 250;
// a file past 400 lines says why in its first line.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './setup/place.mjs';

const code = /\.(ts|tsx|mjs|py|css)$/;
const skipped = new Set(['node_modules', 'dist', 'generated', '__pycache__', '.venv', '.setup']);

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (code.test(entry.name)) yield path;
  }
}

const files = ['src', 'ui', 'sdk', 'test', 'bench', 'scripts', 'examples'].flatMap((top) => {
  try {
    return [...walk(join(root, top))];
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
});
const sized = files.map((path) => ({
  path: relative(root, path),
  lines: readFileSync(path, 'utf8').split('\n').length - 1,
}));

/** A room is a folder of src/ or ui/src/ (two levels where a floor holds several rooms), or a whole top folder. */
function roomOf(path) {
  const parts = path.split(sep);
  if (/\.(test|suite)\.tsx?$/.test(path)) return '(tests beside the code)';
  if (parts[0] === 'src')
    return parts
      .slice(
        0,
        ['platform', 'faces'].includes(parts[1]) && parts.length > 3 ? 3 : Math.min(2, parts.length - 1),
      )
      .join('/');
  if (parts[0] === 'ui') return parts.slice(0, Math.min(3, parts.length - 1)).join('/');
  return parts[0];
}

const rank = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
function row(name, list) {
  const lines = list.map((file) => file.lines).sort((a, b) => a - b);
  return [
    name,
    lines.length,
    rank(lines, 0.5),
    rank(lines, 0.9),
    lines.at(-1) ?? 0,
    lines.reduce((sum, n) => sum + n, 0),
  ];
}

const rooms = group(sized);
function group(list) {
  const map = new Map();
  for (const file of list) map.set(roomOf(file.path), [...(map.get(roomOf(file.path)) ?? []), file]);
  return map;
}
const rows = [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, list]) => row(name, list));
rows.push(row('all', sized));

const head = ['room', 'files', 'median', 'p90', 'max', 'lines'];
const widths = head.map((title, column) =>
  Math.max(title.length, ...rows.map((cells) => String(cells[column]).length)),
);
const print = (cells) =>
  console.log(
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
      .join('  '),
  );
print(head);
for (const cells of rows) print(cells);

const long = sized.filter((file) => file.lines > 400).sort((a, b) => b.lines - a.lines);
console.log(
  long.length === 0 ? '\nno file is past 400 lines' : '\npast 400 lines (the first line should say why):',
);
for (const file of long) console.log(`${String(file.lines).padStart(6)}  ${file.path}`);
