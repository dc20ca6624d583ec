export { createAside, type Aside } from './aside.ts';
