import { readdirSync, readFileSync } from 'node:fs';
import type { Users } from './isolate.ts';
import { userOf } from './isolation.ts';

/** Linux reports CPU time in ticks of 1/100 s to user space, whatever the kernel runs at. */
const TICK_MS = 10;
const PAGE = 4096;

export interface ProcStat {
  pid: number;
  state: string;
  parent: number;
  group: number;
  session: number;
  /** CPU time of this process and of the children it has waited for, ms. */
  cpuMs: number;
  /** Resident bytes. */
  rss: number;
  /** Ticks since boot at which it started; with the pid it names one process for good, until the next boot. */
  start: number;
}

const text = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // it ended, is not ours, or there is no /proc
  }
};

/** One process, or undefined when it is gone. */
export function readStat(pid: number): ProcStat | undefined {
  const line = text(`/proc/${pid}/stat`);
  if (line === undefined) return undefined;
  // The name is in parentheses and may hold anything, parentheses too.
  const words = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const fields = words.map(Number);
  const at = (n: number): number => fields[n] ?? 0;
  return {
    pid,
    state: words[0] ?? '',
    parent: at(1),
    group: at(2),
    session: at(3),
    cpuMs: (at(11) + at(12) + at(13) + at(14)) * TICK_MS,
    start: at(19),
    rss: at(21) * PAGE,
  };
}

export const allPids = (): number[] => {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
};

export const allStats = (): ProcStat[] => allPids().flatMap((pid) => readStat(pid) ?? []);

/** Bytes read from and written to disks by one process. */
export function readIo(pid: number): { read: number; written: number } {
  const io = text(`/proc/${pid}/io`) ?? '';
  const value = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1] ?? 0);
  return { read: value('read_bytes'), written: value('write_bytes') };
}

/** Highest resident bytes of one process so far. */
export const readPeakRss = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(text(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1024;

/** Resident bytes with shared pages divided among those who share them: what forked workers really take. */
export const readPss = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(text(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0) * 1024;

/** How often the kernel has killed for want of memory since boot. */
export const oomKills = (): number => Number(/^oom_kill (\d+)/m.exec(text('/proc/vmstat') ?? '')?.[1] ?? 0);

export const bootId = (): string => text('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** The processes that carry this mark in their environment, whoever they call their parent or group, or run as its user. */
export function markedPids(marks: ReadonlySet<string>): number[] {
  const users = freeUsers();
  const theirs = new Set(users === undefined ? [] : [...marks].map((mark) => userOf(mark, users)));
  return allPids().filter((pid) => {
    if (pid === process.pid) return false;
    const mark = markOf(pid);
    if (mark !== undefined && marks.has(mark)) return true;
    return theirs.size > 0 && theirs.has(userOfPid(pid));
  });
}

/** The mark that a process carries; a pid alone may be a stranger's by now. */
export const markOf = (pid: number): string | undefined =>
  /(?:^|\0)TREADLE_PROCESS=([0-9a-f]+)(?:\0|$)/.exec(text(`/proc/${pid}/environ`) ?? '')?.[1];

/** The marks of all processes of this machine, as far as we may see them. */
export const liveMarks = (): Set<string> => new Set(allPids().flatMap((pid) => markOf(pid) ?? []));

/** Children of a process's first thread, as the kernel lists them; none where it keeps no such list. */
export const childrenOf = (pid: number): number[] =>
  (text(`/proc/${pid}/task/${pid}/children`) ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);

/** Whether processes can be told from strangers here, also by a server that did not start them. */
export const HAS_PROC = text('/proc/self/stat') !== undefined;

const userOfPid = (pid: number): number =>
  Number(/^Uid:\s+(\d+)/m.exec(text(`/proc/${pid}/status`) ?? '')?.[1] ?? -1);

/** Ends all of one user; again until none is left, since one may start another meanwhile. */
export function killUser(user: number): void {
  for (let tries = 0; tries < 100; tries++) {
    const pids = allPids().filter((pid) => userOfPid(pid) === user && readStat(pid)?.state !== 'Z');
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended
      }
    }
  }
}

/** High numbers are nobody's by the convention of systemd; a container may have the low ones alone. */
const RANGES: readonly Users[] = [
  { first: 1_879_048_192, count: 1 << 24 },
  { first: 61_184, count: 4096 },
];

/** User ids that can be given to processes; none unless this is root. */
export function freeUsers(): Users | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const mapped = (text('/proc/self/uid_map') ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return RANGES.find(({ first, count }) =>
    mapped.some(([from = 0, , length = 0]) => from <= first && first + count <= from + length),
  );
}
