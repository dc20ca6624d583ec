import type { ImageRecipe } from './image.ts';
import type { TextRecipe } from './text.ts';
import type { VectorRecipe } from './vector.ts';

/** How a column of values that are neither numbers nor categories is made into such; kept with the reference that it was learnt from. */
export type Recipe = TextRecipe | ImageRecipe | VectorRecipe;

/** A value as a table has it: a text, bytes, or the numbers of a row. */
export type Raw = string | Uint8Array | Float64Array | null;

/** What a value is, and what is made of it; null where there is none. */
export interface Described {
  form: string | null;
  numbers?: Readonly<Record<string, number>>;
  categories?: Readonly<Record<string, string>>;
}

/** Makes columns of values. Numbers that are not finite are left out, and so are those whose names are not listed. */
export interface Describer {
  numbers: readonly string[];
  categories: readonly string[];
  /** Of these, what is measured by what was learnt from rows of the reference. */
  learnt: ReadonlySet<string>;
  describe(value: Raw): Described | Promise<Described>;
}
