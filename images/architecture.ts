/** The architectures that images are built for, as OCI, Node and GNU name them. */
export interface Architecture {
  /** OCI's and Debian's name. */
  readonly name: 'amd64' | 'arm64';
  readonly node: 'x64' | 'arm64';
  readonly gnu: 'x86_64' | 'aarch64';
}

export const architectures: readonly Architecture[] = [
  { name: 'amd64', node: 'x64', gnu: 'x86_64' },
  { name: 'arm64', node: 'arm64', gnu: 'aarch64' },
];

export const ownArchitecture = architectures.find(({ node }) => node === process.arch)!;
