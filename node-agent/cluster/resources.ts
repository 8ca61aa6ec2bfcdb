/** The two objects that an agent reads: the one of its node, and the switch of all nodes. */
import { group, version } from '../../api/group.ts';
import type { Resource } from '../../kube/resource.ts';

export const nodeAdvices: Resource = { group, version, plural: 'nodememoryadvices' };
export const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps' };
export const switchName = 'ebb-switch';
export const fieldManager = 'ebb-agent';
