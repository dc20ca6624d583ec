/** A TypeBox schema as the JSON Schema of a file that people write, for editors; committed under docs/schema. */
export function jsonSchemaOf(schema: object): Record<string, unknown> {
  // TypeBox keeps its own marks under symbols and `~`; JSON has neither.
  const plain = JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key.startsWith('~') ? undefined : value)),
  ) as Record<string, unknown>;
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain };
}
