/** A stream of numbers that a seed repeats (mulberry32). */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** From 0 up to `below`, whole. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  chance(probability: number): boolean;
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (most: number): number => Math.floor(next() * most);
  return {
    next,
    below,
    pick<T>(from: readonly T[]): T {
      const one = from[below(from.length)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
    chance: (probability) => next() < probability,
  };
}

/** Repeats a campaign: the seed, and how much of it to run (`TREADLE_FUZZ=1` for the whole). */
export function campaign(small: number, whole: number): { seed: number; count: number } {
  const seed = Number(process.env['TREADLE_FUZZ_SEED'] ?? 20_261_128);
  const said = process.env['TREADLE_FUZZ'];
  const count = said === undefined || said === '' ? small : said === '1' ? whole : Number(said);
  console.log(`fuzz: ${count} of ${whole}, seed ${seed} (TREADLE_FUZZ, TREADLE_FUZZ_SEED)`);
  return { seed, count };
}
