import type { PredictionLineage } from '../../../src/governance/contract.ts';

/** A prediction's story in the order in which it is told. Pure. */

type Edge = PredictionLineage['edges'][number];

/** The ledger's entries that tie these nodes to anything, oldest first. */
export function entriesOf(edges: readonly Edge[], ...nodes: (string | undefined)[]): number[] {
  const wanted = new Set(nodes);
  return [
    ...new Set(edges.filter(({ from, to }) => wanted.has(from) || wanted.has(to)).map(({ seq }) => seq)),
  ].sort((a, b) => a - b);
}

/** The repository's page of a commit, where its address says one. */
export function commitUrl(repository: string | undefined, commit: string | undefined): string | undefined {
  if (repository === undefined || commit === undefined) return undefined;
  const found = /^(?:https?:\/\/|git@|ssh:\/\/git@)([\w.-]+)[:/](.+?)(?:\.git)?\/?$/.exec(repository);
  return found ? `https://${found[1]}/${found[2]}/commit/${commit}` : undefined;
}

/** What was pasted: an id, or a whole line or address that holds one. */
export function pastedId(text: string): string | undefined {
  const trimmed = text.trim().replace(/^["']|["',]+$/g, '');
  const inAddress = /predictions\/([A-Za-z0-9_.-]{8,64})/.exec(trimmed)?.[1];
  const inHeader = /x-treadle-prediction:\s*([A-Za-z0-9_.-]{8,64})/i.exec(trimmed)?.[1];
  const inJson = /"prediction_id"\s*:\s*"([A-Za-z0-9_.-]{8,64})/.exec(trimmed)?.[1];
  const found = inAddress ?? inHeader ?? inJson ?? trimmed;
  return /^[A-Za-z0-9_.-]{8,64}$/.test(found) ? found : undefined;
}
