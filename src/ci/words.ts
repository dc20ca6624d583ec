/** How parts of a report are written. Nothing of a project's own text becomes markup, a mention or a link. */

const LONGEST = 400;

/** On one line, and no longer than people read. */
export function line(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what no report may hold
  const flat = text.replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST)}…` : flat;
}

/** A zero-width space keeps `@team` from calling a team, and `#12` from naming an issue. */
export const plain = (text: string): string =>
  line(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]~|$]/g, String.raw`\$&`)
    .replace(/@(?=\w)/g, '@\u200b')
    .replace(/#(?=\w)/g, '#\u200b')
    .replace(/:\/\//g, ':\u200b//');

/** In the letters of code; what code cannot hold stays text. */
export const code = (text: string): string =>
  text.includes('`') ? plain(text) : `\`${line(text).replaceAll('|', String.raw`\|`)}\``;

export const link = (text: string, url: string): string =>
  /^https?:\/\/[^\s()<>]+$/.test(url) ? `[${plain(text)}](${url})` : plain(text);

export const table = (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Four digits that tell something. */
export function digits(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return value.toLocaleString('en', { maximumFractionDigits: 1 });
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

export const signed = (value: number): string =>
  value > 0 ? `+${digits(Number(value.toPrecision(3)))}` : digits(Number(value.toPrecision(3)));

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}
