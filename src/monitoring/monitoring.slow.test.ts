import { onDatabases } from '../../test/on-databases.ts';
import { monitoringSuite } from './monitoring.suite.ts';

onDatabases('monitoring was', monitoringSuite);
