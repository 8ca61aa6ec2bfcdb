# The local base of the Node images: what images/base.ts took out of Debian packages.
FROM scratch
COPY rootfs/ /
