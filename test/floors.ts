import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a house of rooms on floors forbids, over the texts of its files: `src/floors.test.ts` has the real house, and broken ones. */

/** Path below the source folder → text. */
export type Tree = ReadonlyMap<string, string>;

export interface House {
  /** Rooms, and files of the roof, which end in `.ts`. */
  floors: Readonly<Record<string, number>>;
  /**
   * Rooms that are houses of their own: each folder in them is a room, and may import those before it in this list, and the types of
   * all in the list; without a list, none.
   */
  nested: Readonly<Record<string, readonly string[]>>;
  /** Files of a room that others may import; path inside the room. */
  doors: RegExp;
  /** More doors of nested rooms, by the room that they are nested in. */
  nestedDoors: Readonly<Record<string, RegExp>>;
  /** Single files that others may import past the door. */
  light: ReadonlySet<string>;
}

export interface Import {
  /** As it is written: `./x.ts`. */
  target: string;
  /** Gone when the program runs. */
  typeOnly: boolean;
}

/** Sources without tests, which may look anywhere. */
export function readTree(folder: string): Tree {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(file));
  return new Map(files.map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
}

/** Imports of own files in every form: `from '…'`, `import '…'`, `import('…')`, `typeof import('…')`. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const [, type, target] of text.matchAll(
    /^\s*(?:import|export)\b(\s+type\b)?[^'"`;]*?\bfrom\s+['"](\.[^'"]+)['"]/gm,
  ))
    found.push({ target: target!, typeOnly: type !== undefined });
  for (const [, target] of text.matchAll(/^\s*import\s+['"](\.[^'"]+)['"]/gm))
    found.push({ target: target!, typeOnly: false });
  for (const [, type, target] of text.matchAll(/(\btypeof\s+)?\bimport\(\s*['"](\.[^'"]+)['"]/g))
    found.push({ target: target!, typeOnly: type !== undefined });
  return found;
}

interface Step extends Import {
  from: string;
  to: string;
}

const steps = (file: string, text: string): Step[] =>
  importsOf(text).map((one) => ({
    ...one,
    from: file,
    to: path.posix.join(path.posix.dirname(file), one.target),
  }));

/** Where a file is at home: its room (`platform/db`, `data`, `main.ts`), and its path in there. */
function homeOf(file: string, { nested }: House): { top: string; room: string; inside: string } {
  const [top = '', second = '', ...rest] = file.split('/');
  if (!Object.hasOwn(nested, top) || rest.length === 0)
    return { top, room: top, inside: [second, ...rest].join('/') };
  return { top, room: `${top}/${second}`, inside: rest.join('/') };
}

/** Every import that goes up, sideways, or into a room past its door. */
export function floorFaults(tree: Tree, house: House): { faults: string[]; imports: number } {
  const faults: string[] = [];
  let imports = 0;
  for (const [file, text] of tree) {
    const here = homeOf(file, house);
    const floor = house.floors[here.top];
    if (floor === undefined) faults.push(`${file}: its room stands on no floor`);
    for (const step of steps(file, text)) {
      imports++;
      const fault = step.to.startsWith('..')
        ? `${file} imports ${step.target}, outside of the source folder`
        : stepFault(step, here, house);
      if (fault !== undefined) faults.push(fault);
    }
  }
  return { faults, imports };
}

function stepFault(
  { from, to, typeOnly }: Step,
  here: { top: string; room: string },
  house: House,
): string | undefined {
  const there = homeOf(to, house);
  if (there.room === here.room) return undefined;
  if (there.top === here.top) {
    const order = house.nested[here.top] ?? [];
    const place = (room: string): number => order.indexOf(room.split('/')[1]!);
    const [mine, other] = [place(here.room), place(there.room)];
    if (mine < 0 || other < 0 || (!typeOnly && other >= mine))
      return `${from}: ${here.room} may not import ${there.room}`;
  } else {
    const [mine, other] = [house.floors[here.top], house.floors[there.top]];
    if (mine === undefined || other === undefined || other >= mine)
      return `${from} (floor ${mine}) imports ${to} (floor ${other})`;
  }
  const open =
    there.inside === '' || // a file of the roof is its own door
    house.doors.test(there.inside) ||
    house.nestedDoors[there.top]?.test(there.inside) === true ||
    house.light.has(to);
  return open ? undefined : `${from} enters ${there.room} past its door: ${to}`;
}

/** Files of one room that import each other in a circle, also by types alone: none of them can be read, moved or tried by itself. */
export function circles(tree: Tree, house: House): string[][] {
  const next = new Map<string, string[]>();
  for (const [file, text] of tree) {
    const { room } = homeOf(file, house);
    next.set(
      file,
      steps(file, text)
        .map(({ to }) => to)
        .filter((to) => tree.has(to) && homeOf(to, house).room === room),
    );
  }
  return components(next).filter((files) => files.length > 1);
}

/** Strongly connected components, after Tarjan. */
function components(next: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    const mine = order.size;
    order.set(file, mine);
    low.set(file, mine);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) visit(to);
      // One that is not on the stack any more belongs to a component of its own.
      if (stack.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) === mine) found.push(stack.splice(stack.indexOf(file)).toSorted());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}
