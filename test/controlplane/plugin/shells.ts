/** What real shells offer behind a line, with the scripts that `kubectl ebb completion` prints: bash, zsh in a terminal, fish. */
import { hasProgram } from '../../../scripts/programs.ts';
import { runKubectl } from '../kubectl.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** Why it can't be asked here; false where it can. */
export const lacks = (shell: Shell): string | false => (hasProgram(shell) ? false : `no ${shell} on this machine`);

/** Types the line into a zsh of its own, presses Tab, and gives what the screen says until the word is there, or for a minute. */
const typeIntoZsh = `
zmodload zsh/zpty
zpty -b inner "TERM=dumb zsh -f -i"
zpty -w inner "PS1= ; autoload -Uz compinit; compinit -u -D; source <(kubectl-ebb completion zsh); print rea''dy"
until [[ $seen == *ready* ]]; do zpty -r inner part && seen+=$part; done
zpty -w -n inner "$1"$'\\t'
for (( tries = 0; tries < 300; tries++ )); do
  while zpty -r -t inner part; do offered+=$part; done
  [[ $offered == *$2* ]] && break
  sleep 0.2
done
print -rn -- "$offered"
zpty -d inner
`;

const completeInBash = `
source <(kubectl-ebb completion bash)
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
if [[ \${COMP_WORDS[0]} == kubectl ]]; then _kubectl_and_ebb; else _kubectl_ebb; fi
printf '%s\\n' "\${COMPREPLY[@]}"
`;

const programs: Readonly<Record<Shell, string>> = {
  bash: completeInBash,
  zsh: typeIntoZsh,
  fish: 'kubectl-ebb completion fish | source; complete -C "$argv[1]"',
};

/** `env`: where kubectl-ebb is on the PATH. `word`: what it should offer. */
export async function offeredBy(shell: Shell, line: string, word: string, env: NodeJS.ProcessEnv): Promise<string> {
  const words = shell === 'fish' ? ['-c', programs[shell], line] : ['-c', programs[shell], shell, line, word];
  const { code, out, err } = await runKubectl(shell, words, env, '');
  if (code !== 0) throw new Error(`${shell} ended with ${code}: ${err || out}`);
  return out;
}
