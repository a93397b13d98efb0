/**
 * The checker as a command: `node sandbox/checker/main.ts --crm-control URL --erp-control URL [--parked FILE] [--expect N]
 * [--json]`. The file holds a list of `{crm?, erp?, field, code}`, or `{parked, decided?, interruptions?}`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { agrees, findingLines, verdictLine } from './verdict.ts';
import type { DecidedItem, ParkedItem } from './words.ts';

interface Given {
  readonly parked: readonly ParkedItem[];
  readonly decided?: readonly DecidedItem[];
  readonly interruptions?: readonly number[];
}

const readGiven = (file: string | undefined): Given => {
  if (file === undefined) return { parked: [] };
  const value = JSON.parse(readFileSync(file, 'utf8')) as readonly ParkedItem[] | Given;
  return 'parked' in value ? value : { parked: value };
};

const string = { type: 'string' } as const;
const { values } = parseArgs({
  options: { 'crm-control': string, 'erp-control': string, parked: string, expect: string, json: { type: 'boolean' } },
});
const crmControl = values['crm-control'] ?? process.env['SANDBOX_CRM_CONTROL_URL'];
const erpControl = values['erp-control'] ?? process.env['SANDBOX_ERP_CONTROL_URL'];
if (crmControl === undefined || erpControl === undefined) {
  process.stderr.write('Say where both systems are: --crm-control URL --erp-control URL\n');
  process.exit(2);
}
const verdict = await check({
  crmControl,
  erpControl,
  ...readGiven(values.parked),
  ...(values.expect === undefined ? {} : { expectCustomers: Number(values.expect) }),
});
const lines = values.json === true ? [JSON.stringify(verdict)] : [verdictLine(verdict), ...findingLines(verdict)];
process.stdout.write(`${lines.join('\n')}\n`);
process.exit(agrees(verdict) ? 0 : 1);
