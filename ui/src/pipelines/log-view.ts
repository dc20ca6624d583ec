/** A step's log as lines to show: terminal colours taken out, progress bars drawn over, matches found. Pure. */

export interface LogLine {
  /** From 1. */
  number: number;
  text: string;
}

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** `\r` goes back to the line's start: what a progress bar drew last is what a person saw last. */
export function cleanLine(raw: string): string {
  const plain = raw.replace(ESCAPES, '');
  const drawn = plain.replace(/\r+$/, '');
  return drawn.slice(drawn.lastIndexOf('\r') + 1);
}

export function logLines(text: string): LogLine[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => ({ number: i + 1, text: cleanLine(line) }));
}

/** Indexes of the lines that hold the words, in any case. */
export function searchLog(lines: readonly LogLine[], words: string): number[] {
  const wanted = words.toLowerCase();
  if (wanted === '') return [];
  return lines.flatMap(({ text }, i) => (text.toLowerCase().includes(wanted) ? [i] : []));
}

/** The text cut where the words are, so that they can be marked: every second part is a match. */
export function splitMatches(text: string, words: string): string[] {
  if (words === '') return [text];
  const low = text.toLowerCase();
  const wanted = words.toLowerCase();
  // Lower-casing may change a text's length (İ): then nothing is marked rather than the wrong letters.
  if (low.length !== text.length) return [text];
  const parts: string[] = [];
  let at = 0;
  for (let found = low.indexOf(wanted); found >= 0; found = low.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), text.slice(found, found + wanted.length));
    at = found + wanted.length;
  }
  return [...parts, text.slice(at)];
}
