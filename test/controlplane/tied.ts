/** Programs that end with us, however we end: the kernel kills them when their parent dies (prctl PR_SET_PDEATHSIG). */

export type Command = readonly [program: string, words: readonly string[]];

/** sh asks whether we died before the kernel was told; then nobody would end the program any more. */
export function tied(signal: 'KILL' | 'TERM', program: string, words: readonly string[]): Command {
  const check = '[ "$PPID" = "$0" ] && exec "$@"';
  return ['setpriv', ['--pdeathsig', signal, 'sh', '-c', check, String(process.pid), program, ...words]];
}
