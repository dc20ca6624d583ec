import { useState, type ReactElement } from 'react';
import type { Endpoint } from '../../../src/serving/contract.ts';
import { Choice } from '../kit/field.tsx';

export type Rule = 'keep' | 'drop' | 'hash';

const WORDS: Readonly<Record<Rule, string>> = {
  keep: 'as they are',
  drop: 'never',
  hash: 'as keyed hashes',
};

/** What becomes of the values of each input column, and of what else callers send, before they are recorded. */
export function RecordedColumns({
  columns,
  inputs,
  change,
}: {
  columns: Endpoint['columns'];
  inputs: readonly string[];
  change(column: string, rule: Rule, said: string): void;
}): ReactElement {
  const names = [
    ...new Set([...inputs.map((name) => `in_${name}`), 'key', 'params', ...Object.keys(columns)]),
  ];
  const [chosen, setChosen] = useState(names[0] ?? 'key');
  const ruled = Object.entries(columns);
  return (
    <div className="bar">
      <Choice
        label="Values of"
        value={chosen}
        options={names.map((name) => ({ value: name, label: plain(name) }))}
        onChange={setChosen}
      />
      <Choice<Rule>
        label="are recorded"
        value={columns[chosen] ?? 'keep'}
        options={(['keep', 'drop', 'hash'] as const).map((value) => ({ value, label: WORDS[value] }))}
        onChange={(rule) => change(chosen, rule, `${plain(chosen)}: recorded ${WORDS[rule]} from now on`)}
      />
      <span className="faint">
        {ruled.length === 0
          ? 'All columns are recorded as they are.'
          : ruled.map(([name, rule]) => `${plain(name)}: ${WORDS[rule]}`).join('; ')}
      </span>
    </div>
  );
}

/** As people call it: inputs by their names, what else callers send in words. */
const plain = (name: string): string =>
  name === 'key' ? 'the sticky key' : name === 'params' ? 'params' : name.replace(/^in_/, '');
