export { backup, type BackupProgress, type BackupResult } from './backup.ts';
export { collectEvents, type CollectResult, type Purged, type Rooms } from './collect.ts';
export { restore, type RestoreResult } from './restore.ts';
export { maintenanceRoutes } from './routes.ts';
export { spaceReport } from './walking.ts';
