import { createHmac, timingSafeEqual } from 'node:crypto';
import { SyncError } from '../domain/errors.ts';
import { type Json, parseJson } from '../domain/json.ts';

const tagOf = (seal: Buffer, question: string, payload: string): Buffer =>
  createHmac('sha256', seal).update(`${question}\u0000${payload}`).digest();

/** Where the next page begins, as text that only this key can bring back and only for the same question. */
export const sealed = (seal: Buffer, question: string, position: Json): string => {
  const payload = Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
  return `${payload}.${tagOf(seal, question, payload).toString('base64url')}`;
};

/** The position in a cursor; CURSOR_INVALID when it was edited, or made for another key or question. */
export const opened = (seal: Buffer, question: string, cursor: string): Json => {
  const [payload = '', tag = ''] = cursor.split('.');
  const given = Buffer.from(tag, 'base64url');
  const right = tagOf(seal, question, payload);
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new SyncError('CURSOR_INVALID', 'the cursor was not made for this question and this key', {
      field: 'cursor',
    });
  return parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
};
