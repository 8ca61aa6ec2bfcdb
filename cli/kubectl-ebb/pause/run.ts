/** `kubectl ebb pause NODE` and `resume NODE`: one annotation of the Node. */
import { escapeText } from '../../../api/escape.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { patchObject } from '../../../kube/objects.ts';
import { pausedAnnotation } from '../../../operator/annotations.ts';
import { pauseReasons } from '../../../operator/pauses.ts';
import { readNode } from '../../../operator/read.ts';
import { resources } from '../../../operator/resources.ts';
import type { Node } from '../../../operator/snapshot.ts';
import type { Run, Values } from '../../command.ts';
import { exit, Failed, UsageError } from '../../exit.ts';
import { text } from '../../parse.ts';
import { nodeName, outputOf } from '../flags.ts';
import { connected } from '../look.ts';
import { printView } from '../print.ts';
import { fieldManager } from '../resources.ts';
import { reasonText } from '../text.ts';

const maxReasonLength = 256;

export const runPause: Run = async ({ values, positionals }) => {
  const node = nodeName(positionals);
  const output = outputOf(values);
  const reasons = pauseReasons(await annotate(values, node, reasonOf(values)));
  const text = `node ${node} is paused: its agent gives no Cold and no PageOut. kubectl ebb resume ${node} ends it.`;
  printView(output, { node, reasons }, () => text);
  return exit.done;
};

export const runResume: Run = async ({ values, positionals }) => {
  const node = nodeName(positionals);
  const output = outputOf(values);
  const reasons = pauseReasons(await annotate(values, node, null));
  const still = reasons.length === 0 ? '.' : ', but still paused by:';
  const lines = [`node ${node} is resumed${still}`, ...reasons.map((reason) => `  ${reasonText(reason)}`)];
  printView(output, { node, reasons }, () => lines.join('\n'));
  return exit.done;
};

/** Any value but "false" pauses (operator/annotations.ts). */
function reasonOf(values: Values): string {
  const reason = text(values, 'reason') ?? 'kubectl ebb pause';
  if (reason.length <= maxReasonLength && reason !== 'false') return reason;
  const given = reason === 'false' ? '"false", which would not pause' : `${reason.length} characters long`;
  throw new UsageError(
    `--reason is ${given}: allowed: a text of 1 to ${maxReasonLength} characters other than "false"`,
  );
}

async function annotate(values: Values, name: string, value: string | null): Promise<Node> {
  const { reader } = await connected(values);
  using _ended = reader;
  const body = { metadata: { annotations: { [pausedAnnotation]: value } } };
  try {
    return readNode(await patchObject(reader.connection, resources.nodes, { name }, body, { fieldManager }));
  } catch (error) {
    if (isKubeError(error, 'NotFound')) throw new Failed(`the cluster has no node ${escapeText(name, 253)}`);
    throw error;
  }
}
