/** How a file can be looked into, by its name alone; and tables out of text. Pure. */

export type Look = 'text' | 'json' | 'table' | 'image' | 'none';

const IMAGES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
};
const TEXTS =
  /\.(txt|log|md|py|r|jl|sh|js|ts|yaml|yml|toml|cfg|ini|conf|env|sql|html?|xml|css|c|h|cpp|rs|go|java|ipynb|diff|patch|out|err|lock|rst|tex)$|(^|\/)(MLmodel|Dockerfile|Makefile|LICENSE|README|requirements|conda)[^/]*$/i;

export function kindOf(path: string): { look: Look; type: string } {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const image = Object.hasOwn(IMAGES, ending) ? IMAGES[ending] : undefined;
  if (image !== undefined) return { look: 'image', type: image };
  if (ending === 'csv' || ending === 'tsv') return { look: 'table', type: '' };
  if (ending === 'json' || ending === 'jsonl' || ending === 'ndjson') return { look: 'json', type: '' };
  if (TEXTS.test(path)) return { look: 'text', type: '' };
  return { look: 'none', type: '' };
}

export interface TableData {
  columns: string[];
  rows: string[][];
}

/** A CSV or TSV, JSON lines of objects, or what MLflow's `log_table` writes; undefined when it is no table. */
export function readTable(path: string, text: string, cut: boolean): TableData | undefined {
  if (/\.(csv|tsv)$/i.test(path)) {
    const [columns, ...rows] = readCsv(text, /\.tsv$/i.test(path) ? '\t' : ',');
    // The last line of a part may be half a line.
    if (cut) rows.pop();
    return columns && { columns, rows };
  }
  if (/\.(jsonl|ndjson)$/i.test(path)) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (cut) lines.pop();
    return fromObjects(lines.map(parse));
  }
  const value = cut ? undefined : parse(text);
  if (Array.isArray(value)) return fromObjects(value);
  // {"columns": ["a", "b"], "data": [[1, 2], …]}
  if (
    isRecord(value) &&
    isWords(value['columns']) &&
    Array.isArray(value['data']) &&
    value['data'].every(Array.isArray)
  ) {
    return { columns: value['columns'], rows: (value['data'] as unknown[][]).map((row) => row.map(words)) };
  }
  return undefined;
}

function fromObjects(values: readonly unknown[]): TableData | undefined {
  if (values.length === 0 || !values.every(isRecord)) return undefined;
  const columns = [...new Set(values.flatMap((value) => Object.keys(value)))];
  return { columns, rows: values.map((value) => columns.map((column) => words(value[column]))) };
}

function words(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

/** RFC 4180: quoted fields may hold separators, line breaks and doubled quotes. */
export function readCsv(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = () => {
    row.push(field);
    field = '';
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let i = start; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i]!;
      else quoted = false;
    } else if (c === '"' && field === '') quoted = true;
    else if (c === separator) {
      row.push(field);
      field = '';
    } else if (c === '\n') endRow();
    else if (c !== '\r') field += c;
  }
  if (field !== '' || row.length > 0) endRow();
  return rows;
}
