/** `kubectl ebb …` on a terminal of its own (script, of util-linux), with what is typed there. */
import { type Ended, runKubectl } from '../kubectl.ts';

/** Words without spaces or quotes. */
export function onTerminal(words: readonly string[], typed: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const line = ['kubectl', 'ebb', ...words].join(' ');
  return runKubectl('script', ['--quiet', '--return', '--command', line, '/dev/null'], env, typed);
}
