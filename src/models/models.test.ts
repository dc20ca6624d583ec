import { onDatabases } from '../../test/on-databases.ts';
import { modelsSuite } from './models.suite.ts';

onDatabases('the registry was', modelsSuite);
