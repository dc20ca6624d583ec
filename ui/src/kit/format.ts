/** Numbers, sizes and times as people read them. Pure; every figure is made to be set in tabular numerals. */

const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 20, useGrouping: false });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A count with thousands separated: `100,000`. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** A metric or parameter: `digits` significant figures, scientific where it reads better, and `NaN`, `∞` said plainly. */
export function formatNumber(value: number, digits = 5): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return Object.is(value, -0) ? '−0' : '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return minus(exact.format(value));
  if (size >= 1e7 || size < 1e-4)
    return minus(
      value
        .toExponential(digits - 2)
        .replace(/\.?0+e/, 'e')
        .replace('e+', 'e'),
    );
  return minus(exact.format(Number(value.toPrecision(digits))));
}

/** The minus sign has the width of a digit; the hyphen has not. */
function minus(text: string): string {
  return text.replaceAll('-', '−');
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < BYTES.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${BYTES[unit]}`;
}

/** Milliseconds as two units at most: `380 ms`, `4.2 s`, `3 m 07 s`, `2 h 05 m`, `6 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  const total = Math.round(s);
  const pad = (n: number) => String(n).padStart(2, '0');
  if (total < 3600) return `${Math.floor(total / 60)} m ${pad(total % 60)} s`;
  if (total < 86_400) return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))} m`;
  return `${Math.floor(total / 86_400)} d ${Math.floor((total % 86_400) / 3600)} h`;
}

const AGO: [limit: number, divide: number, unit: string][] = [
  [60_000, 1000, 's'],
  [3_600_000, 60_000, 'min'],
  [86_400_000, 3_600_000, 'h'],
  [30 * 86_400_000, 86_400_000, 'd'],
  [365 * 86_400_000, 30 * 86_400_000, 'mo'],
  [Infinity, 365 * 86_400_000, 'y'],
];

/** `just now`, `5 min ago`, `in 3 h`. */
export function formatAgo(time: number, now: number): string {
  const distance = Math.abs(now - time);
  if (distance < 5000) return 'just now';
  const [, divide, unit] = AGO.find(([limit]) => distance < limit) ?? AGO[0]!;
  const text = `${Math.floor(distance / divide)} ${unit}`;
  return time > now ? `in ${text}` : `${text} ago`;
}

/** Local time to the second, in an order that sorts: `2026-11-23 05:04:09`. */
export function formatTime(time: number): string {
  const date = new Date(time);
  const pad = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** The first characters of a long id or hash: enough to tell apart on one page. */
export function shortId(id: string, length = 8): string {
  return id.length > length + 2 ? id.slice(0, length) : id;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
