export type { DeliveredEvent, DomainEvent, Subscriber } from './event.ts';
export { createEvents, type Events } from './events.ts';
export { pruneEvents } from './jobs.ts';
export { eventRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { SEQUENCE } from './store.ts';
export { newSecret, signedHeaders } from './webhooks/sign.ts';
export { createWebhooks, type Webhooks } from './webhooks/webhooks.ts';
