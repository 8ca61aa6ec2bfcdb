/** A control plane that helm installs the chart on. No kubelet: objects only, pods are asked for in a dry run. */
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { chartFolder, helm, helmOk } from '../helm.ts';
import type { Ended } from '../kubectl.ts';

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export class ChartCluster implements AsyncDisposable {
  readonly plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  static async start(): Promise<ChartCluster> {
    return new ChartCluster(await startControlPlane());
  }

  get #options() {
    return { home: join(this.plane.folder, 'helm'), kubeconfig: this.plane.kubeconfig };
  }

  helm(...words: readonly string[]): Promise<Ended> {
    return helm(words, this.#options);
  }

  helmOk(...words: readonly string[]): Promise<string> {
    return helmOk(words, this.#options);
  }

  /** Of the chart in the tree, without asking the cluster. `set`: as `--set` takes it. */
  async render(set: readonly string[] = [], words: readonly string[] = []): Promise<Rendered[]> {
    const values = set.map((each) => `--set-json=${each}`);
    return objectsOf(await this.helmOk('template', 'ebb', chartFolder, ...values, ...words));
  }

  async get(...words: readonly string[]): Promise<Rendered & { readonly items: readonly Rendered[] }> {
    return JSON.parse(await this.plane.kubectlOk(['get', '-o', 'json', ...words]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.stop();
  }
}

export const objectsOf = (text: string): Rendered[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);

export const named = ({ kind, metadata }: Rendered): string => `${kind} ${metadata.name}`;

interface PodTemplate {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
  readonly [field: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: {
    readonly runAsUser?: number;
    readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
    readonly [field: string]: unknown;
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly [field: string]: unknown;
}

/** The pods that these objects stand for, as their controllers would make them. */
export function podsOf(objects: readonly Rendered[]): (Rendered & { readonly spec: PodSpec })[] {
  return objects
    .filter(({ kind }) => ['Deployment', 'DaemonSet', 'Pod'].includes(kind))
    .map((object) => {
      const { metadata, spec } = object as unknown as {
        metadata: Rendered['metadata'];
        spec: { template?: PodTemplate };
      };
      const template = object.kind === 'Pod' ? { metadata, spec: spec as unknown as PodSpec } : spec.template!;
      const own = { name: metadata.name, namespace: metadata.namespace!, labels: template.metadata.labels ?? {} };
      return { apiVersion: 'v1', kind: 'Pod', metadata: own, spec: template.spec };
    });
}
