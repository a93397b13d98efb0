import { z } from 'zod';
import type { Inbound, InboundHints, RawRequest } from '../../../connectors/sdk/seam.ts';
import { SyncError } from '../../domain/errors.ts';
import { SIDES, slotName } from '../../domain/record.ts';
import { hear, uncall } from '../../ledger/steps/hints.ts';
import { BODY_LIMIT, bytesOf, jsonFrom } from '../body.ts';
import type { Compilation, ServerDeps } from '../deps.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { Text } from '../schemas.ts';

/** The request as it came: its signature is over these bytes. */
const rawOf = async (request: Request, limit = BODY_LIMIT): Promise<RawRequest> => {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json\s*(;|$)/i.test(type))
    throw new SyncError('CONTENT_TYPE_REFUSED', 'a webhook must be sent as application/json');
  const body = await bytesOf(request, limit);
  return { method: request.method, header: (name) => request.headers.get(name), body };
};

interface Asked extends Pick<ServerDeps, 'inbound' | 'log' | 'wall'> {
  readonly limits: Limits;
  readonly address: string;
}

/** Whoever sends webhooks for a connection that takes none is told what anybody is told who asks for what is not there. */
const readerOf = ({ inbound, log }: Asked, connection: string): Inbound => {
  const absent = new SyncError('NOT_FOUND', 'there is nothing at this address');
  try {
    const reader = inbound(connection);
    if (reader !== undefined) return reader;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    log.error({ connection, code: error.code }, `webhooks cannot be verified: ${error.message}`);
  }
  throw absent;
};

/** The message's id, once it is certain who sent it. Refusals are counted by address, so that guessing ends soon. */
const verified = (asked: Asked, connection: string, request: RawRequest): string | undefined => {
  const { limits, address, log, wall } = asked;
  const reader = readerOf(asked, connection);
  try {
    return reader.verify(request, wall());
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    log.warn({ connection, code: error.code, from: address }, `a webhook was refused: ${error.message}`);
    limits.refusal(address);
    throw error;
  }
};

/** The slots in force that hold these records; what no mapping reads is about nothing of ours. */
const slotted = ({ mappings }: Compilation, connection: string, { hints, ignored }: InboundHints) => {
  const slots = new Map<string, Set<string>>();
  for (const { between } of mappings.values())
    for (const side of SIDES)
      if (between[side].connection === connection) {
        const known = slots.get(between[side].record) ?? new Set();
        slots.set(between[side].record, known.add(slotName(between[side])));
      }
  const found = hints.filter(({ record }) => slots.has(record));
  return {
    hints: found.flatMap(({ record, id }) => [...(slots.get(record) ?? [])].map((slot) => ({ slot, id }))),
    ignored: ignored + hints.length - found.length,
  };
};

/** Nothing is lost without the engine: the hint is kept, and found at the slot's next look. */
const wake = async ({ db, temporal, log }: ServerDeps, slots: readonly string[]): Promise<void> => {
  if (slots.length === 0) return;
  try {
    await temporal.look(slots);
  } catch {
    log.warn({ code: 'ENGINE_DOWN', slots }, 'nobody was woken for a webhook');
    // Where the ledger fails too, the look finds it.
    await uncall(db, slots).catch(() => undefined);
  }
};

/** Webhooks: the one address that needs no key, because its messages are signed. */
export const hookRoutes: readonly Route[] = [
  route({
    id: 'POST /hooks/:connection',
    summary:
      'A webhook of this connection’s system, signed as its connector.yaml says. Only which records it names is used: they are read again',
    params: z.strictObject({ connection: Text(200) }),
    body: z.custom<RawRequest>(),
    reads: rawOf,
    reply: z.strictObject({
      state: z.enum(['noted', 'repeated', 'ignored']),
      records: z.int().describe('How many records will be read again'),
      ignored: z.int().describe('Events about nothing that is kept in agreement'),
    }),
    status: 202,
    answer: async (asked) => {
      const { db, compilation, limits, body, params } = asked;
      const { connection } = params;
      const id = verified(asked, connection, body);
      limits.webhook(connection);
      const said = readerOf(asked, connection).hintsIn(jsonFrom(body.body));
      const { hints, ignored } = slotted(compilation(), connection, said);
      const heard = await hear(db, { connection, hints, ignored, ...(id === undefined ? {} : { id }) });
      // The sender waits for the ledger alone.
      void wake(asked, heard.call);
      const state = heard.repeated ? 'repeated' : hints.length > 0 ? 'noted' : 'ignored';
      return { state, records: heard.repeated ? 0 : hints.length, ignored: heard.repeated ? 0 : ignored } as const;
    },
  }),
];
