import { allStats, readIo, readPeakRss, readPss, type ProcStat } from './proc.ts';

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
}

/** The kernel drops a dead process's counters, so totals are kept from falling. */
const INTERVAL = 1000;
const EAGER = 100;

/**
 * One walk over /proc serves all running trees: once a second, and ten times as often in a tree's first second, so that short
 * ones are seen at all, and while a memory limit has to be kept.
 */
export function createSampler(now: () => number) {
  const states = new Set<State>();
  let timer: NodeJS.Timeout | undefined;

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
    const sessions = new Map<number, ProcStat[]>();
    for (const stat of allStats()) {
      const list = sessions.get(stat.session);
      if (list) list.push(stat);
      else sessions.set(stat.session, [stat]);
    }
    for (const state of states) {
      const stats = sessions.get(state.watched.session) ?? [];
      if (stats.length === 0) continue;
      keepLimit(state.watched, stats);
      if (due(state, at)) sample(state, stats, at);
    }
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
      const state: State = { watched, last: undefined, began: now() };
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
