export { compiled, parse, refuseUnkept, refuseUnknown } from './parse.ts';
export { readJson } from './read-json.ts';
export { readJsonAside } from './read-aside.ts';
export { writeJson } from './write-json.ts';
