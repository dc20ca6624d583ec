import { invalid, messageOf, type TreadleError } from '../../../../platform/errors/index.ts';

export const fault = (place: string, cause: unknown): TreadleError =>
  invalid(`${place} cannot be read: ${messageOf(cause)}`, {
    field: 'uri',
    hint: 'name a tracking server (http://…), a database (sqlite:///mlflow.db, postgresql://…) or an mlruns folder',
    cause,
  });
