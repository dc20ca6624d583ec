import { missing, unavailable, type TreadleError } from '../../platform/errors/index.ts';
import { targetsOf, type Route, type Target } from './table.ts';

export const unknownEndpoint = (name: string): TreadleError =>
  missing(`Request for unknown model: '${name}' is not an endpoint here`, {
    field: 'model',
    hint: 'treadle endpoints lists those there are',
  });

export const unknownVersion = (route: Route, version: string): TreadleError =>
  missing(
    `Request for unknown model: endpoint '${route.endpoint.name}' does not answer with version ${version}`,
    {
      field: 'version',
      hint: `it has ${[...new Set(targetsOf(route).map(({ variant }) => variant.version))].join(', ')}`,
    },
  );

/** Counted as the model's error, not as a refusal: `code` tells them apart. */
export const notReady = ({ variant }: Target, cause?: Error): TreadleError =>
  unavailable(
    `version ${variant.version} of model '${variant.model}' cannot answer now${cause ? `: ${cause.message}` : ''}`,
    { hint: 'ask again after the time in Retry-After', code: 'not-ready' },
  );

/** It exists, so 'there is no such model' would send the caller away for good. */
export const loading = ({ endpoint }: Route): TreadleError =>
  unavailable(`the model of endpoint '${endpoint.name}' is being loaded`, { hint: 'try again in a moment' });
