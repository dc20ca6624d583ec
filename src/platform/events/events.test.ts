import { eachDatabase } from '../db/databases.suite.ts';
import { eventsSuite } from './events.suite.ts';

eachDatabase(eventsSuite);
