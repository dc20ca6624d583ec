// The server's half; the faces of a data plane have a door each, in the folders beside.
export { mountForward } from './forward.ts';
