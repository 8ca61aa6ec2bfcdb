/** The generated part of docs/kubectl-ebb.md: the help of each command of the plugin, as it prints it. */
import { manual, overview } from '../cli/help.ts';
import { plugin } from '../cli/kubectl-ebb/commands.ts';

export function pluginUsage(): string {
  const whole = overview(plugin, 'VERSION').trimEnd();
  const sections = plugin.commands.map(
    (command) => `### ${command.name}\n\n${block(manual(plugin, command).trimEnd())}`,
  );
  return [block(whole), ...sections].join('\n\n');
}

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;
