import assert from 'node:assert/strict';
import test from 'node:test';
import { readPlainFiles } from '../../../../node-agent/observe/files.ts';
import { readNode } from '../../../../node-agent/observe/node.ts';
import { makeTree } from '../../../fixtures/tree.ts';

const kib = 1024;
const meminfo = `> proc/meminfo
MemTotal:       24684092 kB
MemAvailable:   24202480 kB
SwapCached:           16 kB
SwapTotal:       3145720 kB
SwapFree:        3000000 kB
Zswap:                48 kB
Zswapped:            100 kB
`;
const swaps = `> proc/swaps
Filename				Type		Size		Used		Priority
/dev/zram1                              partition	1048572		512000		100
/dev/dm-0                               partition	1048572		0		-2
/dev/vdb1                               partition	524288		0		-3
/var/swap\\040file                       file		524288		4		-4
`;
const rest = `> proc/vmstat
nr_free_pages 1
pswpin 12
pswpout 340
> proc/pressure/memory
some avg10=0.00 avg60=0.07 avg300=0.46 total=16865839
full avg10=0.00 avg60=0.00 avg300=0.00 total=12
> proc/pressure/io
some avg10=0.36 avg60=0.09 avg300=0.14 total=7737470
full avg10=0.36 avg60=0.09 avg300=0.12 total=7291982
> sys/class/block/zram1/mm_stat
 1073741824 536870912 541065216 0 541065216 0 0 0 0
> sys/class/block/zram1/backing_dev
none
> sys/class/block/zram1/dev
252:1
> sys/class/block/dm-0/dm/uuid
CRYPT-PLAIN-swap
> sys/class/block/dm-0/dev
253:0
> sys/class/block/vdb1/dev
254:17
`;

test('the node is read with every kind of swap, and what compressed swap itself takes', () => {
  using tree = makeTree(meminfo + swaps + rest);
  const { devices, ...node } = readNode(readPlainFiles, tree.roots);
  assert.deepEqual(node, {
    memoryTotalBytes: 24684092 * kib,
    memoryAvailableBytes: 24202480 * kib,
    swapTotalBytes: 3145720 * kib,
    swapFreeBytes: 3000000 * kib,
    swapCachedBytes: 16 * kib,
    zswapBytes: 48 * kib,
    zswappedBytes: 100 * kib,
    compressedSwapBytes: 541065216 + 48 * kib,
    memoryPressure: { some: 16865839, full: 12 },
    ioPressure: { some: 7737470, full: 7291982 },
    cpuPressure: null,
    swapInPages: 12,
    swapOutPages: 340,
    swapoffInProgress: false,
  });
  assert.deepEqual(
    devices.map((device) => [device.path, device.kind, device.encrypted, device.usedBytes]),
    [
      ['/dev/zram1', 'zram', null, 512000 * kib],
      ['/dev/dm-0', 'disk', true, 0],
      ['/dev/vdb1', 'disk', false, 0],
      ['/var/swap file', 'file', null, 4 * kib],
    ],
  );
  assert.deepEqual(devices[0]!.zram, {
    originalBytes: 1 << 30,
    compressedBytes: 1 << 29,
    memoryBytes: 541065216,
    limitBytes: null,
  });
});

test('a zram that writes back to a device keeps pages there as they are', () => {
  using tree = makeTree(meminfo + swaps + rest);
  tree.write('sys/class/block/zram1/backing_dev', '/dev/vdc\n');
  assert.equal(readNode(readPlainFiles, tree.roots).devices[0]!.encrypted, false);
});

test('swap that is being switched off is listed whole and counted in part', () => {
  using tree = makeTree(meminfo.replace('3145720', '2609000') + swaps + rest);
  assert.equal(readNode(readPlainFiles, tree.roots).swapoffInProgress, true);
});

test('a node that tells nothing has nulls, no devices and no throw', () => {
  using tree = makeTree('> proc/\n');
  const node = readNode(readPlainFiles, tree.roots);
  assert.deepEqual(
    [node.swapTotalBytes, node.memoryPressure, node.devices, node.swapoffInProgress],
    [null, null, [], false],
  );
});
