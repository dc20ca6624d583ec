import { eachDatabase } from '../platform/db/databases.suite.ts';
import { loopsSuite } from './loops.suite.ts';

eachDatabase(loopsSuite);
