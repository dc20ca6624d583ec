export interface MetricGroup {
  name: string;
  keys: string[];
}

/** `train/loss` and `train/acc` stand together; metrics without a slash, and groups of one, stand first. Pure. */
export function groupMetrics(keys: readonly string[], prefix = ''): MetricGroup[] {
  const groups = Map.groupBy(keys, (key) => {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    const slash = name.lastIndexOf('/');
    return slash < 0 ? '' : name.slice(0, slash);
  });
  const single: string[] = [];
  const named: MetricGroup[] = [];
  for (const [name, members] of groups) {
    if (name === '' || members.length === 1) single.push(...members);
    else named.push({ name, keys: members });
  }
  named.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return single.length === 0
    ? named
    : [{ name: named.length === 0 ? 'metrics' : 'general', keys: single }, ...named];
}
