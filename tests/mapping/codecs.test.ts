import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject } from '../../src/domain/json.ts';
import { foldText } from '../../src/mapping/codec.ts';
import { compareDecimals, plainDecimal } from '../../src/mapping/codec-number.ts';
import { CODECS } from '../../src/mapping/codecs.ts';
import { Fault } from '../../src/mapping/fault.ts';

const codec = (name: string) => {
  const found = CODECS[name];
  if (found === undefined) throw new Error(`there is no codec ${name}`);
  return found;
};
const read = (name: string, value: Json, options: JsonObject = {}, side: 'crm' | 'erp' = 'crm'): Json | Fault =>
  codec(name).decode(options, side, 1)(value);
const codeOf = (value: Json | Fault): string => (value instanceof Fault ? value.code : 'fine');

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...'0123456789+()-/. extx#٠١٢'), { maxLength: 20 }).map((parts) => parts.join('')),
  fc.webUrl(),
  fc.double().map(String),
  fc.integer(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom<Json>(
    null,
    true,
    false,
    [],
    {},
    [['x']],
    new ExactNumber('1.50'),
    new ExactNumber('9'.repeat(38)),
    '1e400',
    '\u0000',
    '\ud800',
  ),
) as fc.Arbitrary<Json>;

describe.each(Object.entries(CODECS))('the codec "%s"', (name, { examples, decode, encode, near, summary, law }) => {
  test('says what it does, and its examples hold', () => {
    expect(summary).toMatch(/\.$/);
    expect(law).toMatch(/=/);
    expect(examples.length).toBeGreaterThan(0);
    for (const [native, canonical] of examples) expect(decode({}, 'crm', 1)(native)).toEqual(canonical);
  });

  test('never throws, and reads what it wrote as the same value', () => {
    const options = name === 'phone' ? { country: 'DE' } : {};
    fc.assert(
      fc.property(anything, (native) => {
        const value = decode(options, 'crm', 1)(native);
        if (value === null || value instanceof Fault) return;
        const written = encode(options, 'crm', 1)(value);
        expect(decode(options, 'crm', 1)(written as Json)).toEqual(value);
        expect(near?.(value, value) ?? true).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('refuses what no system should hold', () => {
    for (const nasty of ['a\u0000b', 'a\ud800b', { deep: 1 }])
      expect(decode({}, 'crm', 1)(nasty)).toBeInstanceOf(Fault);
  });

  test('near does not depend on the order', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(near?.(a, b)).toBe(near?.(b, a));
      }),
      { numRuns: 500 },
    );
  });
});

test('a number keeps every digit, in text and out', () => {
  const digits = '12345678901234567890123456789012345678';
  expect(read('decimal', new ExactNumber(`${digits}.5`))).toBe(`${digits}.5`);
  expect(codec('decimal').encode({}, 'crm', 1)(`${digits}.5`)).toEqual(new ExactNumber(`${digits}.5`));
  expect(codec('decimal').encode({ crm: { as: 'text' } }, 'crm', 1)('1.5')).toBe('1.5');
});

test.each([
  ['1e3', '1000'],
  ['1.50e-2', '0.015'],
  ['-0.0', '0'],
  ['+007.10', '7.1'],
  ['.5', '0.5'],
  ['5.', '5'],
])('the number %s is %s', (text, plain) => {
  expect(plainDecimal(text)).toBe(plain);
});

test.each(['', '.', '1,200.5', '0x10', 'NaN', 'Infinity', '1e401', '1e9999', '9'.repeat(401), '--1'])(
  '%s is no number',
  (text) => {
    expect(plainDecimal(text)).toBeUndefined();
  },
);

test('numbers are compared digit for digit', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
      // Plus zero, so that a negative zero is one.
      expect(Math.sign(compareDecimals(String(a), String(b))) + 0).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(compareDecimals('0.1', '0.09')).toBe(1);
});

test.each([
  ['1.005', '1.01', true],
  ['1.005', '1', true],
  ['1.6', '2', true],
  ['1.6', '1', true],
  ['-1.005', '-1.01', true],
  ['9.999', '10', true],
  ['12345678901234567890', '12345678901234567891', false],
  ['1.01', '1.02', false],
  ['1.4', '2', false],
])('near numbers: %s and %s: %s', (a, b, near) => {
  expect(codec('decimal').near?.(a, b)).toBe(near);
});

test('more decimals than the scale are refused, never rounded', () => {
  expect(codeOf(read('decimal', '1.005', { scale: 2 }))).toBe('PRECISION');
  expect(read('decimal', '1.500', { scale: 2 })).toBe('1.5');
});

test('a day that is none is refused', () => {
  expect(codeOf(read('date', '2026-02-29'))).toBe('BAD_VALUE');
  expect(codeOf(read('date', '2026-2-1'))).toBe('BAD_VALUE');
});

test.each([
  ['2026-02-28T10:00:00.123456+0100', '2026-02-28T09:00:00.123456Z'],
  ['2026-02-28t10:00z', '2026-02-28T10:00:00.000Z'],
  ['2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000Z'],
])('the moment %s is %s', (text, utc) => {
  expect(read('instant', text)).toBe(utc);
});

test.each(['2026-02-30T10:00:00Z', '2026-02-28T10:00:00', '2026-02-28', 'soon'])('%s is no moment', (text) => {
  expect(codeOf(read('instant', text))).toBe('BAD_VALUE');
});

test('a flag speaks each side’s own words', () => {
  const words = { erp: { X: true, '': false } };
  expect(read('flag', 'X', words, 'erp')).toBe(true);
  expect(read('flag', '', words, 'erp')).toBe(false);
  expect(read('flag', null, words, 'erp')).toBeNull();
  expect(codeOf(read('flag', 'Y', words, 'erp'))).toBe('BAD_VALUE');
  expect(codec('flag').encode(words, 'erp', 1)(false)).toBe('');
  expect(codec('flag').encode({ erp: { yes: true, y: true, no: false } }, 'erp', 1)(true)).toBe('yes');
});

test('two columns are joined, and split again only where that gives the same', () => {
  const options = { split: 'last' };
  const join = codec('join').decode(options, 'crm', 2);
  const split = codec('join').encode(options, 'crm', 2);
  expect(join(['Ann  Maria', ' Lee '])).toBe('Ann Maria Lee');
  expect(join([null, ''])).toBeNull();
  expect(split('Ann Maria Lee')).toEqual(['Ann Maria', 'Lee']);
  expect(split('Lee')).toEqual([null, 'Lee']);
  expect(codec('join').encode({ separator: ', ', split: 'first' }, 'crm', 2)(', x')).toBeInstanceOf(Fault);
});

test.each([
  ['javascript:alert(1)', 'BAD_VALUE'],
  ['ftp://example.com', 'BAD_VALUE'],
  ['not a url', 'BAD_VALUE'],
  ['example.com:8080/a', 'fine'],
])('the web address %s: %s', (text, code) => {
  expect(codeOf(read('url', text))).toBe(code);
});

test('folding a text twice is folding it once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(foldText(foldText(text))).toBe(foldText(text));
    }),
    { numRuns: 2_000 },
  );
  expect(foldText('  ＡＣＭＥ\u00a0 GmbH ')).toBe('acme gmbh');
});

describe('a link to a file', () => {
  const hosts = { hosts: ['files.example.com'] };
  const link = (value: Json) => read('file link', value, hosts);

  test('crosses as it is, where its host is allowed', () => {
    expect(link('https://files.example.com/a/b.pdf?v=2#p3')).toBe('https://files.example.com/a/b.pdf?v=2#p3');
    expect(link(' HTTPS://Files.Example.com/a b.pdf ')).toBe('https://files.example.com/a%20b.pdf');
    expect(link('https://files.example.com:443/a.pdf')).toBe('https://files.example.com/a.pdf');
    expect(link('')).toBe(null);
  });

  test.each([
    ['javascript:alert(1)', 'it begins with javascript:'],
    ['JaVaScRiPt://files.example.com/%0aalert(1)', 'it begins with javascript:'],
    ['java\tscript:alert(1)', 'it is no whole address'],
    ['data:text/html;base64,PHNjcmlwdD4=', 'it begins with data:'],
    ['file:///etc/passwd', 'it begins with file:'],
    ['vbscript:x', 'it begins with vbscript:'],
    ['http://files.example.com/a.pdf', 'it begins with http:'],
    ['ftp://files.example.com/a.pdf', 'it begins with ftp:'],
    ['//files.example.com/a.pdf', 'it is no whole address'],
    ['files.example.com/a.pdf', 'it is no whole address'],
    ['https://', 'it is no whole address'],
    ['https://other.example.com/a.pdf', 'its host other.example.com is not'],
    ['https://x.files.example.com/a.pdf', 'its host x.files.example.com is not'],
    ['https://files.example.com.evil.example/a.pdf', 'its host files.example.com.evil.example is not'],
    ['https://files.example.com./a.pdf', 'its host files.example.com. is not'],
    ['https://files.example.com:8443/a.pdf', 'its host files.example.com:8443 is not'],
    ['https://files.example.com@evil.example/a.pdf', 'a user or a password'],
    ['https://evil.example\\@files.example.com/a.pdf', 'its host evil.example is not'],
    ['https://127.0.0.1/a.pdf', 'its host 127.0.0.1 is not'],
  ])('%s is refused, in both directions, with what is wrong with it', (text, why) => {
    const written = codec('file link').encode(hosts, 'erp', 1)(text);
    for (const value of [link(text), written]) {
      expect(codeOf(value as Json)).toBe('LINK_REFUSED');
      expect((value as Fault).message).toContain(why);
    }
  });

  test('without hosts nothing crosses', () => {
    expect(codeOf(read('file link', 'https://files.example.com/a.pdf', {}))).toBe('LINK_REFUSED');
  });

  test.each([
    [[]],
    [['https://files.example.com']],
    [['*.example.com']],
    [['Files.example.com']],
    [['localhost']],
    [undefined],
  ])('hosts %j are no list of hosts', (given) => {
    const options = given === undefined ? {} : { hosts: given };
    expect(codec('file link').options.safeParse(options).success).toBe(false);
  });
});
