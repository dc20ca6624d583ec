/** A blob that is damaged or gone, as verify and restore tell of it. */
export interface Fault {
  hash: string;
  /** Where it is a part of a pack; a file of its own otherwise. */
  pack?: string | undefined;
}

/** Lines on faults, those of one pack together below its name; `within`: the folder of the blobs, as a person finds it. */
export function faultLines<T extends Fault>(
  faults: readonly T[],
  say: (fault: T) => string,
  within = '',
): string[] {
  const files = Map.groupBy(faults, ({ hash, pack }) =>
    pack === undefined ? `files/${hash.slice(0, 2)}/${hash}` : `packs/${pack}.pack`,
  );
  return [...files].flatMap(([file, those]) => [
    `in ${within}${file}:`,
    ...those.map((fault) => `  ${say(fault)}`),
  ]);
}
