/** A time as whole nanoseconds since 1970; a class of its own tells it from a whole number. */
class Moment {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** hyparquet's own parsers cut times to milliseconds and take every byte for text. */
export const PARSERS = {
  timestampFromMilliseconds: (ms: bigint) => new Moment(ms * 1_000_000n),
  timestampFromMicroseconds: (us: bigint) => new Moment(us * 1000n),
  timestampFromNanoseconds: (ns: bigint) => new Moment(ns),
  dateFromDays: (days: number) => new Moment(BigInt(days) * 86_400_000_000_000n),
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes),
};

/** ISO 8601 with nine digits, or what a day is. */
export function momentText(value: unknown): string {
  if (!(value instanceof Moment)) throw new Error('a time is no number');
  return nanosecondsText(value.ns) ?? refuse(`${value.ns} ns since 1970 is out of range`);
}

/** Nanoseconds since 1970 as ISO 8601, UTC, no digit lost; undefined for what no calendar of JavaScript's reaches. */
export function nanosecondsText(ns: bigint): string | undefined {
  const ms = ns / 1_000_000n - (ns % 1_000_000n < 0n ? 1n : 0n);
  if (ms > 8_640_000_000_000_000n || ms < -8_640_000_000_000_000n) return undefined;
  return new Date(Number(ms)).toISOString().slice(0, -1) + String(ns - ms * 1_000_000n).padStart(6, '0');
}

const refuse = (why: string): never => {
  throw new Error(why);
};

/** A whole number, or its bytes (big-endian, two's complement), with the point where the scale has it. */
export function decimalText(value: unknown, scale: number): string {
  const whole =
    value instanceof Uint8Array
      ? BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`))
      : BigInt(value as number | bigint);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
  const sign = whole < 0n ? '-' : '';
  return scale <= 0
    ? `${sign}${digits}${'0'.repeat(-scale)}`
    : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const PER_SECOND: Readonly<Record<string, bigint>> = {
  MILLIS: 1000n,
  MICROS: 1_000_000n,
  NANOS: 1_000_000_000n,
};

/** A time of day as Python writes it. */
export function timeText(value: unknown, unit: string): string {
  const per = PER_SECOND[unit] ?? 1000n;
  const all = BigInt(value as number | bigint);
  const two = (part: bigint): string => String(part % 60n).padStart(2, '0');
  const seconds = all / per;
  const rest = all % per;
  const digits =
    rest === 0n
      ? ''
      : `.${String(rest)
          .padStart(String(per).length - 1, '0')
          .replace(/^(\d{3})$/, '$1000')}`;
  return `${String(seconds / 3600n).padStart(2, '0')}:${two(seconds / 60n)}:${two(seconds)}${digits}`;
}

/** Bytes that texts and bytes will take once each stands alone: a dictionary lets one stand for millions. */
export const bytesKept = (values: readonly unknown[]): number =>
  values.reduce<number>(
    (sum, one) => sum + (typeof one === 'string' || one instanceof Uint8Array ? one.length : 8),
    0,
  );
