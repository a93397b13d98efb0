/** What the ERP is asked and keeps no record of: prices, what can be had, credit. */
import { type Doc, isDoc, text, type Value } from '../kit/json.ts';
import type { Answer } from '../kit/server.ts';
import type { Store } from '../kit/store.ts';
import { priceOf } from './conditions.ts';
import { creditOf } from './credit.ts';
import { promiseOf } from './promises.ts';
import { isRefusal, type Refusal } from './shape.ts';

const MOST = 100;

const said = (question: Doc, name: string): string => {
  const value = question[name];
  return value === undefined || value === null ? '' : String(value);
};

type Enquiry = (store: Store, question: Doc, today: string) => Doc | Refusal;

const ENQUIRIES: Readonly<Record<string, Enquiry>> = {
  price: (store, question, today) =>
    priceOf(store, {
      product: said(question, 'product'),
      partner: said(question, 'partner'),
      quantity: said(question, 'quantity'),
      currency: said(question, 'currency'),
      day: said(question, 'day') || today,
    }),
  availability: (store, question) =>
    promiseOf(store, {
      product: said(question, 'product'),
      quantity: said(question, 'quantity'),
      day: said(question, 'day'),
      plant: said(question, 'plant'),
    }),
  credit: (store, question) =>
    creditOf(store, said(question, 'partner')) ?? {
      code: 'NOT_FOUND',
      message: `no partner ${said(question, 'partner')}`,
      field: 'partner',
    },
};

/** Addresses of enquiries; asking changes nothing. */
export const ENQUIRY = new RegExp(`^/api/enquiries/(${Object.keys(ENQUIRIES).join('|')})$`);

/** The answers to questions of one kind, in order; undefined where `path` is no enquiry. */
export const enquiryAnswer = (store: Store, path: string, body: Doc | undefined): Answer | undefined => {
  const ask = ENQUIRIES[ENQUIRY.exec(path)?.[1] ?? ''];
  if (ask === undefined) return undefined;
  const questions = body?.['questions'];
  if (!Array.isArray(questions) || questions.length > MOST)
    return { status: 400, body: text({ code: 'BAD_VALUE', message: `questions: at most ${MOST}` }) };
  const today = new Date(store.now()).toISOString().slice(0, 10);
  const results = questions.map((question: Value) => {
    const answer = ask(store, isDoc(question) ? question : {}, today);
    return isRefusal(answer) ? { ok: false, ...answer } : { ok: true, answer };
  });
  return { status: 200, items: questions.length, body: text({ results }) };
};
