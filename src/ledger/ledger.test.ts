import { eachDatabase } from '../platform/db/databases.suite.ts';
import { ledgerSuite } from './ledger.suite.ts';

eachDatabase(ledgerSuite);
