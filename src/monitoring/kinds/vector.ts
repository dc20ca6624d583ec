/** Directions in which the vectors of a reference differ most. Without a width they have various lengths, and nothing else is told. */
export interface VectorRecipe {
  kind: 'vector';
  width: number | null;
  /** Numbers of 32 bits, little-endian, in base64: the mean, then direction after direction. */
  mean: string;
  components: string;
}

/** Directions that are looked at, and rows that each takes to be learnt at least. */
const COMPONENTS = 8;
const ROWS_EACH = 5;
const ROUNDS = 30;

/** Numbers of a matrix that is learnt from: rows are an even part of more. */
export const LEARNT_NUMBERS = 8_000_000;
export const LEARNT_ROWS = 2000;

/**
 * The first principal components, by orthogonal iteration from fixed directions: equal rows give equal ones. Where two explain nearly the same their directions are
 * not those of an exact decomposition, and tell changes as well.
 */
export function learnVector(rows: readonly Float64Array[], width: number): VectorRecipe {
  const mean = new Float64Array(width);
  for (const row of rows) for (let at = 0; at < width; at++) mean[at]! += row[at]! / rows.length;
  const centred = new Float32Array(rows.length * width);
  for (const [place, row] of rows.entries())
    for (let at = 0; at < width; at++) centred[place * width + at] = row[at]! - mean[at]!;
  const many = Math.min(COMPONENTS, width, Math.floor(rows.length / ROWS_EACH));
  let directions = orthonormal(Array.from({ length: many }, (_one, index) => fixed(width, index)));
  for (let round = 0; round < ROUNDS; round++)
    directions = orthonormal(directions.map((one) => applied(centred, one, rows.length)));
  const turned = directions
    .map((one) => ({ one, spread: length(applied(centred, one, rows.length)) }))
    // What differs by the rounding of equal numbers does not differ.
    .filter(({ spread }) => spread > 1e-12 * rows.length * dot(mean, mean))
    .toSorted((a, b) => b.spread - a.spread)
    .map(({ one }) => upright(one));
  return {
    kind: 'vector',
    width,
    mean: written(mean),
    components: written(Float64Array.from(turned.flatMap((one) => [...one]))),
  };
}

/** XᵀX times a direction. */
function applied(matrix: Float32Array, direction: Float64Array, rows: number): Float64Array {
  const width = direction.length;
  const out = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    let along = 0;
    for (let at = 0; at < width; at++) along += matrix[from + at]! * direction[at]!;
    for (let at = 0; at < width; at++) out[at]! += along * matrix[from + at]!;
  }
  return out;
}

/** Gram–Schmidt, twice: once is not enough for directions that nearly coincide. Those that are nothing stay nothing. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const own = Float64Array.from(vector);
    const before = length(own);
    for (let pass = 0; pass < 2; pass++)
      for (const other of done) {
        const along = dot(own, other);
        for (let at = 0; at < own.length; at++) own[at]! -= along * other[at]!;
      }
    const size = length(own);
    done.push(size > 1e-9 * before ? own.map((value) => value / size) : own.fill(0));
  }
  return done;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0): number => {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[from + at]!;
  return sum;
};

const length = (vector: Float64Array): number => Math.sqrt(dot(vector, vector));

/** A direction to begin with, like no other. */
const fixed = (width: number, index: number): Float64Array =>
  Float64Array.from({ length: width }, (_one, at) =>
    Math.sin((at + 1) * (index + 1) * 1.618_033_988_75 + index),
  );

/** Of the two signs the one that makes the largest number positive. */
function upright(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

const written = (values: Float64Array): string =>
  Buffer.from(Float32Array.from(values).buffer).toString('base64');

export function read(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}

export interface DescribedVector {
  norm: number;
  /** Along each direction, from the mean. */
  components: number[];
  /** How far it lies from all that these directions reach. */
  residual: number;
}

export function vectorReader({ mean, components }: VectorRecipe): (vector: Float64Array) => DescribedVector {
  const [middle, directions] = [read(mean), read(components)];
  return (vector) => {
    const width = vector.length;
    const centred = vector.map((value, at) => value - middle[at]!);
    const along: number[] = [];
    for (let from = 0; from < directions.length; from += width) along.push(dot(centred, directions, from));
    const reached = along.reduce((sum, one) => sum + one ** 2, 0);
    return {
      norm: length(vector),
      components: along,
      residual: Math.sqrt(Math.max(0, dot(centred, centred) - reached)),
    };
  };
}
