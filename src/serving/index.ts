export type { Answer, PlaneDoor, Question, Served } from './plane/plane.ts';
export type { CallerVerdict, TableEndpoint } from './plane/protocol.ts';
