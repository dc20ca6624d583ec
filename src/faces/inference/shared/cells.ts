import { Json, type Cell, type Tensor } from '../../../runtimes/index.ts';

/** A cell as JSON, as MLflow's encoder writes it: bytes are base64 in lines, and NaN and Infinity stand as Python's words. */
export function jsonOf(cell: Cell): string {
  if (typeof cell === 'string') return JSON.stringify(cell);
  if (cell === null) return 'null';
  return cell instanceof Json ? cell.text : JSON.stringify(inLines(base64Of(cell)));
}

export const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** MIME's form, as Python's `encodebytes` has it: 76 characters a line, and a line end after the last. */
const inLines = (text: string): string => text.replaceAll(/.{1,76}/g, '$&\n');

/** What a tensor of the Open Inference Protocol says of its BYTES, as the parameter `content_type`. */
export type Content = 'json' | undefined;

/**
 * BYTES for a protocol that knows only text and bytes. Cells that are all text, or all bytes, go as they are. As soon as one of
 * them is something else (missing, a number, a list …) every one is JSON, bytes in base64, and the tensor says so.
 */
export function asBytes(data: readonly Cell[]): {
  cells: ReadonlyArray<string | Uint8Array>;
  content: Content;
} {
  if (isText(data) || isBytes(data)) return { cells: data, content: undefined };
  const cells = data.map((cell) =>
    cell instanceof Uint8Array ? JSON.stringify(base64Of(cell)) : strict(jsonOf(cell)),
  );
  return { cells, content: 'json' };
}

const isText = (data: readonly Cell[]): data is readonly string[] =>
  data.every((cell) => typeof cell === 'string');
export const isBytes = (data: readonly Cell[]): data is readonly Uint8Array[] =>
  data.every((cell) => cell instanceof Uint8Array);

/** JSON itself has no NaN and no infinity. */
const strict = (text: string): string =>
  /NaN|Infinity/.test(text)
    ? text.replaceAll(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g, (token) =>
        token.startsWith('"') ? token : 'null',
      )
    : text;

/** An answer's tensor as such a protocol carries it. */
export function plainTensor(tensor: Tensor): { tensor: Tensor; content: Content } {
  const { data } = tensor;
  if (ArrayBuffer.isView(data)) return { tensor, content: undefined };
  const { cells, content } = asBytes(data);
  return cells === data ? { tensor, content } : { tensor: { ...tensor, data: cells }, content };
}
