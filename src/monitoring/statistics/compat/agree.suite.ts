import { ourAnswers, type PeerAnswers, type PeerCase } from './cases.suite.ts';

/** Where our answers to a case are other than the peers', and how many figures were compared. */
export function compare(
  one: PeerCase,
  theirs: PeerAnswers,
): { faults: string[]; compared: number; raised: number } {
  const ours = ourAnswers(one);
  const faults: string[] = [];
  let [compared, raised] = [0, 0];
  const both = (place: string, our: number | null, their: number | null): void => {
    compared++;
    if (!same(our, their)) faults.push(`${place}: ${our}, the peer says ${their}`);
  };
  const flag = (
    place: string,
    our: boolean,
    their: boolean,
    value: number | null,
    limit: number | null,
  ): void => {
    compared++;
    // On the threshold itself the last bit decides.
    if (our !== their && !same(value, limit)) faults.push(`${place}: ${our}, the peer says ${their}`);
  };
  // Its exact p-value of up to 20 values is rounded to single or half precision, or fails, by the sizes.
  const few = Math.max(one.reference.length, one.current.length) <= 25;
  const evidently = { report: theirs.report, ...theirs.methods };
  for (const [name, their] of Object.entries(evidently)) {
    const our = name === 'report' ? ours.report : ours.methods[name]!;
    if (name === 'cramer_von_mises' && few) continue;
    if ('raises' in our) {
      // Drift of texts is told by a classifier, which we do not have.
      if (typeof their !== 'string' && !our.raises.includes('classifier'))
        faults.push(`${name}: raises ${our.raises}, the peer says ${JSON.stringify(their)}`);
      raised++;
      continue;
    }
    if (typeof their === 'string') {
      faults.push(`${name}: ${JSON.stringify(our)}, the peer raises ${their}`);
      continue;
    }
    both(name, our.score, their.value);
    flag(`${name} drifted`, our.drifted, their.drifted, our.score, our.threshold);
    if ('name' in their) {
      if (their.name !== our.name) faults.push(`${name}: method ${our.name}, the peer says ${their.name}`);
      both(`${name} threshold`, our.threshold, their.threshold);
    }
  }
  for (const [name, their] of Object.entries(theirs.nannyml)) {
    const our = ours.nannyml[name]!;
    if ('raises' in our || typeof their === 'string') {
      raised++;
      if (!('raises' in our && typeof their === 'string'))
        faults.push(`nannyml ${name}: ${JSON.stringify(our)}, the peer ${JSON.stringify(their)}`);
      continue;
    }
    both(`nannyml ${name} threshold`, our.upperThreshold, their.upper);
    both(`nannyml ${name} chunks`, our.chunks.length, their.chunks.length);
    for (const [i, chunk] of our.chunks.entries()) {
      both(`nannyml ${name} chunk ${i}`, chunk.value, their.chunks[i]?.value ?? null);
      flag(
        `nannyml ${name} alert ${i}`,
        chunk.alert,
        their.chunks[i]?.alert ?? false,
        chunk.value,
        our.upperThreshold,
      );
    }
  }
  return { faults, compared, raised };
}

/** To 1e-9; near 0 to the rounding that a root enlarges. */
function same(one: number | null, other: number | null): boolean {
  if (one === null || other === null || !Number.isFinite(one))
    return other === null && !Number.isFinite(one ?? NaN);
  return (
    Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other)) || Math.abs(one ** 2 - other ** 2) <= 1e-15
  );
}
