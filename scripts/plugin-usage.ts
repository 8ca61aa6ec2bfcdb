/** The generated part of docs/kubectl-ebb.md: the help of each command as the plugin prints it, and the fields of -o json. */
import { z } from 'zod';
import { manual, overview } from '../cli/help.ts';
import { plugin } from '../cli/kubectl-ebb/commands.ts';
import { shapes } from '../cli/kubectl-ebb/shapes.ts';

export function pluginUsage(): string {
  const whole = overview(plugin, 'VERSION').trimEnd();
  const sections = plugin.commands.map((command) => {
    const tables = Object.entries(shapes).filter(([name]) => name.split(' ')[0] === command.name);
    const help = `### ${command.name}\n\n${block(manual(plugin, command).trimEnd())}`;
    return [help, ...tables.map(([name, shape]) => fieldTable(name, shape))].join('\n\n');
  });
  return [block(whole), ...sections].join('\n\n');
}

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;

interface Schema {
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function fieldTable(name: string, shape: z.ZodType): string {
  const rows = fieldsBelow(z.toJSONSchema(shape) as Schema, '').map(
    ([path, meaning]) => `| \`${path}\` | ${meaning} |`,
  );
  return [`| field of \`${name} -o json\` | meaning |`, '|---|---|', ...rows].join('\n');
}

/** Maps and lists of maps stand for what is in them, unless they have a meaning of their own. */
function fieldsBelow(schema: Schema, prefix: string): [string, string][] {
  const [inner = schema] = schema.anyOf ?? [];
  return Object.entries(inner.properties ?? {}).flatMap(([name, field]) => {
    const [value = field] = field.anyOf ?? [];
    const below = value.items
      ? fieldsBelow(value.items, `${prefix}${name}[].`)
      : fieldsBelow(field, `${prefix}${name}.`);
    const own: [string, string][] = field.description === undefined ? [] : [[`${prefix}${name}`, field.description]];
    return [...own, ...below];
  });
}
