/**
 * The orders of an agent in a cluster: watches the object of its node and the switch, tells the tick what changed, and
 * reports. Wiring of the pure parts beside it with the edge to the API server.
 */
import { connect } from '../../kube/connect.ts';
import type { Connection } from '../../kube/connection.ts';
import type { KubeError } from '../../kube/errors.ts';
import { ListWatch } from '../../kube/list-watch.ts';
import { supportedAdvice } from '../act/supported.ts';
import type { ClusterConfig } from '../config.ts';
import type { Orders, Policies, Source } from '../source.ts';
import { readableBy, type Started } from '../start.ts';
import type { PolicySums } from '../sums.ts';
import type { Parts, Ticker } from '../tick.ts';
import { type Following, findingsText, follow, nobody, ordersOf } from './following.ts';
import { whoAmI } from './identity.ts';
import { knownOf, restoring } from './known.ts';
import { policiesOf } from './match.ts';
import { ClusterMetrics, type Watched } from './metrics.ts';
import { type NodeObject, nodeObjectReader } from './object.ts';
import { PodMetrics } from './pod-metrics.ts';
import { configMaps, nodeAdvices, switchName } from './resources.ts';
import { noSeed, type Seed } from './seed.ts';
import type { Known } from './status.ts';
import { surroundings } from './surroundings.ts';
import { switchText, untouched } from './switch.ts';
import { PolicyTotals } from './totals.ts';
import { StatusWriter } from './writer.ts';

const beatMillis = 1000;
/** The end waits no longer for a last report. */
const lastReportMillis = 1000;
/** Servers end a quiet minute with a bookmark; a watch that is asked for anew is a word from them, too. */
const maxWatchSeconds = 180;

export async function openCluster(config: ClusterConfig, started: Started): Promise<ClusterSource> {
  const { kubeconfig } = config;
  if (kubeconfig !== null) readableBy(config, '--kubeconfig', kubeconfig);
  const userAgent = `ebb-agent/${started.version}`;
  return new ClusterSource(config, started, await connect({ kubeconfig: kubeconfig ?? undefined, userAgent }));
}

export class ClusterSource implements Source {
  readonly #config: ClusterConfig;
  readonly #started: Started;
  readonly #connection: Connection;
  readonly #object: ListWatch<NodeObject>;
  readonly #switch: ListWatch<string>;
  readonly #metrics: ClusterMetrics;
  /** null: not asked for. */
  readonly #podMetrics: PodMetrics | null;
  readonly #writer: StatusWriter;
  readonly #totals = new PolicyTotals();
  readonly #end = new AbortController();
  #nodeUID: string;
  #following: Following = nobody;
  /** Of agents before this one. Our own reports say it anew: asked of each object once, when it is met. */
  #before: Seed['containers'] = noSeed.containers;
  #policies: Policies = policiesOf(null, 0, this.#before);
  /** What that agent last reported of containers: it stands until a tick has gone by a spec of the same object. */
  #standing: Seed['rows'] | null = null;
  #agent: { readonly parts: Parts; readonly ticker: Ticker; readonly supportedAdvice: readonly string[] } | null = null;
  #ordersShown = '';
  #changes = '';
  #timer: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  constructor(config: ClusterConfig, started: Started, connection: Connection) {
    const { nodeName, namespace, staleSpecSeconds } = config;
    const { log } = started;
    this.#config = config;
    this.#started = started;
    this.#connection = connection;
    this.#nodeUID = config.nodeUID;
    const watchSeconds = Math.min(maxWatchSeconds, staleSpecSeconds / 2);
    this.#object = new ListWatch<NodeObject>(connection, {
      ...{ resource: nodeAdvices, fieldSelector: `metadata.name=${nodeName}`, watchSeconds },
      transform: nodeObjectReader(),
      changed: () => this.#objectChanged(),
      failed: (error) => this.#failed('nodememoryadvices', error),
    });
    this.#switch = new ListWatch<string>(connection, {
      ...{ resource: configMaps, namespace, fieldSelector: `metadata.name=${switchName}`, watchSeconds },
      transform: switchText,
      changed: () => this.#consider(),
      failed: (error) => this.#failed('configmaps', error),
    });
    this.#metrics = new ClusterMetrics(started.metrics, () => {
      const { silentMillis } = this;
      return silentMillis === null ? null : silentMillis / 1000;
    });
    this.#podMetrics = config.podMetrics > 0 ? new PodMetrics(started.metrics, config.podMetrics) : null;
    this.#writer = new StatusWriter({ connection, nodeName, metrics: this.#metrics, log });
  }

  policies(): Policies {
    return this.#policies;
  }

  orders(): Orders {
    return ordersOf({
      following: this.#following,
      switchText: this.#switchText,
      silentMillis: this.silentMillis,
      staleMillis: this.#config.staleSpecSeconds * 1000,
    });
  }

  /** Of the two watches the one that heard nothing for longer. */
  get silentMillis(): number | null {
    const [object, asked] = [this.#object.silentMillis, this.#switch.silentMillis];
    return object === null || asked === null ? null : Math.max(object, asked);
  }

  get #switchText(): string | null {
    const { store } = this.#switch;
    if (!store.synced) return null;
    return store.get(this.#config.namespace, switchName)?.value ?? untouched;
  }

  /** The watches tell at once. */
  refresh(): void {
    this.#consider();
  }

  begin(parts: Parts, ticker: Ticker): void {
    this.#agent = { parts, ticker, supportedAdvice: [] };
    ticker.reported = (sums) => {
      if (this.#following.spec !== null) this.#standing = null;
      this.#took(sums);
      this.#podMetrics?.show(ticker.tracked.values());
    };
    for (const list of [this.#object, this.#switch]) {
      list.run(this.#end.signal).catch((error: unknown) => {
        // Who no longer hears of a stop must not go on: it ends in order, and is started anew.
        this.#started.log.fatal({ error }, 'Failed to follow the API server');
        process.kill(process.pid, 'SIGTERM');
      });
    }
    this.#timer = setInterval(() => this.#consider(), beatMillis);
    void this.#askAdvice(parts, ticker);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#writer.close(() => this.#known(), lastReportMillis);
    this.#end.abort();
    this.#connection[Symbol.dispose]();
  }

  async #askAdvice(parts: Parts, ticker: Ticker): Promise<void> {
    try {
      const supported = await supportedAdvice(parts.worker);
      this.#agent = { parts, ticker, supportedAdvice: supported };
    } catch (error) {
      this.#started.log.warn({ error }, 'Could not ask which advice the kernel takes');
    }
  }

  #objectChanged(): void {
    const item = this.#object.store.get('', this.#config.nodeName);
    const before = this.#following;
    this.#following = follow(before, item?.value, this.#nodeUID);
    const seed = item?.value.seed ?? noSeed;
    const another = this.#following.uid !== before.uid;
    if (another) {
      this.#writer.turnTo(this.#following.uid, seed.conditions);
      this.#before = new Map([...this.#before, ...seed.containers]);
      this.#standing = seed.rows;
    }
    if (item !== undefined) this.#totals.begin(item.uid, seed);
    if (this.#following.spec !== before.spec) this.#takeSpec();
    this.#tell(before);
    this.#consider();
  }

  /** The kubelet renews the token of our pod, and with it which Node we run on. Until it says ours, nothing is followed. */
  #askWhoWeAre(): void {
    const nodeUID = this.#config.nodeUIDByToken ? whoAmI(surroundings()).nodeUID : undefined;
    if (nodeUID === undefined || nodeUID === this.#nodeUID) return;
    this.#started.log.info({ nodeUID, before: this.#nodeUID }, 'Node was registered anew');
    this.#nodeUID = nodeUID;
    this.#objectChanged();
  }

  #takeSpec(): void {
    const { spec } = this.#following;
    this.#policies = policiesOf(spec, this.#policies.generation + 1, this.#before);
  }

  #tell(before: Following): void {
    const { spec, trouble, generation } = this.#following;
    const { log, metrics } = this.#started;
    if (trouble !== null && trouble.message !== before.trouble?.message) {
      if (trouble.reason !== 'NoSpec') metrics.loaded('bad');
      log.warn(
        { reason: trouble.reason, message: trouble.message, follows: generation },
        'Node object is not followed',
      );
    }
    if (spec === null || spec === before.spec) return;
    metrics.loaded('good');
    log.info({ generation, policies: spec.profiles.length, pods: spec.pods.length }, 'Followed node object');
    for (const { name, findings } of spec.refused)
      log.warn({ profile: name, reason: 'Unsupported', message: findingsText(findings) }, 'Refused profile');
  }

  /** Once a second, and after each change: what holds the agent back, and whether a report is due. */
  #consider(): void {
    if (this.#agent === null) return;
    if (this.#following.trouble?.reason === 'WrongNode') this.#askWhoWeAre();
    const { ticker } = this.#agent;
    const orders = this.orders();
    const shown = JSON.stringify([orders, this.#policies.generation]);
    if (shown !== this.#ordersShown) {
      this.#ordersShown = shown;
      this.#started.log.info({ ...orders, switch: this.#switchText }, 'Took orders');
      ticker.reconsider();
    }
    if (orders.restore !== null) this.#tellRestore(ticker, orders.restore);
    if (this.#mayReport(ticker)) this.#writer.look(() => this.#known(), this.#changed(ticker));
  }

  /** Not between a spec and the first tick by it: nothing is known yet. That none can be followed is told. */
  #mayReport({ ticks }: Ticker): boolean {
    return ticks > 0 && (this.#standing === null || this.#following.spec === null);
  }

  /** Whether anything but figures may have changed since this was asked last. */
  #changed({ transitions, lastNode, ticks }: Ticker): boolean {
    const { swapTotalBytes, swapoffInProgress } = lastNode ?? {};
    const now = [transitions, swapTotalBytes, swapoffInProgress, ticks > 0, this.#ordersShown].join(' ');
    const { reason, message } = this.#following.trouble ?? {};
    const shown = `${now} ${reason} ${message} ${this.#following.generation} ${this.#restoreShown}`;
    if (shown === this.#changes) return false;
    this.#changes = shown;
    return true;
  }

  #restoreShown = '';

  #tellRestore(ticker: Ticker, restore: NonNullable<Orders['restore']>): void {
    const progress = restoring(ticker, restore);
    if (progress.message === this.#restoreShown) return;
    this.#restoreShown = progress.message;
    this.#started.log.info(progress, 'Restored memory');
  }

  #known(): Known {
    const { version } = this.#started;
    return knownOf({
      version,
      ...this.#agent!,
      following: this.#following,
      orders: this.orders(),
      totals: this.#totals,
      standing: this.#standing,
    });
  }

  #took(sums: readonly PolicySums[]): void {
    const uidOf = new Map(
      this.#following.spec?.profiles.map(({ profile, sources }) => [profile.name, sources[0]!.uid]),
    );
    for (const one of sums) {
      const uid = uidOf.get(one.policy);
      if (uid !== undefined) this.#totals.add(uid, one);
    }
  }

  #failed(resource: Watched, error: KubeError): void {
    this.#metrics.failed(resource, error.code);
    this.#started.log.warn({ resource, code: error.code, message: error.message }, 'Failed to watch');
  }
}
