import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { presetOf } from '../kit/preset.ts';

const root = join(import.meta.dirname, '../../connectors');

test.each([
  'sandbox-crm',
  'sandbox-erp',
  'sandbox-erp-soap',
  'sandbox-sql',
  'hubspot',
  'salesforce',
  'erpnext',
  'odoo',
  'odoo-json2',
  'dolibarr',
  'pipedrive',
])('the page of %s lists exactly the settings that its preset asks for, in its words', (name) => {
  const { settings = {} } = presetOf(name) as { settings?: Record<string, { describe: string }> };
  const page = readFileSync(join(root, name, 'README.md'), 'utf8');
  const table = page.slice(page.indexOf('| setting')).split('\n\n')[0] ?? '';
  const rows = table.split('\n').flatMap((line) => {
    const [, setting, text] = /^\| `(\w+)` *\| ([^|]+?) *\|$/.exec(line) ?? [];
    return setting === undefined ? [] : [{ setting, text }];
  });
  expect(rows.map(({ setting }) => setting)).toEqual(Object.keys(settings));
  for (const { setting, text } of rows) expect(text).toContain(settings[setting]?.describe ?? 'nothing');
});
