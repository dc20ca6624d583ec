import type { TextRecipe } from './text.ts';

/** How a column of values that are neither numbers nor categories is made into such; kept with the reference that it was learnt from. */
export type Recipe = TextRecipe;
