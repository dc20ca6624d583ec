import { eachDatabase } from '../db/databases.suite.ts';
import { jobsSuite } from './jobs.suite.ts';

eachDatabase(jobsSuite);
