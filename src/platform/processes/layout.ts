import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Isolate, Isolation } from './isolate.ts';

/** How one place of the machine looks from within. What is not named is there as it is, and read-only. */
export interface Place {
  at: string;
  /** An empty folder of its own, an empty file, or what lies at `from`. */
  kind: 'empty' | 'blank' | 'read' | 'write';
  from: string;
  mode: number;
}

const within = (at: string, folder: string): boolean =>
  at === folder || folder === '/' || at.startsWith(`${folder}/`);

/** Outer places come before those within them. */
export function layout(
  { hidden, shown }: Isolation,
  { read = [], given = [], write = [], share = [] }: Isolate,
): Place[] {
  const places = new Map<string, Place>();
  const put = (at: string, kind: Place['kind'], from = at): void =>
    void places.set(at, { at, kind, from, mode: isTemporary(at) ? 0o1777 : 0o755 });
  for (const at of hidden) {
    if (existsSync(at)) put(at, statSync(at).isDirectory() ? 'empty' : 'blank');
  }
  const covered = (at: string): boolean =>
    [...hidden, ...write].some((one) => one !== at && within(at, one)) || hidden.includes(at);
  // A link is shown under its own name, too: an interpreter is called by the name that its environment has for it.
  const both = (at: string): string[] => [...new Set([at, realpathSync(at)])];
  for (const one of [...shown, ...read, ...given]) {
    if (!existsSync(one)) continue;
    const folder = statSync(one).isDirectory() ? one : path.dirname(one);
    for (const at of both(folder)) if (covered(at)) put(at, 'read', realpathSync(at));
  }
  for (const one of [...write, ...share]) for (const at of both(one)) put(at, 'write', realpathSync(at));
  const sorted = [...places.values()].toSorted((a, b) => a.at.length - b.at.length);
  // What its surroundings do to it already needs no saying.
  return sorted.filter((place) => {
    const outer = sorted.findLast((one) => one !== place && within(place.at, one.at));
    if (place.kind === 'empty' || place.kind === 'blank') return outer?.kind !== 'empty';
    return !(
      place.kind === 'read' &&
      outer?.kind === 'read' &&
      place.from === place.at &&
      outer.from === outer.at
    );
  });
}

const isTemporary = (at: string): boolean => /^\/(var\/)?tmp$|^\/dev\/shm$/.test(at);
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

export function bubblewrapArgs(
  places: readonly Place[],
  { network, cwd, changesUser }: { network: boolean; cwd: string; changesUser: boolean },
): string[] {
  const args = ['--ro-bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc'];
  args.push('--perms', '1777', '--tmpfs', '/dev/shm');
  const made = new Set<string>();
  for (const { at, kind, from, mode } of places) {
    const outer = places.findLast((one) => one.at !== at && within(at, one.at));
    // Parents that it makes itself are closed to other users.
    if (outer?.kind === 'empty') {
      for (const parent of parents(at, outer.at)) {
        if (made.has(parent)) continue;
        made.add(parent);
        args.push('--perms', '0755', '--dir', parent);
      }
    }
    if (kind === 'empty') args.push('--perms', octal(mode), '--tmpfs', at);
    else if (kind === 'blank') args.push('--ro-bind', '/dev/null', at);
    else args.push(kind === 'read' ? '--ro-bind' : '--bind', from, at);
  }
  args.push('--unshare-pid', '--unshare-ipc', '--unshare-uts', ...(network ? [] : ['--unshare-net']));
  // Rights to become another user; they are given up with it.
  if (changesUser) for (const one of ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP']) args.push('--cap-add', one);
  return [...args, '--die-with-parent', '--chdir', cwd];
}

/** Folders between, the outermost first. */
function parents(at: string, outer: string): string[] {
  const list: string[] = [];
  for (let one = path.dirname(at); one !== outer && one !== '/'; one = path.dirname(one)) list.unshift(one);
  return list;
}

/** File systems that hold nothing of anybody, or that the kernel guards itself. */
const KERNEL =
  /^(proc|sysfs|cgroup2?|devpts|mqueue|bpf|tracefs|debugfs|securityfs|pstore|configfs|fusectl|hugetlbfs|efivarfs|autofs|binfmt_misc|devtmpfs|nsfs|rpc_pipefs|selinuxfs)$/;
/** Flags that a user's own namespace may not take away. */
const KEPT = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime']);

/** The same as a table for `mount -a`: everything in one process, under `root`, where the machine is bound to. */
export function mountTable(places: readonly Place[], root: string, readOnly: boolean): string {
  const lines: Array<[string, string, string, string]> = [];
  if (readOnly) {
    // Another user's files are safe by their rights; our own are not.
    for (const { at, type, flags } of mounts()) {
      if (KERNEL.test(type) || !existsSync(at)) continue; // or hidden by another mount
      const kept = flags.filter((flag) => KEPT.has(flag));
      lines.push([
        'none',
        root + (at === '/' ? '' : at),
        'none',
        ['remount', 'bind', 'ro', ...kept].join(','),
      ]);
    }
  }
  const own = (at: string, mode: number): void =>
    void lines.push(['treadle', root + at, 'tmpfs', `mode=${octal(mode)},nosuid,nodev`]);
  own('/dev/shm', 0o1777);
  for (const { at, kind, from, mode } of places) {
    if (kind === 'empty') own(at, mode);
    else if (kind === 'blank') lines.push(['/dev/null', root + at, 'none', 'bind']);
    else lines.push([from, root + at, 'none', `bind,${kind === 'read' ? 'ro,' : ''}X-mount.mkdir=0755`]);
  }
  lines.push(['treadle', `${root}/proc`, 'proc', 'nosuid,nodev,noexec']);
  return lines.map((line) => `${line.map(escaped).join(' ')} 0 0\n`).join('');
}

const escaped = (text: string): string =>
  text.replaceAll(/[\\\s#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

function mounts(): Array<{ at: string; type: string; flags: string[] }> {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ');
      const at = fields[4]!.replaceAll(/\\(\d{3})/g, (_all, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      );
      return { at, type: fields[fields.indexOf('-') + 1] ?? '', flags: fields[5]!.split(',') };
    });
}
