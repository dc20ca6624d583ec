import { PipelineFile } from './schema.ts';

/** The JSON Schema of treadle.yaml that editors complete by, and that is committed under docs/schema. */
export function fileSchema(): Record<string, unknown> {
  // TypeBox keeps its own marks under symbols and `~`; JSON has neither.
  const plain = JSON.parse(
    JSON.stringify(PipelineFile, (key, value: unknown) => (key.startsWith('~') ? undefined : value)),
  ) as Record<string, unknown>;
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain };
}
