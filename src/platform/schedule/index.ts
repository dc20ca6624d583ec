export { cronOf, PLAIN, whenOf, type Plain } from './plain.ts';
export { doubtsOf, nextTimes, timesWithin } from './times.ts';
export { DAYS, readWindow, type Day, type WeeklyWindow } from './window.ts';
export { readFreeze, type FrozenTime } from './freeze.ts';
export { readTimetable, type Timetable } from './timetable.ts';
