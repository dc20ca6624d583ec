export { openApi } from './openapi.ts';
export { restRoutes } from './routes.ts';
