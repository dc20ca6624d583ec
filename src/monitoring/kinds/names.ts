import { DERIVED } from '../contract.ts';

export const derivedName = (column: string, what: string): string => `${column}${DERIVED}${what}`;

/** The column that a derived one is made from; of any other itself. */
export const sourceOf = (column: string): string => column.split(DERIVED, 1)[0]!;

export const isDerived = (column: string): boolean => column.includes(DERIVED);

/** Whether a column of the log is this one, or a value of the tensor that is called so. */
export const isOf = (name: string, column: string): boolean =>
  name === column || name.startsWith(`${column}[`);
