export { createEnvironments, type Environment, type Environments } from './create-environments.ts';
export { findUv } from './find-uv.ts';
export type { EnvironmentIdentity } from './identity.ts';
export { environmentOf } from './layout.ts';
export { checkRequirements, type EnvironmentSource } from './lock.ts';
export { sweepEnvironments } from './sweep-environments.ts';
