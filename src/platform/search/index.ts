export type { Comparison, Filter, Left, NullTest, Order, Vocabulary } from './ast.ts';
export { compileAfter, compileComparison, compileFilter, compileOrder, type SortKey } from './compile.ts';
export { decodePage, encodePage, queryDigest, type Cursor } from './page.ts';
export { checkOrder, parseFilter, parseName, parseOrder } from './parse.ts';
