/** Seeded random numbers for tests and simulations (mulberry32). */
export function random(seed: number) {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    integer: (below: number): number => Math.floor(uniform() * below),
    pick: <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!,
  };
}
export type Random = ReturnType<typeof random>;
