export type { Comparison, Filter, Left, NullTest, Order, Vocabulary } from './search/ast.ts';
export { compileAfter, compileComparison, compileFilter, compileOrder, type SortKey } from './search/compile.ts';
export { decodePage, encodePage, queryDigest, type Cursor } from './search/page.ts';
export { parseFilter, parseName, parseOrder } from './search/parse.ts';
export { experimentVocabulary, runVocabulary } from './search/vocabulary.ts';
