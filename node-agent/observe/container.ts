/** What discovery gives to everything after it: one container, or any cgroup a standalone policy names. */
export type QoSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
export type Runtime = 'containerd' | 'cri-o' | 'docker';
export type CgroupDriver = 'systemd' | 'cgroupfs';

/** Which hierarchy holds what on this host. cgroups(7). */
export interface Hierarchies {
  readonly layout: 'v1' | 'v2' | 'hybrid';
  /** Version of the hierarchy that has the memory controller. */
  readonly memoryVersion: 1 | 2;
  /** Mount points; v1: one per controller, v2: all the same. null where the host has none. */
  readonly memory: string;
  readonly cpu: string | null;
  /** v1 counts CPU time in a controller of its own, often mounted together with cpu. */
  readonly cpuacct: string | null;
  readonly blkio: string | null;
  readonly freezer: string | null;
  readonly pids: string | null;
  /** The cgroup2 mount: pressure files can be there even where the controllers are v1. */
  readonly unified: string | null;
}

export interface Container {
  /** Path of its memory cgroup below the memory hierarchy's mount, "/kubepods/…"; the key of a container on one node. */
  readonly cgroup: string;
  /** Inode of that directory: a new cgroup of the same name is another container. */
  readonly cgroupInode: number;
  /** Path below the cgroup2 mount where that is another one (hybrid); the same path on v2; null on pure v1. */
  readonly unifiedCgroup: string | null;
  /** Nested cgroups (inside the container), paths below the mount; they belong to it. */
  readonly nested: readonly string[];
  /** The runtime's container ID; null for a cgroup that is no container. */
  readonly id: string | null;
  readonly runtime: Runtime | null;
  readonly driver: CgroupDriver | null;
  readonly podUID: string | null;
  readonly qosClass: QoSClass | null;
  /** PIDs in Ebb's own PID namespace, of the cgroup and those nested in it. */
  readonly pids: readonly number[];
}
