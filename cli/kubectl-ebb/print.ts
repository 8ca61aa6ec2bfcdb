/** Results of the plugin on stdout: text for people, or JSON or YAML of the same values. Nothing in them can move a cursor. */
import { Document, isScalar, visit } from 'yaml';
import { jsonText, print, tableLook } from '../output.ts';
import type { TableLook } from '../table.ts';
import type { Output } from './flags.ts';

export function rendered(output: Output, view: unknown, show: (look: TableLook, wide: boolean) => string): string {
  if (output === 'json') return jsonText(view);
  if (output === 'yaml') return yamlText(view);
  return show(tableLook(), output === 'wide');
}

export function printView(output: Output, view: unknown, show: (look: TableLook, wide: boolean) => string): void {
  print(rendered(output, view, show));
}

const plain = /^[\x20-\x7e]*$/;

/** What is not printable ASCII is written escaped, which only a quoted text can hold. */
export function yamlText(value: unknown): string {
  const document = new Document(JSON.parse(JSON.stringify(value)));
  visit(document, (_key, node) => {
    if (isScalar(node) && typeof node.value === 'string' && !plain.test(node.value)) node.type = 'QUOTE_DOUBLE';
  });
  return document.toString({ lineWidth: 0 }).replace(/[^\x20-\x7e\n]/gu, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
