import { z } from 'zod';
import { ERRORS, SyncError } from '../../domain/errors.ts';
import { SIDES } from '../../domain/record.ts';
import { connectionStatus } from '../../ledger/queries/status.ts';
import { pauseByPerson, resumeConnection } from '../../ledger/steps/pausing.ts';
import { type Caller, owns } from '../access.ts';
import type { ProbeRequest, ServerDeps } from '../deps.ts';
import type { Limits } from '../limits.ts';
import { Acted, Connection, Probe } from '../replies.ts';
import { actorOf, known, type Route, route, signal } from '../route.ts';
import { ByName, Text } from '../schemas.ts';

/** Who acts on some mappings only leaves alone what others use too. */
const assertOwnConnection = (
  { compilation, caller }: Pick<ServerDeps, 'compilation'> & { caller: Caller },
  name: string,
): void => {
  if (caller.mappings === null) return;
  const users = [...compilation().mappings.values()].filter(({ between }) =>
    SIDES.some((side) => between[side].connection === name),
  );
  if (users.length === 0 || users.some((user) => !owns(caller, user.name)))
    throw new SyncError('FORBIDDEN', `${name} is not only for the mappings of the key ${caller.name}`);
};

const State = z.strictObject({ name: z.string(), state: z.enum(['paused', 'in use']) });

/** Asks the connection itself, by way of a worker. */
const probed = async (
  { db, temporal, limits }: Pick<ServerDeps, 'db' | 'temporal'> & { limits: Limits },
  request: ProbeRequest,
) => {
  known((await connectionStatus(db, request.connection))[0], `connection "${request.connection}"`);
  // One at a time per connection: nobody scans a network by way of us.
  const answer = await limits.alone(`probe ${request.connection}`, () => temporal.probe(request));
  if (answer.ok) return { ok: true, result: answer.result };
  return {
    ok: false,
    code: answer.code,
    message: answer.message,
    fix: answer.code in ERRORS ? ERRORS[answer.code as keyof typeof ERRORS].fix : '',
  };
};

/** Connections: how they are, and whether they are used. */
export const connectionRoutes: readonly Route[] = [
  route({
    id: 'GET /connections',
    summary: 'All connections',
    reply: z.strictObject({ connections: z.array(Connection) }),
    answer: async ({ db }) => ({ connections: await connectionStatus(db) }),
  }),
  route({
    id: 'GET /connections/:name',
    summary: 'One connection',
    params: ByName,
    reply: Connection,
    answer: async ({ db, params }) =>
      known((await connectionStatus(db, params.name))[0], `connection "${params.name}"`),
  }),
  route({
    id: 'POST /connections/:name/check',
    summary: 'Log in at the system now and say as whom',
    params: ByName,
    reply: Probe,
    answer: (asked) => probed(asked, { connection: asked.params.name, what: 'check' }),
  }),
  route({
    id: 'POST /connections/:name/describe',
    summary: 'What the system says of one record type: fields, types, limits',
    params: ByName,
    body: z.strictObject({ record: Text(200) }),
    reply: Probe,
    answer: (asked) => probed(asked, { connection: asked.params.name, what: 'describe', record: asked.body.record }),
  }),
  route({
    id: 'POST /connections/:name/pause',
    summary: 'Stop using the connection; nothing is lost, everything waits',
    params: ByName,
    body: z.strictObject({ reason: Text(500).default('paused by hand') }),
    reply: State,
    answer: async (asked) => {
      const { db, caller, params, body } = asked;
      assertOwnConnection(asked, params.name);
      await pauseByPerson(db, actorOf(caller), params.name, body.reason);
      return { name: params.name, state: 'paused' as const };
    },
  }),
  route({
    id: 'POST /connections/:name/resume',
    summary:
      'Use the connection again; what waited is due now, and what was refused for want of a right is tried again',
    params: ByName,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      assertOwnConnection(asked, asked.params.name);
      const { records, nudge } = await resumeConnection(asked.db, actorOf(asked.caller), asked.params.name);
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
];
