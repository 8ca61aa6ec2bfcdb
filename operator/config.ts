/** What the operator is started with: checked once, at the edge. Errors name the flag of `ebb operator`. */
import * as z from 'zod';
import { listenAddress } from '../kube/listen-address.ts';
import { logLevels } from '../kube/log.ts';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const namespaceName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace');

/** As helm writes it: "key=value,key=value". */
const labels = z
  .string()
  .regex(/^([^=,\s]+=[^=,\s]*(,(?!$)|$))*$/, 'must be labels as key=value, with commas between')
  .transform((text) => Object.fromEntries(text.split(',').flatMap((one) => (one === '' ? [] : [one.split('=')]))))
  .pipe(z.record(z.string(), z.string()));

const schema = z.strictObject({
  /** Path of a kubeconfig; null: $KUBECONFIG, the pod it runs in, or the home directory's. */
  kubeconfig: z.string().min(1).nullable().default(null),
  /** Ebb's own: where the Lease is, and where pods are left alone as in kube-system. */
  namespace: namespaceName.default('ebb-system'),
  metrics: listenAddress.default({ host: '127.0.0.1', port: 9467 }),
  /** Of objects of nodes; statuses have a bound of their own. */
  writesPerSecond: whole(1, 10_000).default(300),
  /** How often the statuses of policies are looked at. */
  statusSeconds: whole(1, 300).default(5),
  /** Labels of the nodes that agents run on; none: all nodes. The DaemonSet has the same. */
  agentNodeSelector: labels.default({}),
  /** Makes the cluster policy ebb-default, in DryRun, the first time an operator leads in this cluster. */
  defaultPolicy: z.boolean().default(true),
  logLevel: z.enum(logLevels).default('info'),
});

export type OperatorConfig = z.output<typeof schema>;

const flags: Readonly<Record<string, string>> = {
  kubeconfig: '--kubeconfig',
  namespace: '--namespace',
  metrics: '--metrics',
  writesPerSecond: '--writes-per-second',
  statusSeconds: '--status-period',
  agentNodeSelector: '--agent-node-selector',
  defaultPolicy: '--no-default-policy',
  logLevel: '--log-level',
};

export type Checked =
  | { readonly ok: true; readonly config: OperatorConfig }
  | { readonly ok: false; readonly error: string };

/** `options`: as typed on the command line. */
export function checkConfig(options: unknown): Checked {
  const parsed = schema.safeParse(options);
  if (parsed.success) return { ok: true, config: parsed.data };
  const issues = parsed.error.issues.map(
    (issue) => `${flags[String(issue.path[0])] ?? issue.path.join('.')}: ${issue.message}`,
  );
  return { ok: false, error: issues.join('; ') };
}
