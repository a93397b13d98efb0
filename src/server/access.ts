import { SyncError } from '../domain/errors.ts';
import type { Role } from '../ledger/queries/keys.ts';

/** What a key may be allowed. Reading and acting are apart: no permission to read lets anybody act. */
export const PERMISSIONS = [
  'status.read',
  'values.read',
  'views.read',
  'feed.read',
  'connections.read',
  'mappings.read',
  'config.read',
  'keys.read',
  'orders.read',
  'audit.read',
  'audit.all',
  'connections.check',
  'pause',
  'act',
  'resolve',
  'approve',
  'config.write',
  'keys.write',
  'outbox.use',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Permissions per role; a service key has those of its scopes, and never more than these. */
export const GRANTS: Readonly<Record<Role, readonly Permission[]>> = {
  'it-admin': [
    'status.read',
    'connections.read',
    'mappings.read',
    'config.read',
    'keys.read',
    'orders.read',
    'audit.read',
    'audit.all',
    'connections.check',
    'pause',
    'act',
    'config.write',
    'keys.write',
  ],
  operator: [
    'status.read',
    'connections.read',
    'mappings.read',
    'orders.read',
    'audit.read',
    'connections.check',
    'pause',
    'act',
  ],
  steward: [
    'status.read',
    'values.read',
    'views.read',
    'feed.read',
    'mappings.read',
    'orders.read',
    'audit.read',
    'act',
    'resolve',
  ],
  auditor: [
    'status.read',
    'connections.read',
    'mappings.read',
    'config.read',
    'keys.read',
    'orders.read',
    'audit.read',
    'audit.all',
  ],
  service: ['status.read', 'values.read', 'views.read', 'feed.read', 'orders.read', 'act', 'pause'],
  approver: ['orders.read', 'approve'],
  system: ['outbox.use'],
};

/** The one table from a route to what it takes. A route that is not in here does not exist. */
export const ACCESS = {
  'GET /health': 'public',
  'GET /ready': 'public',
  'GET /openapi.json': 'public',
  'POST /hooks/:connection': 'signed',
  'GET /status': 'status.read',
  'GET /connections': 'connections.read',
  'GET /connections/:name': 'connections.read',
  'POST /connections/:name/check': 'connections.check',
  'POST /connections/:name/describe': 'connections.check',
  'POST /connections/:name/pause': 'pause',
  'POST /connections/:name/resume': 'pause',
  'GET /mappings': 'mappings.read',
  'GET /mappings/:name': 'mappings.read',
  'GET /mappings/:name/check': 'mappings.read',
  'GET /mappings/:name/preview': 'mappings.read',
  'POST /mappings/:name/sync': 'act',
  'GET /records': 'status.read',
  'GET /records/:id': 'status.read',
  'GET /records/:id/explain': 'status.read',
  'GET /records/:id/where-used': 'status.read',
  'POST /records/:id/sync': 'act',
  'POST /records/:id/retry': 'act',
  'GET /orders': 'orders.read',
  'GET /orders/:id': 'orders.read',
  'POST /orders/:id/approve': 'approve',
  'POST /orders/:id/refuse': 'approve',
  'GET /views': 'views.read',
  'GET /views/:name/:key': 'views.read',
  'GET /outbox/:connection': 'connections.read',
  'POST /outbox/:connection/pull': 'outbox.use',
  'POST /outbox/:connection/answers': 'outbox.use',
  'POST /outbox/:connection/records/:record': 'outbox.use',
  'GET /feed': 'feed.read',
  'GET /parked': 'status.read',
  'GET /parked/:id': 'status.read',
  'POST /parked/retry': 'act',
  'POST /parked/:id/retry': 'act',
  'POST /parked/:id/resolve': 'resolve',
  'GET /journal': 'audit.read',
  'GET /journal/verify': 'audit.all',
  'GET /config': 'config.read',
  'GET /config/:number': 'config.read',
  'POST /config/plan': 'config.write',
  'POST /config': 'config.write',
  'GET /keys': 'keys.read',
  'POST /keys': 'keys.write',
  'DELETE /keys/:id': 'keys.write',
} as const satisfies Readonly<Record<string, Permission | 'public' | 'signed'>>;
export type RouteId = keyof typeof ACCESS;

/** Routes that ask for no key: open to everybody, or for messages that prove by themselves who sent them. */
export const isKeyless = (access: Permission | 'public' | 'signed'): access is 'public' | 'signed' =>
  access === 'public' || access === 'signed';

/** Who asks: the key's name, what it may do and which mappings are its own (null: all). */
export interface Caller {
  readonly key: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly mappings: readonly string[] | null;
  /** Of an approver: the levels that are his; null: all. */
  readonly levels: readonly string[] | null;
  /** Of a system: the connections that are its own; null for everybody else. */
  readonly connections: readonly string[] | null;
  /** The stored hash of the key: cursors made for it are sealed with this. */
  readonly seal: Buffer;
}

/** May this caller do this? A service key needs it in its scopes as well. */
export const may = (caller: Pick<Caller, 'role' | 'scopes'>, permission: Permission): boolean =>
  GRANTS[caller.role].includes(permission) && (caller.role !== 'service' || caller.scopes.includes(permission));

/** Is this mapping one of the caller's own? */
export const owns = (caller: Pick<Caller, 'mappings'>, mapping: string): boolean =>
  caller.mappings === null || caller.mappings.includes(mapping);

/** May this caller see field values of this mapping in clear? */
export const seesValues = (caller: Caller, mapping: string): boolean =>
  may(caller, 'values.read') && owns(caller, mapping);

/** Scopes belong to service keys, and only those that such a key can have; who makes keys and configurations does so for all mappings. */
export const assertKey = ({
  role,
  scopes,
  mappings,
  levels = null,
  connections = null,
}: {
  readonly role: Role;
  readonly scopes: readonly Permission[];
  readonly mappings: readonly string[] | null;
  readonly levels?: readonly string[] | null;
  readonly connections?: readonly string[] | null;
}): void => {
  if (role === 'system' && connections === null)
    throw new SyncError('BAD_REQUEST', 'a system’s key is for named connections: say which are its own', {
      field: 'connections',
    });
  if (role !== 'system' && connections !== null)
    throw new SyncError('BAD_REQUEST', `connections are for systems’ keys; ${role} pulls nothing`, {
      field: 'connections',
    });
  if (role === 'system' && mappings !== null)
    throw new SyncError('BAD_REQUEST', 'mappings are not for systems’ keys: a system sees its own connections alone', {
      field: 'mappings',
    });
  if (role !== 'approver' && levels !== null)
    throw new SyncError('BAD_REQUEST', `levels are for approvers’ keys; ${role} approves nothing`, {
      field: 'levels',
    });
  if (role === 'it-admin' && mappings !== null)
    throw new SyncError(
      'BAD_REQUEST',
      'an it-admin’s key is for all mappings: it makes keys and configurations for all',
      {
        field: 'mappings',
      },
    );
  if (role !== 'service' && scopes.length > 0)
    throw new SyncError('BAD_REQUEST', `scopes are for service keys; ${role} has what its role gives`, {
      field: 'scopes',
    });
  const wrong = scopes.find((scope) => !GRANTS.service.includes(scope));
  if (wrong !== undefined)
    throw new SyncError('BAD_REQUEST', `a service key cannot have ${wrong}; it can have ${GRANTS.service.join(', ')}`, {
      field: 'scopes',
    });
};
