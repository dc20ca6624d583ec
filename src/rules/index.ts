export { checkRules, readRules } from './check-rules.ts';
export { METRICS } from './figures.ts';
export { nearest } from './names.ts';
export {
  namesIn,
  parseRule,
  type Comparator,
  type Condition,
  type Each,
  type Expression,
  type Name,
} from './parse.ts';
