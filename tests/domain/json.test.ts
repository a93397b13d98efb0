import { expect, test } from 'vitest';
import { CODE_OF_CLASS, ERROR_CLASSES, ERRORS, SyncError } from '../../src/domain/errors.ts';
import { canonicalJson, ExactNumber, parseJson, sameJson, stringifyJson } from '../../src/domain/json.ts';

test.each(['123456789012345678', '0.10', '1e5', '-0', '[1,2.50,"0.10",{"limit":99999999999999.9999}]'])(
  'the number text of %s survives reading and writing',
  (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  },
);

test('a number a double can hold is a plain number', () => {
  expect(parseJson('{"a":12.5,"b":[0,-7]}')).toEqual({ a: 12.5, b: [0, -7] });
});

test('a number a double would round is kept as its text', () => {
  expect(parseJson('90071992547409931')).toEqual(new ExactNumber('90071992547409931'));
});

test('a key named __proto__ is data like any other', () => {
  const parsed = parseJson('{"__proto__":{"admin":true},"n":1.0}');
  expect(Object.keys(parsed as object)).toEqual(['__proto__', 'n']);
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test('the order of keys does not make a value another one, the order of a list does', () => {
  expect(sameJson(parseJson('{"a":1,"b":[1,2]}'), parseJson('{"b":[1,2],"a":1}'))).toBe(true);
  expect(sameJson(parseJson('[1,2]'), parseJson('[2,1]'))).toBe(false);
  expect(canonicalJson(parseJson('{"b":1,"a":{"d":1,"c":2}}'))).toBe('{"a":{"c":2,"d":1},"b":1}');
});

test('an absent value is neither null nor an empty text', () => {
  expect(sameJson(undefined, null)).toBe(false);
  expect(sameJson('', null)).toBe(false);
});

test('every class of error has a code with a sentence that says what to do', () => {
  for (const kind of ERROR_CLASSES) expect(ERRORS[CODE_OF_CLASS[kind]].fix).toMatch(/^[A-Z].*\.$/);
});

test('an error tells how to recover by its code', () => {
  const error = new SyncError('LOGIN_REFUSED', 'the CRM refused the login', { connection: 'crm' });
  expect(error.recovery).toBe('pause');
  expect(error.facts.connection).toBe('crm');
});
