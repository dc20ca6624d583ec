/** Which events a query listens to. Subjects are `noun:id`; `noun:*` is any of the noun or of what belongs to it. Pure. */

export function subjectsOf(path: string, params: Readonly<Record<string, unknown>>): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== 'api' && part !== 'v1');
  const subjects: string[] = [];
  parts.forEach((part, i) => {
    const next = parts[i + 1];
    if (part.startsWith(':') || part === '*') return;
    const noun = singular(part);
    if (next?.startsWith(':')) subjects.push(`${noun}:${String(params[next.slice(1)])}`);
    else if (i === 0) subjects.push(`${noun}:*`);
  });
  return subjects;
}

function singular(word: string): string {
  const noun = word.replaceAll('-', '_');
  return noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.endsWith('s') ? noun.slice(0, -1) : noun;
}

/** `run:*` and `run:4f…` hear `run:4f…`; `dataset:*` and `dataset:flights` also hear `dataset_version:flights/3`. */
export function hears(listens: readonly string[], subject: string): boolean {
  const [noun, id] = halves(subject);
  return listens.some((pattern) => {
    const [wanted, which] = halves(pattern);
    if (wanted !== noun && !noun.startsWith(`${wanted}_`)) return false;
    return which === '*' || which === id || id.startsWith(`${which}/`) || id.startsWith(`${which}@`);
  });
}

function halves(subject: string): [string, string] {
  const colon = subject.indexOf(':');
  return colon < 0 ? [subject, ''] : [subject.slice(0, colon), subject.slice(colon + 1)];
}
