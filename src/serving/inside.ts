// The door for what runs in a data plane's process: it knows no database.
export { createPlane, type Plane } from './plane/create-plane.ts';
export type { Command, PlaneOptions, Report } from './plane/protocol.ts';
export { RecordSink } from './plane/sink/sink.ts';
export { makeIds } from './prediction-id.ts';
