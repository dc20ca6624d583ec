/**
 * A text of JSON that holds a list, with one more item at its end. The text before is kept byte for byte: others wrote it, and compare it.
 * Whatever is no list of objects is replaced.
 */
export function appendItem(list: string | undefined, item: string): string {
  const before = list?.trim();
  return before !== undefined && /^\[\s*\{.*\}\s*\]$/s.test(before)
    ? `${before.slice(0, -1).trimEnd()}, ${item}]`
    : `[${item}]`;
}

/** JSON as Python's `json.dumps` spaces it. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${pythonJson(key)}: ${pythonJson(one)}`)
      .join(', ')}}`;
  const text = JSON.stringify(value) ?? 'null';
  return text.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
