/**
 * The metadata of an object. What the API server adds is accepted, so that `kubectl get -o yaml` gives a file that can
 * be read again; it means nothing here.
 */
import * as z from 'zod';
import { record, text } from './fields.ts';
import { labels } from './selector.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const annotationsText = 'a map of at most 256 texts';
const annotations = z
  .record(z.string().max(317), z.string({ error: 'a text (quote numbers and true)' }).max(262_144), {
    error: annotationsText,
  })
  .refine((map) => Object.keys(map).length <= 256, { error: annotationsText })
  .meta({ maxProperties: 256 });

const fromServer = () => z.unknown().optional().describe('Set by the API server; not looked at.');

const name = text(253, subdomain, 'lower-case letters, digits, "-" and "."');

const others = {
  labels: labels.optional().describe('Labels of the policy itself.'),
  annotations: annotations.optional().describe('Annotations of the policy itself.'),
  uid: fromServer(),
  resourceVersion: fromServer(),
  generation: fromServer(),
  creationTimestamp: fromServer(),
  deletionTimestamp: fromServer(),
  deletionGracePeriodSeconds: fromServer(),
  finalizers: fromServer(),
  managedFields: fromServer(),
  ownerReferences: fromServer(),
  selfLink: fromServer(),
};

export const metadata = record({
  name: name.describe('The name, once in its namespace.'),
  namespace: text(63, dnsLabel, 'lower-case letters, digits and "-"')
    .optional()
    .describe('The namespace whose pods are meant.'),
  ...others,
});

/** Of kinds that belong to no namespace. */
export const clusterMetadata = record({ name: name.describe('The name, once in the cluster.'), ...others });
