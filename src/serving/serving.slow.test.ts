import { onDatabases } from '../../test/on-databases.ts';
import { servingSuite } from './serving.suite.ts';

onDatabases('serving was', servingSuite);
