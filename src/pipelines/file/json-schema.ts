import { jsonSchemaOf } from '../../platform/json/index.ts';
import { PipelineFile } from './schema.ts';

/** The JSON Schema of treadle.yaml. */
export const fileSchema = (): Record<string, unknown> => jsonSchemaOf(PipelineFile);
