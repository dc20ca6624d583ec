/** Rules as people type them: one a line; `#` begins a remark. Pure. */

export interface TypedRules {
  rules: string[];
  /** The line of the text, from 1, on which each rule stands. */
  lines: number[];
}

export function readRules(text: string): TypedRules {
  const found: TypedRules = { rules: [], lines: [] };
  text.split('\n').forEach((line, i) => {
    const rule = line.replace(/#.*$/, '').trim();
    if (rule === '') return;
    found.rules.push(rule);
    found.lines.push(i + 1);
  });
  return found;
}

/** `date, origin` → two names. */
export function readNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A rule with a sign below the place where it went wrong. */
export function pointAt(rule: string, at: number | undefined): string {
  return at === undefined || at < 0 || at > rule.length ? rule : `${rule}\n${' '.repeat(at)}^`;
}
