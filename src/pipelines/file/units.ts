const DURATIONS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const read = (text: string, units: Record<string, number>): number => {
  const match = /^([\d.]+)([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (!match || unit === undefined) throw new Error(`'${text}' has no known unit`);
  return Math.round(Number(match[1]) * unit);
};

/** `30m` → milliseconds. */
export const milliseconds = (duration: string): number => read(duration, DURATIONS);
/** `8GiB` → bytes. */
export const bytesOf = (size: string): number => read(size, SIZES);
