/** Events that change what the board says. */
export const BOARD_SUBJECTS = [
  'environment:*',
  'revision:*',
  'release:*',
  'endpoint:*',
  'request:*',
] as const;
