export { cronOf, PLAIN, whenOf, type Plain } from './plain.ts';
export { doubtsOf, nextTimes, timesWithin } from './times.ts';
export { readTimetable, type Timetable } from './timetable.ts';
