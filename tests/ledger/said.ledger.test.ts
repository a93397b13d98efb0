import { expect, test } from 'vitest';
import { withRig } from './with-rig.ts';

test('what is parked over a key names the field and its value as people do, and the journal’s own line no value', () =>
  withRig({}, async (rig) => {
    rig.systems.crm.people.create({ name: 'Acme', vat_number: 'DE1', city: 'Berlin' });
    rig.systems.erp.people.create({ organization_name: 'Acme', tax_number: 'DE1', city: 'Berlin' });
    rig.systems.erp.people.create({ organization_name: 'Acme South', tax_number: 'DE1', city: 'Bonn' });
    await rig.settle();
    const parked = await rig.db.query<{ message: string }>(`select message from parked order by message`);
    expect(parked.map(({ message }) => message)).toContain(
      '2 records of erp/Partner have the same tax id "DE1": P001, P002',
    );
    for (const { message } of parked) expect(message).not.toMatch(/tax id:/);
    const reasons = await rig.db.query<{ reason: string }>(`select reason from journal`);
    for (const { reason } of reasons) expect(reason).not.toContain('DE1');
  }));
