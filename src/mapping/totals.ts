/** Totals that must equal the sum of their lines, to the last digit. */
import type { JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { exactOf, exactText, minus, plus, ZERO } from './exact.ts';
import type { Field } from './field.ts';
import { elementsOf, type Lines } from './lines.ts';
import { readAs } from './process-read.ts';

/** One total, compiled. */
export interface Total {
  readonly field: Field;
  readonly lines: Lines;
  readonly of: Field;
}

/** A total that is not the sum of its lines: which field, and a sentence that names the difference. */
export interface Differing {
  readonly field: string;
  /** Which way the total flows: a side that is only told it does not vouch for it. */
  readonly flow: Field['flow'];
  readonly say: string;
}

const THE = { crm: 'the CRM', erp: 'the ERP' } as const;

/** The first total of a body that differs from its lines. What a body does not show is not judged. */
export const differing = (totals: readonly Total[], side: Side, body: JsonObject): Differing | undefined => {
  for (const { field, lines, of } of totals) {
    const total = exactOf(readAs(field, side, body));
    const elements = elementsOf(lines, side, body);
    if (total === undefined || elements === undefined || typeof elements === 'string') continue;
    const values = [...elements.values()].map((element) => exactOf(readAs(of, side, element.body)) ?? ZERO);
    const sum = values.reduce(plus, ZERO);
    const difference = minus(total, sum);
    if (difference.digits === 0n) continue;
    const say = `In ${THE[side]} ${field.name} is ${exactText(total)}, and ${of.name} of ${lines.name} adds up to ${exactText(sum)}: a difference of ${exactText(difference)}.`;
    return { field: field.name, flow: field.flow, say };
  }
  return undefined;
};
