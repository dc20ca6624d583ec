import { jsonSchemaOf } from '../platform/json/index.ts';
import { DesiredState } from './contract.ts';

/** The JSON Schema of a file of desired state. */
export const desiredStateSchema = (): Record<string, unknown> => jsonSchemaOf(DesiredState);
