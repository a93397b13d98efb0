/** The checks of a gate and the conditions of a level, over the CRM's record. */
import { above, deviates, exactOf, exactText, minus } from './exact.ts';
import { lineLink, margin } from './process-margin.ts';
import type { Judged } from './process-port.ts';
import { elementsIn, fieldIn, readAs, type Words, type Wrong } from './process-read.ts';
import type { ProcessFile } from './schema-process.ts';

type CheckFile = NonNullable<ProcessFile['gate']>[number];
type WhenFile = NonNullable<NonNullable<ProcessFile['approval']>['levels'][number]['when']>[number];

/** What is wrong, in words beside the declared sentence; undefined when it holds. */
type Check = (judged: Judged) => string | undefined;

/** Fields and collections of the document that a check or a condition reads. */
export const readBy = (file: CheckFile | WhenFile): readonly string[] => {
  if ('complete' in file) return file.complete;
  if ('within' in file) return [file.within, 'link' in file.limit ? file.limit.link : file.limit.field];
  if ('deviation' in file || 'margin' in file) return [file.of];
  if ('above' in file) return [file.above];
  return [file.of ?? file.known];
};

const complete =
  (words: Words, names: readonly string[]): Check =>
  ({ crm }) =>
    names.find((name) => {
      const lines = words.lines(name);
      return lines === undefined ? readAs(words.field(name), 'crm', crm) === null : elementsIn(lines, crm).length === 0;
    });

const within = (words: Words, { within: name, limit }: Extract<CheckFile, { within: string }>): Check => {
  const field = words.field(name);
  const other = 'link' in limit ? words.linked(limit.link, limit.field) : words.field(limit.field);
  // The side that decides it says it first.
  const side = other?.flow === 'erp' ? 'crm' : 'erp';
  return ({ crm, related }) => {
    const value = exactOf(readAs(field, 'crm', crm));
    const body = 'link' in limit ? related.get(limit.link)?.[side] : crm;
    const most = body === undefined ? undefined : exactOf(readAs(other, 'link' in limit ? side : 'crm', body));
    if (value === undefined) return `${name} is not known`;
    if (most === undefined) return `${limit.field} is not known`;
    if (!above(value, most)) return undefined;
    return `${name} ${exactText(value)} is ${exactText(minus(value, most))} above ${limit.field} ${exactText(most)}`;
  };
};

const deviation = (words: Words, file: Extract<CheckFile | WhenFile, { deviation: string }>): Check => {
  const lines = words.lines(file.of);
  const [price, list] = [fieldIn(lines, file.deviation), fieldIn(lines, file.from)];
  const most = exactOf(String(file.at_most)) ?? { digits: 0n, scale: 0 };
  return ({ crm }) => {
    for (const [key, body] of elementsIn(lines, crm)) {
      const value = exactOf(readAs(price, 'crm', body));
      const from = exactOf(readAs(list, 'crm', body));
      if (value === undefined) return `line ${key} has no ${file.deviation}`;
      if (from === undefined) return `line ${key} has no ${file.from}`;
      if (deviates(value, from, most))
        return `line ${key}: ${file.deviation} ${exactText(value)} is more than ${file.at_most} % from ${file.from} ${exactText(from)}`;
    }
    return undefined;
  };
};

const known = (words: Words, { known: name, of }: Extract<CheckFile, { known: string }>): Check => {
  if (of === undefined)
    return ({ crm }) => (readAs(words.field(name), 'crm', crm) === null ? `${name} is not known` : undefined);
  const lines = words.lines(of);
  const field = fieldIn(lines, name);
  return ({ crm }) => {
    const without = elementsIn(lines, crm).find(([, body]) => readAs(field, 'crm', body) === null);
    return without === undefined ? undefined : `line ${without[0]} has no ${name}`;
  };
};

/** References whose records a check or a condition reads. */
export const linksOf = (file: CheckFile | WhenFile): readonly string[] => {
  if ('within' in file && 'link' in file.limit) return [file.limit.link];
  return 'margin' in file ? [lineLink(file)] : [];
};

/** One check of a gate: the sentence when it does not hold. */
export const compileCheck = (words: Words, file: CheckFile): ((judged: Judged) => Wrong | undefined) => {
  const test = 'margin' in file ? margin(words, file) : told(plainCheck(words, file), linksOf(file));
  return (judged) => {
    const wrong = test(judged);
    return wrong === undefined ? undefined : { ...wrong, say: `${file.say} (${wrong.say})` };
  };
};

const told =
  (test: Check, links: readonly string[]) =>
  (judged: Judged): Wrong | undefined => {
    const say = test(judged);
    return say === undefined ? undefined : { say, links };
  };

const plainCheck = (words: Words, file: Exclude<CheckFile, { margin: string }>): Check => {
  if ('complete' in file) return complete(words, file.complete);
  if ('within' in file) return within(words, file);
  return 'deviation' in file ? deviation(words, file) : known(words, file);
};

/** A condition of a level: why it is met, '' where a number alone says so. What cannot be computed is met, so that somebody looks. */
export const compileWhen = (words: Words, file: WhenFile): ((judged: Judged) => string | undefined) => {
  if ('margin' in file) {
    const test = margin(words, file);
    return (judged) => test(judged)?.say;
  }
  if ('deviation' in file) {
    const test = deviation(words, file);
    return (judged) => (test(judged) === undefined ? undefined : '');
  }
  const most = exactOf(String(file.value)) ?? { digits: 0n, scale: 0 };
  return ({ crm }) => {
    const value = exactOf(readAs(words.field(file.above), 'crm', crm));
    return value === undefined || above(value, most) ? '' : undefined;
  };
};
