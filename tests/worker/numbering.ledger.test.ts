import { expect, test } from 'vitest';
import type { Database } from '../../src/ledger/database.ts';
import { journal } from '../../src/ledger/steps/journal.ts';
import { numbering } from '../../src/worker/numbering.ts';
import { withRig } from '../ledger/with-rig.ts';

const note = (db: Database, reason: string): Promise<void> =>
  journal(db, [{ actor: 'ann', action: 'pause', reason, values: null }]);

test('rule 17: an entry that is committed after one with a higher id is numbered too, a minute later at most', async () => {
  await withRig({}, async (rig) => {
    let time = 0;
    const number = numbering(rig.db, () => time);
    const numbered = () => rig.count('journal_chain');
    await note(rig.db, 'first');
    await number();
    expect(await numbered()).toBe(1);
    const early = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const late = rig.db.transaction(async (tx) => {
      await note(tx, 'begun early, committed late');
      written.resolve();
      await early.promise;
    });
    await written.promise;
    await note(rig.db, 'second');
    time = 60_000;
    await number();
    expect(await numbered()).toBe(2);
    early.resolve();
    await late;
    await note(rig.db, 'third');
    time += 59_999;
    await number();
    expect(await numbered()).toBe(3);
    time += 1;
    await number();
    expect(await numbered()).toBe(4);
  });
});
