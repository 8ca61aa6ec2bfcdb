/** What the API server answers, in words; and that the roles named in them grant it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseAllDocuments } from 'yaml';
import { explain, grantedBy, missingRight, roles } from '../../../../cli/kubectl-ebb/rights.ts';
import { errorOf } from '../../../../kube/errors.ts';

const answer = (status: number, body: unknown, what = 'GET /api/v1/pods') => errorOf({ what, status, body });
const forbidden = (message: string) => answer(403, { kind: 'Status', reason: 'Forbidden', message });

test('a missing right is told with the user, the verb, the resource and the role that grants it', () => {
  const message =
    'pods "web-0" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "shop"';
  assert.equal(
    explain(forbidden(message)),
    'user "jane" may not get pods in namespace shop; ClusterRole ebb-viewer grants it: ' +
      'kubectl create clusterrolebinding NAME --clusterrole=ebb-viewer --user=USER',
  );
  const cluster =
    'nodememoryadvices.ebb.dev is forbidden: User "system:serviceaccount:a:b" cannot list resource "nodememoryadvices" in API group "ebb.dev" at the cluster scope';
  assert.match(
    explain(forbidden(cluster))!,
    /may not list nodememoryadvices\.ebb\.dev in the cluster; ClusterRole ebb-viewer/,
  );
  const patch =
    'nodes "n1" is forbidden: User "jane" cannot patch resource "nodes" in API group "" at the cluster scope';
  assert.match(explain(forbidden(patch))!, /may not patch nodes in the cluster; ClusterRole ebb-admin grants it/);
  const create =
    'configmaps is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "x"';
  assert.match(explain(forbidden(create))!, /may not create configmaps in namespace x; no role of Ebb grants it/);
});

test('a name with an escape sequence in it reaches no terminal', () => {
  const message = 'User "\x1b[2J" cannot get resource "pods" in API group "" in the namespace "shop"';
  assert.equal(explain(forbidden(message))!.includes('\x1b'), false);
  assert.equal(missingRight('who knows'), null);
  assert.equal(explain(forbidden('who \x1bknows')), 'GET /api/v1/pods: who \\u001bknows');
});

test('a cluster without Ebb, one that does not answer and one that does not know the caller are told apart', () => {
  const unknown = answer(404, '404 page not found', 'GET /apis/ebb.dev/v1alpha1/nodememoryadvices');
  assert.match(explain(unknown)!, /^Ebb’s kinds are not in this cluster: helm install/);
  assert.match(explain(answer(404, '404 page not found'))!, /HTTP status 404/);
  assert.match(explain(answer(401, {}))!, /does not know who asks/);
  assert.match(explain(answer(504, {}))!, /does not answer/);
  assert.equal(explain(new Error('other')), null);
});

interface Role {
  readonly metadata: { readonly name: string };
  readonly rules: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];
}

/** The chart's templates with what helm would fill in left out. */
function chartRoles(): Role[] {
  const text = readFileSync(join(import.meta.dirname, '../../../../charts/ebb/templates/access/people.yaml'), 'utf8');
  const viewerRules = /\{\{- define "ebb\.viewerRules" \}\}\n([\s\S]*?)\{\{- end \}\}\n/.exec(text)!;
  const body = text
    .replace(viewerRules[0], '')
    .replaceAll(/ *\{\{- include "ebb\.viewerRules" \. \}\}\n/g, viewerRules[1]!)
    .replaceAll(/.*\{\{.*\n/g, '');
  return parseAllDocuments(body).map((document) => document.toJS());
}

test('the roles that are named are those of the chart, with exactly these rights', () => {
  const found = chartRoles().map(({ metadata, rules }) => {
    const rights = new Map<string, string[]>();
    for (const { apiGroups, resources, verbs } of rules)
      for (const resource of resources) {
        const name = apiGroups[0] === '' ? resource : `${resource}.${apiGroups[0]}`;
        rights.set(name, [...(rights.get(name) ?? []), ...verbs]);
      }
    return [metadata.name, Object.fromEntries(rights)];
  });
  assert.deepEqual(Object.fromEntries(found), roles);
});

test('of two roles that grant a right the lesser is named', () => {
  assert.equal(grantedBy({ verb: 'get', resource: 'pods' }), 'ebb-viewer');
  assert.equal(grantedBy({ verb: 'patch', resource: 'configmaps' }), 'ebb-admin');
  assert.equal(grantedBy({ verb: 'delete', resource: 'nodes' }), null);
});
