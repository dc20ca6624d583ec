import { invalid } from '../platform/errors/index.ts';
import type { ColumnRule } from './plane/protocol.ts';
import { rulesNow } from './record-rules.ts';
import type { EndpointRow } from './store.ts';
import type { Newcomer } from './takeover.ts';

/** An input of a model. */
export interface RecordedColumn {
  name: string;
  /** It has one value a row. */
  single: boolean;
}

/** Columns of the log that hold what callers send beside the inputs. */
const BESIDE = ['key', 'params'];

type Asked = Readonly<Record<string, ColumnRule | 'keep'>>;

/**
 * What is said of columns, by what the log calls them. A name that may mean two, such as an input that is called `key`, means both: what is to be
 * dropped must not stay because of a name. An error names one that no model here has.
 */
export function nameColumns(
  asked: Asked,
  inputs: readonly RecordedColumn[],
  standing: Readonly<Record<string, ColumnRule>>,
): Asked {
  const known = new Map(inputs.map((one) => [`in_${one.name}`, one]));
  const named: Record<string, ColumnRule | 'keep'> = {};
  for (const [name, rule] of Object.entries(asked)) {
    const field = `columns.${name}`;
    // What a model of before had may still be taken back.
    const found = [name, `in_${name}`].filter(
      (one) => BESIDE.includes(one) || known.has(one) || Object.hasOwn(standing, one),
    );
    if (found.length === 0) throw unknownColumn(name, field, [...known.values()]);
    for (const one of found) {
      if (rule === 'hash' && known.get(one)?.single === false)
        throw invalid(`'${one.slice('in_'.length)}' has several values a row, which have no hash together`, {
          field,
          hint: 'drop it',
        });
      named[one] = rule;
    }
  }
  return named;
}

function unknownColumn(name: string, field: string, inputs: readonly RecordedColumn[]): Error {
  const names = [...new Set([...inputs.map((one) => one.name), ...BESIDE])];
  const whole = name.replace(/\[\d+\]$/, '');
  const hint =
    whole !== name && inputs.some((one) => [one.name, `in_${one.name}`].includes(whole))
      ? `'${whole}' is one tensor: say its name without the number, and all its values are meant`
      : `it has ${names.slice(0, 40).join(', ')}${names.length > 40 ? ` and ${names.length - 40} more` : ''}`;
  return invalid(`the model has no column '${name}'`, { field, hint, code: 'unknown-column' });
}

/** Columns that are not recorded as they are, and that a version to come does not have: what it calls otherwise would be recorded. */
export function lostRules(
  endpoint: Pick<EndpointRow, 'name' | 'rules'>,
  newcomers: readonly Newcomer[],
): string[] {
  const ruled = Object.keys(rulesNow(endpoint).columns).flatMap((name) =>
    name.startsWith('in_') ? [name.slice('in_'.length)] : [],
  );
  return newcomers.flatMap(({ version: { model, version, facts } }) => {
    const inputs = facts?.signature?.inputs ?? [];
    if (inputs.length === 0 || inputs.some(({ name }) => name === undefined)) return [];
    const lost = ruled.filter((name) => !inputs.some((one) => one.name === name));
    return lost.length === 0
      ? []
      : [
          `${model} v${version} has no ${lost.map((name) => `'${name}'`).join(', ')}, which '${endpoint.name}' does not record as it is: if it is called otherwise now, say so of the new name`,
        ];
  });
}
