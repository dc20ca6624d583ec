import { readFileSync } from 'node:fs';
import { getEndpoint, type EndpointDetail } from '../../serving/contract.ts';
import { invalid, messageOf, TreadleError } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { pair } from './options.ts';
import { number } from './output.ts';

const HELP = `
Without rows it asks about the model's own example, whose values --set changes.

Examples:
  treadle ask churn                               the model's example
  treadle ask churn --set tenure=3 --set plan=basic    the same, with other values
  treadle ask churn customers.csv                 every row of a table: .csv, .jsonl, or .json with a list of rows
Other programs ask by the Open Inference Protocol or MLflow's: treadle endpoints churn shows where.`;

interface AskFlags {
  set?: Record<string, string>;
}

interface Question {
  type: string;
  body: string;
}

/** `treadle ask`: an endpoint's answers, for people. */
export const register: Register = (program, cli) => {
  program
    .command('ask <endpoint> [rows]')
    .description('ask an endpoint: about the rows of a file, or its model’s example with other values')
    .option(
      '--set <column=value>',
      'a value of the row that is asked about; may be given often',
      pair('plan=basic'),
    )
    .addHelpText('after', HELP)
    .action(async (endpoint: string, rows: string | undefined, { set }: AskFlags) => {
      if (rows !== undefined && set !== undefined)
        throw invalid('--set changes the model’s example, and a file brings rows of its own', {
          field: 'set',
          hint: 'name the file, or say --set',
        });
      const client = cli.client();
      const detail = await client.call(getEndpoint, { params: { endpoint } });
      if (detail.endpoint.current === undefined)
        throw invalid(`nothing answers at ${endpoint} yet`, {
          field: 'endpoint',
          hint: `deploy a version: treadle deploy MODEL --to ${endpoint}`,
        });
      const { type, body } = rows === undefined ? exampleOf(detail, set ?? {}) : fileOf(rows);
      const { reply, text } = await client.foreign({
        method: 'POST',
        address: `/endpoints/${encodeURIComponent(endpoint)}/invocations`,
        headers: { 'content-type': type },
        bytes: Buffer.from(body),
        signal: undefined,
      });
      const answer = answerOf(endpoint, reply.statusCode ?? 0, text);
      const id = String(reply.headers['x-treadle-prediction'] ?? '');
      cli
        .output()
        .result({ ...answer, prediction: id }, () =>
          [
            ...answer.predictions.map((one) => shown(one)),
            ...(id === '' ? [] : ['', `where it came from: treadle predictions lineage ${id}`]),
          ].join('\n'),
        );
    });
};

/** The first row of the model's own example, with other values. */
function exampleOf({ endpoint, spec }: EndpointDetail, set: Readonly<Record<string, string>>): Question {
  const inputs = spec?.sample ?? [];
  const columns = inputs.map(({ name }) => name);
  const table = inputs.every(({ shape }) => shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  if (inputs.length === 0 || !table)
    throw invalid(
      `the model of ${endpoint.name} has ${table ? 'no example' : 'an example that is no table'}`,
      {
        field: 'rows',
        hint: `name a file of rows: treadle ask ${endpoint.name} rows.csv; treadle endpoints ${endpoint.name} shows what it takes`,
      },
    );
  const unknown = Object.keys(set).find((name) => !columns.includes(name));
  if (unknown !== undefined)
    throw invalid(`the model takes no '${unknown}'`, {
      field: 'set',
      hint: `it takes ${columns.join(', ')}`,
    });
  const row = Object.fromEntries(
    inputs.map(({ name, datatype, data }) => {
      const value = set[name];
      return [name, value === undefined ? data[0] : valueOf(name, value, datatype)];
    }),
  );
  return records([row]);
}

/** A text as the input's type has it; nothing at all for one that is missing. */
function valueOf(name: string, text: string, datatype: string): unknown {
  if (text === '') return null;
  if (datatype === 'BYTES') return text;
  if (datatype === 'BOOL' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const value = Number(text);
  if (datatype !== 'BOOL' && !Number.isNaN(value)) return value;
  throw invalid(
    `${name} is '${text}', and the model takes ${datatype === 'BOOL' ? 'true or false' : 'a number'} there`,
    {
      field: name,
      hint: `say --set ${name}=${datatype === 'BOOL' ? 'true' : '1'}, or --set ${name}= where it is missing`,
    },
  );
}

const records = (rows: unknown): Question => ({
  type: 'application/json',
  body: JSON.stringify({ dataframe_records: rows }),
});

function fileOf(file: string): Question {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`${file} cannot be read: ${messageOf(error)}`, {
      field: 'rows',
      hint: 'name a .csv, .json or .jsonl file',
      cause: error,
    });
  }
  if (/\.csv$/i.test(file)) return { type: 'text/csv', body: text };
  try {
    if (/\.jsonl$/i.test(file))
      return records(
        text
          .split(/\r?\n/)
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line) as unknown),
      );
    const value: unknown = JSON.parse(text);
    const rows = Array.isArray(value) ? (value as unknown[]) : [value];
    // A whole request of MLflow's goes as it is.
    if (isRequest(value)) return { type: 'application/json', body: text };
    if (
      rows.length > 0 &&
      rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))
    )
      return records(rows);
  } catch (error) {
    throw invalid(`${file} is not JSON: ${messageOf(error)}`, {
      field: 'rows',
      hint: 'name a .csv, .jsonl or .json file',
      cause: error,
    });
  }
  throw invalid(`${file} holds no rows`, {
    field: 'rows',
    hint: 'write a row as an object of its columns: {"plan": "basic"}, or a list of such',
  });
}

const REQUEST = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
const isRequest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && REQUEST.some((name) => name in value);

function answerOf(endpoint: string, status: number, text: string): { predictions: unknown[] } {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = undefined;
  }
  const fields = typeof said === 'object' && said !== null ? said : {};
  if (status === 200 && 'predictions' in fields)
    return { predictions: Array.isArray(fields.predictions) ? fields.predictions : [fields.predictions] };
  const message = 'message' in fields && typeof fields.message === 'string' ? fields.message : undefined;
  throw new TreadleError(
    status < 500 ? 'invalid' : 'unavailable',
    message ?? `the endpoint answered ${status}`,
    {
      hint: `treadle endpoints ${endpoint} shows what it takes`,
    },
  );
}

/** Numbers to as many digits as people read; what else there is as JSON. */
function shown(value: unknown): string {
  if (typeof value === 'number') return number(value, 4);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => shown(one)).join('  ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, one]) => `${name} ${shown(one)}`)
      .join('  ');
  return String(value);
}
