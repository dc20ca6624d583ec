// In the table reader's process: what is made of a value, by what it is.
import { decodeImage, Undecodable, type Decoded } from '../../validation/inside.ts';
import { bytesOf, describePixels, interleaved, type ImageRecipe, type Pixels } from './image.ts';
import type { Described, Describer, Recipe } from './recipe.ts';
import { describeText, readVocabulary, TEXT_NUMBERS, type TextRecipe } from './text.ts';
import { read, vectorReader, type VectorRecipe } from './vector.ts';

export function describerOf(recipe: Recipe): Describer {
  switch (recipe.kind) {
    case 'text':
      return texts(recipe);
    case 'vector':
      return vectors(recipe);
    case 'image':
      return recipe.form === 'bytes' ? imageFiles() : imageTensors(recipe);
  }
}

const NOTHING: Described = { form: null };

function texts(recipe: TextRecipe): Describer {
  const vocabulary = readVocabulary(recipe);
  return {
    numbers: TEXT_NUMBERS,
    categories: ['language'],
    learnt: new Set(['unknown words']),
    describe(text) {
      if (typeof text !== 'string') return NOTHING;
      if (text.trim() === '') return { form: 'blank' };
      const { numbers, language } = describeText(text, vocabulary);
      return { form: 'text', numbers, categories: { language } };
    },
  };
}

function vectors(recipe: VectorRecipe): Describer {
  const { width } = recipe;
  if (width === null)
    return {
      numbers: ['length'],
      categories: [],
      learnt: new Set(),
      describe: (vector) =>
        vector instanceof Float64Array
          ? { form: vector.length === 0 ? 'empty' : 'numbers', numbers: { length: vector.length } }
          : NOTHING,
    };
  const described = vectorReader(recipe);
  const names = Array.from(
    { length: read(recipe.components).length / width },
    (_one, at) => `component ${at + 1}`,
  );
  return {
    numbers: ['norm', ...names, 'residual'],
    categories: [],
    learnt: new Set([...names, 'residual']),
    describe(vector) {
      if (!(vector instanceof Float64Array)) return NOTHING;
      if (vector.length !== width) return { form: 'another length' };
      if (!vector.every(Number.isFinite)) return { form: 'not finite' };
      const { norm, components, residual } = described(vector);
      const along = Object.fromEntries(components.map((value, at) => [names[at]!, value]));
      return { form: `${width} numbers`, numbers: { norm, residual, ...along } };
    },
  };
}

const PIXELS = ['brightness', 'contrast', 'sharpness'] as const;
const COLOURS = ['red', 'green', 'blue'] as const;

function imageTensors(recipe: Extract<ImageRecipe, { form: 'tensor' }>): Describer {
  const { height, width, channels, channelsFirst } = recipe;
  // Nobody says whether the first is red or blue.
  const names = channels >= 3 ? ['channel 1', 'channel 2', 'channel 3'] : [];
  return {
    numbers: [...PIXELS, ...names],
    categories: [],
    learnt: new Set(),
    describe(tensor) {
      if (!(tensor instanceof Float64Array)) return NOTHING;
      if (tensor.length !== height * width * channels) return { form: 'another size' };
      if (!tensor.every(Number.isFinite)) return { form: 'not finite' };
      const values = channelsFirst ? interleaved(tensor, channels) : tensor;
      return { form: 'image', numbers: numbersOf({ height, width, channels, values }, names) };
    },
  };
}

function imageFiles(): Describer {
  return {
    numbers: ['width', 'height', ...PIXELS, ...COLOURS],
    categories: [],
    learnt: new Set(),
    async describe(value) {
      if (value === null || value instanceof Float64Array || value.length === 0) return NOTHING;
      try {
        const image = await decodeImage(bytesOf(value));
        const { height, width } = image;
        return { form: 'image', numbers: { width, height, ...numbersOf(eightBits(image), COLOURS) } };
      } catch (error) {
        if (!(error instanceof Undecodable)) throw error;
        return { form: 'unreadable' };
      }
    },
  };
}

/** 16 bits as those of 8: 257 times as large. */
const eightBits = ({ values, ...image }: Decoded): Pixels => ({
  ...image,
  values: values instanceof Uint16Array ? Float64Array.from(values, (value) => value / 257) : values,
});

function numbersOf(pixels: Pixels, names: readonly string[]): Record<string, number> {
  const { means, ...numbers } = describePixels(pixels);
  return { ...numbers, ...Object.fromEntries(means.map((mean, at) => [names[at]!, mean])) };
}
