/** Where files of a process that several share (scripts/test/shared.mjs) leave what is to be done after the last of them; else undefined. */
export const processEnd = (globalThis as { treadleProcessEnd?: Array<() => Promise<void>> })
  .treadleProcessEnd;
