import { allStats, childrenOf, readIo, readPeakRss, readPss, readStat, type ProcStat } from './proc.ts';

/** What the processes of one tree use at one moment. */
export interface ResourceSample {
  /** Milliseconds since 1970. */
  time: number;
  /** CPU use since the sample before, percent of one core: 200 is two cores in full use. */
  cpuPercent: number;
  /** CPU time so far, ms. */
  cpuMs: number;
  /** Resident bytes of all processes of the tree. */
  rss: number;
  readBytes: number;
  writtenBytes: number;
  processes: number;
}

export interface Watched {
  /** The session that `start` made: its id is the leader's pid. */
  session: number;
  memoryLimit: number | undefined;
  onSample(sample: ResourceSample, peakRss: number): void;
  onMemoryExceeded(bytes: number): void;
}

interface State {
  watched: Watched;
  last: { time: number; cpuMs: number } | undefined;
  began: number;
  /** Of its processes, as far as they have been seen. */
  pids: Set<number>;
}

/** The kernel drops a dead process's counters, so totals are kept from falling. */
const INTERVAL = 1000;
const EAGER = 100;

/**
 * One walk over /proc serves all running trees, once a second: it finds also what lost its parent. Ten times as often, in a tree's first
 * second, so that short ones are seen at all, and while a memory limit has to be kept, only its own processes are looked at and
 * those that they have started since: a walk costs a millisecond or more on a busy machine, and a data plane with an idle host would
 * spend 3 % of its core on them.
 */
export function createSampler(now: () => number, walk: () => ProcStat[] = allStats) {
  const states = new Set<State>();
  let timer: NodeJS.Timeout | undefined;
  let walked = -Infinity;

  const due = (state: State, at: number): boolean =>
    state.last === undefined || at - state.last.time >= INTERVAL - EAGER / 2 || at - state.began < 1000;

  function schedule(): void {
    if (timer || states.size === 0) return;
    const at = now();
    const eager = [...states].some(
      ({ began, watched }) => at - began < 1000 || watched.memoryLimit !== undefined,
    );
    timer = setTimeout(
      () => {
        timer = undefined;
        tick();
        schedule();
      },
      eager ? EAGER : INTERVAL,
    );
    timer.unref();
  }

  function tick(): void {
    const at = now();
    const whole = at - walked >= INTERVAL - EAGER / 2;
    if (whole) walked = at;
    const sessions = whole ? Map.groupBy(walk(), ({ session }) => session) : undefined;
    for (const state of states) {
      const stats = sessions ? (sessions.get(state.watched.session) ?? []) : own(state);
      state.pids = new Set(stats.map(({ pid }) => pid));
      if (stats.length === 0) continue;
      keepLimit(state.watched, stats);
      if (due(state, at)) sample(state, stats, at);
    }
  }

  /** The processes of a tree without a walk: those known, and their children. */
  function own({ watched, pids }: State): ProcStat[] {
    const open = [...new Set([watched.session, ...pids])];
    const seen = new Set(open);
    const stats: ProcStat[] = [];
    for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
      const stat = readStat(pid);
      if (stat?.session !== watched.session) continue; // gone, or its number is another's by now
      stats.push(stat);
      for (const child of childrenOf(pid)) {
        if (seen.has(child)) continue;
        seen.add(child);
        open.push(child);
      }
    }
    return stats;
  }

  function sample(state: State, stats: readonly ProcStat[], at: number): void {
    const cpuMs = Math.max(
      state.last?.cpuMs ?? 0,
      sum(stats, ({ cpuMs: ms }) => ms),
    );
    const io = stats.map(({ pid }) => readIo(pid));
    const since = state.last ?? { time: state.began, cpuMs: 0 };
    const elapsed = at - since.time;
    const rss = sum(stats, (stat) => stat.rss);
    state.watched.onSample(
      {
        time: at,
        cpuPercent: elapsed > 0 ? Math.round((1000 * (cpuMs - since.cpuMs)) / elapsed) / 10 : 0,
        cpuMs,
        rss,
        readBytes: sum(io, ({ read }) => read),
        writtenBytes: sum(io, ({ written }) => written),
        processes: stats.length,
      },
      Math.max(rss, ...stats.map(({ pid }) => readPeakRss(pid))),
    );
    state.last = { time: at, cpuMs };
  }

  return {
    watch(watched: Watched): () => void {
      const state: State = { watched, last: undefined, began: now(), pids: new Set() };
      states.add(state);
      if (timer) clearTimeout(timer);
      timer = undefined;
      schedule();
      return () => states.delete(state);
    },
  };
}

/** Forked workers share pages, and RSS counts those once for each; PSS costs more to read, so it only settles the doubt. */
function keepLimit({ memoryLimit, onMemoryExceeded }: Watched, stats: readonly ProcStat[]): void {
  if (memoryLimit === undefined || sum(stats, ({ rss }) => rss) <= memoryLimit) return;
  const bytes = sum(stats, ({ pid, rss }) => readPss(pid) || rss);
  if (bytes > memoryLimit) onMemoryExceeded(bytes);
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
