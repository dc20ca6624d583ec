export {
  createHttp,
  type ErrorFace,
  type Http,
  type HttpOptions,
  type MountOptions,
  type Said,
} from './server.ts';
export { route, type Download, type Input, type Output, type Route, type ServerSentEvent } from './route.ts';
export type { About, Action, Endpoint, Method } from './contract.ts';
