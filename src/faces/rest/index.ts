export { restRoutes } from './routes.ts';
