/**
 * The parent of everything that we start. It is `sh`, because a shell is on every machine and starts in a millisecond.
 * Fd 3 is a socket to the server: when the server dies, however it dies, the read ends and the whole group is killed.
 * The command runs in the foreground with TERM caught by the shell (a caught signal is reset in children, an ignored
 * one would be inherited), so that the shell outlives a command that takes its time to stop, and reports its end.
 * At the end it says through fd 3 how much CPU time the command and all children it waited for have used.
 */
const SCRIPT = `umask 077
echo 500 2>/dev/null >/proc/self/oom_score_adj
{ read -r _; kill -KILL 0; } <&3 >/dev/null 2>&1 &
watch=$!
trap : TERM INT HUP
"$@" 3<&-
code=$?
kill -KILL $watch 2>/dev/null
times >&3 2>/dev/null
exit $code`;

/**
 * argv of the supervised command. `merge` sends stderr down the same pipe as stdout, so that their order is kept; `tells`: the
 * command tells its own CPU time through fd 3, and closes it for what is not ours.
 */
export const supervised = (
  argv: readonly string[],
  { merge, tells }: { merge: boolean; tells: boolean },
): string[] => [
  '/bin/sh',
  '-c',
  SCRIPT.replace('"$@" 3<&-', `"$@"${tells ? '' : ' 3<&-'}${merge ? ' 2>&1' : ''}`),
  'treadle-process',
  ...argv,
];

/** `times` prints two lines, the shell's own and its children's: `0m0.00s 0m0.00s`. Returns the first children's, in ms. */
export function parseTimes(text: string): { userMs: number; systemMs: number } | undefined {
  const match = /\n(\d+)m([\d.]+)s\s+(\d+)m([\d.]+)s/.exec(text);
  if (!match) return undefined;
  const [, userMinutes, userSeconds, systemMinutes, systemSeconds] = match.map(Number) as [
    number,
    ...number[],
  ];
  return {
    userMs: Math.round(userMinutes! * 60_000 + userSeconds! * 1000),
    systemMs: Math.round(systemMinutes! * 60_000 + systemSeconds! * 1000),
  };
}
