// Names with `*` in them, as policies and grants say what they are about.

/** `*` stands for any characters, none among them. Split, and not made a regular expression: the pattern is a caller's. */
export function fits(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}

export const isPattern = (text: string): boolean => text.includes('*');
