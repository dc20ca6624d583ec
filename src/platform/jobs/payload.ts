import { Value } from 'typebox/value';
import { invalid } from '../errors/index.ts';
import type { JobType } from './job.ts';

/** Parse at the door: a payload that its job could not read never gets into the queue. */
export function checkPayload(type: JobType<never>, payload: unknown): void {
  if (Value.Check(type.payload, payload)) return;
  const [first] = Value.Errors(type.payload, payload);
  throw invalid(
    `the payload of job ${type.name} is wrong: ${first?.instancePath || 'it'} ${first?.message ?? 'does not fit'}`,
    {
      field: first?.instancePath.split('/').slice(1).join('.') || 'payload',
    },
  );
}
