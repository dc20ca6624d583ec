import type { TreadleError, ErrorKind } from '../../platform/errors/index.ts';
import type { ErrorFace } from '../../platform/http/index.ts';

type Answer = readonly [status: number, errorCode: string];

/**
 * Never 429 or 5xx for a caller's mistake: MLflow's client would repeat the call for minutes.
 * MLflow says 400 where a name is taken.
 */
const BY_KIND: Record<ErrorKind, Answer> = {
  invalid: [400, 'INVALID_PARAMETER_VALUE'],
  unauthenticated: [401, 'UNAUTHENTICATED'],
  forbidden: [403, 'PERMISSION_DENIED'],
  missing: [404, 'RESOURCE_DOES_NOT_EXIST'],
  conflict: [400, 'RESOURCE_ALREADY_EXISTS'],
  'too-large': [413, 'INVALID_PARAMETER_VALUE'],
  limited: [429, 'REQUEST_LIMIT_EXCEEDED'],
  unavailable: [503, 'TEMPORARILY_UNAVAILABLE'],
};

/** Where MLflow tells apart what is one kind to us: by the error's code. */
const BY_CODE: Readonly<Record<string, Answer>> = {
  'endpoint-not-found': [404, 'ENDPOINT_NOT_FOUND'],
  'not-found': [404, 'RESOURCE_DOES_NOT_EXIST'],
  'method-not-allowed': [405, 'ENDPOINT_NOT_FOUND'],
  'not-implemented': [501, 'NOT_IMPLEMENTED'],
  // Where no requests at all are let in, too, for which the native API says 429: the client would ask seven times more, a minute apart.
  quota: [403, 'RESOURCE_LIMIT_EXCEEDED'],
  'media-type': [400, 'BAD_REQUEST'],
  unprocessable: [422, 'INVALID_PARAMETER_VALUE'], // spans that are none
  alias: [400, 'INVALID_PARAMETER_VALUE'], // MLflow: an alias that is not there
  'version-in-use': [409, 'RESOURCE_CONFLICT'],
  'state-conflict': [400, 'INVALID_PARAMETER_VALUE'],
};

export const mlflowErrors: ErrorFace = (error, requestId) => {
  if (!error) {
    return {
      status: 500,
      body: {
        error_code: 'INTERNAL_ERROR',
        message: `Something went wrong inside Treadle; look for request ${requestId} in the server log.`,
      },
    };
  }
  const [status, errorCode] = answer(error);
  return {
    status,
    body: {
      error_code: errorCode,
      message: error.hint === undefined ? error.message : `${error.message}. Hint: ${error.hint}`,
    },
  };
};

function answer(error: TreadleError): Answer {
  if (error.code !== undefined && Object.hasOwn(BY_CODE, error.code)) return BY_CODE[error.code]!;
  return BY_KIND[error.kind];
}
