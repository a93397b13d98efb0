/** The check of a margin: what each line brings, against what the product behind its reference costs. */
import { type Json, type JsonObject, sameJson } from '../domain/json.ts';
import { above, type Exact, exactOf, exactText, minus, times } from './exact.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf, render } from './field.ts';
import { type Judged, relatedKey } from './process-port.ts';
import { elementsIn, fieldIn, readAs, type Words, type Wrong } from './process-read.ts';
import type { MarginFile } from './schema-process.ts';

const HUNDRED: Exact = { digits: 100n, scale: 0 };
const ONE: Exact = { digits: 1n, scale: 0 };

/** Does the ERP's record say this, or what it would be written as there? */
const says = (field: Field, value: Json, body: JsonObject): boolean => {
  if (sameJson(value, readAs(field, 'erp', body))) return true;
  const rendered = render(field, 'erp', value);
  return !(rendered instanceof Fault) && sameJson(rendered.native, nativeOf(field.erp, body));
};

/** How references of lines are named among what a gate reads. */
export const lineLink = ({ of, cost: { link } }: Pick<MarginFile, 'of' | 'cost'>): string => `${of}.${link}`;

/** What is wrong with the first line that brings too little, or whose cost is not known. */
export const margin = (words: Words, file: MarginFile): ((judged: Judged) => Wrong | undefined) => {
  const { of, cost, per } = file;
  const lines = words.lines(of);
  const [net, quantity, link] = [file.margin, per ?? '', cost.link].map((name) => fieldIn(lines, name));
  const at = words.linkedBy(of, cost.link, cost.field);
  const least = exactOf(String(file.at_least)) ?? { digits: 0n, scale: 0 };
  const alike = Object.entries(cost.alike ?? {}).map(([own, other]) => ({
    own,
    inLine: fieldIn(lines, own),
    ofRecord: words.field(own),
    there: words.linkedBy(of, cost.link, other),
  }));

  const wrongIn = (key: string, body: JsonObject, crm: JsonObject, product: JsonObject | undefined) => {
    const value = exactOf(readAs(net, 'crm', body));
    if (value === undefined) return `line ${key} has no ${file.margin}`;
    const each = product === undefined ? undefined : exactOf(readAs(at, 'erp', product));
    if (each === undefined || product === undefined) return `line ${key}: ${cost.field} is not known`;
    for (const { own, inLine, ofRecord, there } of alike) {
      const said = inLine === undefined ? readAs(ofRecord, 'crm', crm) : readAs(inLine, 'crm', body);
      if (there !== undefined && !says(there, said, product))
        return `line ${key}: ${cost.field} is for another ${own} than ${String(said)}`;
    }
    const count = per === undefined ? ONE : exactOf(readAs(quantity, 'crm', body));
    if (count === undefined) return `line ${key} has no ${per ?? ''}`;
    const spent = times(each, count);
    const left = minus(value, spent);
    if (!above(times(value, least), times(left, HUNDRED))) return undefined;
    if (left.digits < 0n)
      return `line ${key}: ${file.margin} ${exactText(value)} is ${exactText(minus(spent, value))} below its cost ${exactText(spent)}`;
    return `line ${key}: of ${file.margin} ${exactText(value)} the cost ${exactText(spent)} leaves less than ${file.at_least} %`;
  };

  return ({ crm, related }) => {
    for (const [key, body] of elementsIn(lines, crm)) {
      const id = readAs(link, 'crm', body);
      const leads = typeof id === 'string' ? relatedKey(lineLink(file), id) : undefined;
      const say = wrongIn(key, body, crm, leads === undefined ? undefined : related.get(leads)?.erp);
      if (say !== undefined) return { say, links: leads === undefined ? [] : [leads] };
    }
    return undefined;
  };
};
