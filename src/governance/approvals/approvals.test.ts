import { onDatabases } from '../../../test/on-databases.ts';
import { approvalsSuite } from './approvals.suite.ts';

onDatabases('approvals were', approvalsSuite);
