import { DesiredState } from './contract.ts';

/** The JSON Schema of a file of desired state, for editors; committed under docs/schema. */
export function desiredStateSchema(): Record<string, unknown> {
  // TypeBox keeps its own marks under symbols and `~`; JSON has neither.
  const plain = JSON.parse(
    JSON.stringify(DesiredState, (key, value: unknown) => (key.startsWith('~') ? undefined : value)),
  ) as Record<string, unknown>;
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain };
}
