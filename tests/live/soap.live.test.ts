/** The main job with the ERP's SOAP face: the customer mapping as it is, and a contract that nobody reviewed. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, docOf } from '../../sandbox/kit/calls.ts';
import { createPeople } from '../../sandbox/people.ts';
import { aTerminal } from '../cli/terminal.ts';
import { control } from '../kit/sandbox.ts';
import { AGREEMENT, eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 200;
const SEED = 47;
const ROOT = join(import.meta.dirname, '../..');

let town: Town;
let wsdl = '';
beforeAll(async () => {
  town = await startTown({
    customers: CUSTOMERS,
    seed: SEED,
    configure: async (folder) => {
      await cp(join(ROOT, 'tallystick.soap.yaml'), join(folder, 'tallystick.yaml'));
      const preset = join(folder, 'connectors', 'sandbox-erp-soap');
      await cp(join(ROOT, 'connectors', 'sandbox-erp-soap'), preset, { recursive: true });
      wsdl = join(preset, 'wsdl', 'partners.wsdl');
      await writeFile(
        wsdl,
        (await readFile(wsdl, 'utf8')).replace('name="after" type="xsd:string"', 'name="after" type="xsd:int"'),
      );
    },
  });
});
afterAll(() => town?.stop());

test('a WSDL that nobody reviewed is not used: the sentence names its hash, and nothing was sent', async () => {
  const { home, config } = town.world;
  const said = (): Promise<string> => readFile(join(home, 'logs', 'worker.log'), 'utf8');
  await eventually('the worker says what is wrong', async () => (await said()).includes('wsdl.sha256'));
  expect(await said()).toMatch(
    /connector\.yaml: \\"wsdl\.sha256\\": the stored files have the hash [0-9a-f]{64}, and not the one that was reviewed/,
  );
  const env = {
    TALLY_HOME: home,
    TALLY_CONFIG: join(config, 'tallystick.yaml'),
    TALLY_API_URL: town.group.urls['TALLY_API_URL'],
  };
  const plan = await aTerminal({ fetch, env: { ...env, TALLY_MODE: 'local' } })('config', 'plan');
  expect([plan.exit, plan.err]).toEqual([
    1,
    expect.stringContaining('connectors/sandbox-erp-soap/connector.yaml: "wsdl.sha256"'),
  ]);
  const counts = docOf(await call('GET', `${town.erp.control}/control/counts`));
  expect(counts['requests']).toEqual({});
});

test('with the reviewed one everything is brought into agreement by SOAP, also while it refuses, waits and breaks off', async () => {
  await writeFile(wsdl, await readFile(join(ROOT, 'connectors', 'sandbox-erp-soap', 'wsdl', 'partners.wsdl'), 'utf8'));
  await control(town.erp.control, 'faults', [
    { kind: '500', rate: 0.05 },
    { kind: '429', rate: 0.03, retry_after_s: 1 },
    { kind: 'reset-before', rate: 0.03 },
  ]);
  await town.world.quiet(4 * WITHIN_MS);
  await createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED }).edit(40);
  await control(town.erp.control, 'faults', []);
  await town.world.quiet(WITHIN_MS);
  expect(await town.verdict()).toEqual(AGREEMENT);
});
