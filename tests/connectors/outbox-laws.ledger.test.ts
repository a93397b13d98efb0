/** The laws of connectors on an outbox: what other systems answer at once, here their own program says after it has pulled. */
import { randomUUID } from 'node:crypto';
import { createConnector } from '../../connectors/index.ts';
import type { OutboxStore } from '../../connectors/outbox/store.ts';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { parseJson } from '../../src/domain/json.ts';
import { type Database, openDatabase } from '../../src/ledger/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createOutboxStore } from '../../src/ledger/steps/outbox.ts';
import { type Pulled, pullOutbox } from '../../src/ledger/steps/outbox-pull.ts';
import { type Answer, acknowledgeOutbox } from '../../src/ledger/steps/outbox-said.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aConnection } from '../kit/fake-http.ts';
import { aDatabase } from '../kit/ledger.ts';
import { presetOf } from '../kit/preset.ts';

const NAME = 'plant';
const RECORD = 'SalesOrder';
const LONGEST_TITLE = 60;
const AT_ONCE = 200;

/** What the ledger states before it hands writes over, and holds in doubt until they are answered. */
const stated = async (db: Database, items: readonly WriteItem[]): Promise<void> => {
  for (const { op, idempotencyKey, id = null } of items)
    await db.query(
      `insert into intent (link, slot, no, mapping, segment, connection, state, op, key, record_id, stated_at, doubt_until)
       select $1, $2, 1, 'order', $1, $3, 'doubt', $4, $5, $6, ledger_now(), ledger_now() + interval '1 hour'
       where not exists (select from intent where key = $5)`,
      [randomUUID(), `${NAME}/${RECORD}`, NAME, op, idempotencyKey, id],
    );
};

/** The system's program, as docs/outbox.md wants it: each id is carried out once, and acknowledged as often as it comes. */
const programOf = (db: Database) => {
  const carriedOut = new Map<string, Answer>();
  const carryOut = ({ id, op, fields }: Pulled): Answer => {
    if (String(fields['title'] ?? '').length > LONGEST_TITLE)
      return { id, outcome: 'refused', reason: 'the title is too long' };
    return { id, outcome: 'done', ...(op === 'create' ? { recordId: `SO-${carriedOut.size + 1}` } : {}) };
  };
  return async (): Promise<void> => {
    for (let after = '', more = true; more; ) {
      const page = await pullOutbox(db, NAME, { after, limit: AT_ONCE });
      for (const write of page.writes) if (!carriedOut.has(write.id)) carriedOut.set(write.id, carryOut(write));
      await acknowledgeOutbox(
        db,
        'program',
        NAME,
        page.writes.map(({ id }) => carriedOut.get(id) as Answer),
      );
      ({ next: after, more } = page);
    }
  };
};

const open = async (): Promise<ConformanceWorld> => {
  const { url, drop } = await aDatabase();
  const db = openDatabase(url);
  await migrate(db);
  const program = programOf(db);
  const kept = createOutboxStore(db, NAME);
  let fate: 'cut before' | 'cut after' | undefined;
  const cut = (): never => {
    throw new Error('the connection to the ledger was lost');
  };
  const store: OutboxStore = {
    ...kept,
    put: async (record, letters) => {
      const struck = fate;
      fate = undefined;
      if (struck === 'cut before') cut();
      const standings = await kept.put(record, letters);
      return struck === 'cut after' ? cut() : standings;
    },
  };
  const settings = aConnection('outbox:', { name: NAME, connector: 'sandbox-outbox' });
  const connector = (): Connector =>
    createConnector({
      settings,
      preset: presetOf('sandbox-outbox'),
      mode: 'local',
      secret: (text) => text,
      outbox: store,
    });
  return {
    record: RECORD,
    connect: () => {
      const own = connector();
      return {
        ...own,
        write: async (record, items, call) => {
          await stated(db, items);
          const struck = fate !== undefined;
          const first = await own.write(record, items, call);
          await program();
          // Asked again after the acknowledgement, as the ledger does with what is in doubt.
          return struck ? first : own.write(record, items, call);
        },
      };
    },
    draft: (title) => ({ title }),
    change: (note) => ({ note }),
    refused: { title: 'x'.repeat(LONGEST_TITLE + 1) },
    decimal: (title, digits) => ({ title, total: parseJson(digits) }),
    readDecimal: (body) => body['total'],
    empties: (title) => ({ title, reason: null, note: '' }),
    readEmpties: (body) => [body['reason'], body['note']],
    strike: async (next) => {
      fate = next === 'cut before' || next === 'cut after' ? next : undefined;
    },
    secrets: [],
    close: async () => {
      await db.close();
      await drop();
    },
  };
};

conformance('An outbox, with a program that pulls from it', open, {
  skip: [
    {
      law: 5,
      reason:
        'nothing is called, so nothing asks for credentials or for patience; the program’s own key is judged by the API, in tests/server/outbox.ledger.test.ts',
    },
    {
      law: 7,
      reason: 'nothing is received but through the API, whose keys say who posts; there are no webhooks to verify',
    },
    {
      law: 8,
      reason:
        'the connection has no secret that could be seen: the key is the program’s, and the ledger has its hash alone',
    },
  ],
});
