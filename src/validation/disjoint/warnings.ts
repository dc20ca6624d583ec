import type { DisjointAnswer, Suspicion } from '../data/protocol.ts';
import type { TableSource } from '../data/table-source.ts';
import { say } from '../rules/say.ts';
import { percent } from './words.ts';

/** Columns by which the split looks like a random one, or the gate's data is not like what training read: each said once. */
export function warningsOf(found: DisjointAnswer, against: readonly TableSource[]): string[] {
  const said = new Map<string, string>();
  const compared = found.against.flatMap(({ tables }, i) =>
    tables.filter(({ state }) => state === 'compared').map((table) => ({ table, label: against[i]!.label })),
  );
  for (const { table, label } of compared)
    for (const suspicion of table.suspicions) {
      const { kind, column } = suspicion;
      // What one table of training does not hold another may.
      const everywhere = compared.every(({ table: other }) =>
        other.suspicions.some((one) => one.kind === kind && one.column === column),
      );
      const text = sentence(suspicion, label);
      if ((kind === 'time' || kind === 'group' || everywhere) && !said.has(`${kind} ${column}`))
        said.set(`${kind} ${column}`, text);
    }
  return [...said.values()];
}

function sentence(suspicion: Suspicion, label: string): string {
  const { column, share } = suspicion;
  switch (suspicion.kind) {
    case 'time':
      return `No time: is declared, and ${percent(share)} of the gate’s rows lie between the first and the last '${column}' of ${label}: where it is a time series, a random split shows training what comes just before and after; declare time: ${column}`;
    case 'group':
      return `No key: is declared, and '${column}' looks like an entity: ${percent(share)} of the gate’s rows have a value of it that ${label} holds, too; where its rows belong together, split by it and declare key: ${column}`;
    case 'missing':
      return `'${column}' has no value in ${percent(share)} of the gate’s rows, and in ${percent(suspicion.usual)} of those of ${label} that training read: what is judged may be broken data`;
    case 'outside':
      return `${percent(share)} of the gate’s values of '${column}' lie outside ${say(suspicion.range[0])} to ${say(suspicion.range[1])}, all that training read of it in ${label}: another unit, or another time?`;
    case 'unseen':
      return `${percent(share)} of the gate’s values of '${column}' occur nowhere in ${label}, which training read: another spelling, or another part of the world?`;
  }
}
