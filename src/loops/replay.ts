/** What policies of retraining would have cost and gained on the logged past. Pure mathematics over scored windows. */

const DAY = 86_400_000;
/** Scored windows and versions without which nothing is said of gains. */
const LEAST = 6;

export interface Seen {
  from: number;
  to: number;
  /** The version that answered. */
  version: number;
  /** Its metric, once outcomes came. */
  value: number | undefined;
  better: 'higher' | 'lower';
  /** The window alarmed on performance, or on drift. */
  performance: boolean;
  drift: boolean;
}

export interface Policy {
  name: string;
  /** When it trains, given what was seen; a cooldown holds of each. */
  times: readonly number[];
}

export interface Replayed {
  name: string;
  retrains: number;
  /** Days between the training of what answers and the middle of a window, on average. */
  age_days: number;
  /** In points of the metric, in the direction that is better, against what happened. */
  gain?: { value: number; low: number; high: number };
}

/** How the metric moves with each day since a version began to answer. */
export interface Ageing {
  per_day: number;
  error: number;
  windows: number;
  versions: number;
}

/**
 * One slope for all versions, each with a level of its own, by least squares; undefined where windows are too few, or lie too close
 * together, to tell.
 */
export function ageing(windows: readonly Seen[]): Ageing | undefined {
  const groups = [...Map.groupBy(scoredOf(windows), ({ version }) => version).values()];
  let [sxx, sxy, n] = [0, 0, 0];
  for (const group of groups) {
    const [age, value] = [mean(group.map((one) => one.age)), mean(group.map((one) => one.value))];
    for (const one of group) {
      sxx += (one.age - age) ** 2;
      sxy += (one.age - age) * (one.value - value);
      n++;
    }
  }
  const free = n - groups.length - 1;
  if (n < LEAST || free < 3 || sxx === 0) return undefined;
  const per_day = sxy / sxx;
  let rest = 0;
  for (const group of groups) {
    const [age, value] = [mean(group.map((one) => one.age)), mean(group.map((one) => one.value))];
    for (const one of group) rest += (one.value - value - per_day * (one.age - age)) ** 2;
  }
  return { per_day, error: Math.sqrt(rest / free / sxx), windows: n, versions: groups.length };
}

export function replay(
  windows: readonly Seen[],
  policies: readonly Policy[],
  took: number,
): { ageing: Ageing | undefined; policies: Replayed[] } {
  const scored = scoredOf(windows);
  const slope = ageing(windows);
  const [first] = windows;
  const ages = windows.map((one) => ageOf(one, beginsOf(windows, one.version)));
  return {
    ageing: slope,
    policies: policies.map(({ name, times }) => {
      // What is trained answers when the training is done.
      const begins = times.map((time) => time + took);
      const then = windows.map((one) => {
        const last = begins.filter((begin) => begin <= one.from).at(-1);
        return ageOf(one, last ?? beginsOf(windows, first!.version));
      });
      const replayed = { name, retrains: times.length, age_days: mean(then) };
      if (!slope || scored.length === 0) return replayed;
      const younger = mean(then) - mean(ages);
      const better = scored[0]!.better === 'higher' ? 1 : -1;
      const value = better * slope.per_day * younger;
      // Of the slope alone: what else the model leaves out is said in words.
      const reach = 1.96 * slope.error * Math.abs(younger);
      return { ...replayed, gain: { value, low: value - reach, high: value + reach } };
    }),
  };
}

/** Times of a policy with a cooldown between them. */
export function spaced(times: readonly number[], cooldown: number): number[] {
  const kept: number[] = [];
  for (const time of times) if (kept.length === 0 || time - kept.at(-1)! >= cooldown) kept.push(time);
  return kept;
}

/** The first window of each run of windows that alarm: an alert fires once. */
export const onsets = (windows: readonly Seen[], alarms: (one: Seen) => boolean): number[] =>
  windows.flatMap((one, i) => (alarms(one) && !(i > 0 && alarms(windows[i - 1]!)) ? [one.to] : []));

/** When another version began to answer, after the first. */
export const changes = (windows: readonly Seen[]): number[] =>
  windows.flatMap((one, i) => (i > 0 && one.version !== windows[i - 1]!.version ? [one.from] : []));

const scoredOf = (windows: readonly Seen[]): Array<Seen & { value: number; age: number }> =>
  windows.flatMap((one) =>
    one.value === undefined
      ? []
      : [{ ...one, value: one.value, age: ageOf(one, beginsOf(windows, one.version)) }],
  );

const beginsOf = (windows: readonly Seen[], version: number): number =>
  windows.find((one) => one.version === version)!.from;
const ageOf = ({ from, to }: Seen, begins: number): number => Math.max(0, ((from + to) / 2 - begins) / DAY);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
