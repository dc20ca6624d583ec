import { route, type Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import * as contract from './contract.ts';
import { askConversion, openConversion, readConversion, type ConvertPayload } from './conversion/ask.ts';

export const runtimeRoutes = (convert: JobType<ConvertPayload>): Route[] => [
  route(contract.getConversion, (ctx, { params }) => readConversion(ctx, params.model, params.version)),
  route(contract.getConversionFile, (ctx, { params }) => openConversion(ctx, params.model, params.version)),
  route(contract.convertVersion, (ctx, { params }) =>
    askConversion(ctx, convert, params.model, params.version),
  ),
];
