/** What a schema cannot say about a preset: names in templates, and parts that only work together. */
import type { Json } from '../../src/domain/json.ts';
import { templateProblem, textsIn } from '../engine/template.ts';
import { recordProblems } from '../rest/lint.ts';
import type { SoapPreset } from './schema.ts';
import { asAssembled } from './translate.ts';

const securityTexts = ({ security }: SoapPreset): readonly string[] => {
  const { username_token: token, x509 } = security ?? {};
  return [token?.user, token?.password, x509?.key, x509?.certificate, x509?.passphrase].filter(
    (text) => text !== undefined,
  );
};

/** Everything wrong with a preset that its schema accepts, each with its place and what to do. */
export const presetProblems = (preset: SoapPreset): readonly string[] => {
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  const problems: string[] = [];
  const check = (texts: readonly string[], place: string): void => {
    for (const text of texts) {
      const problem = templateProblem(text, settings);
      if (problem !== undefined) problems.push(`"${place}": ${problem}`);
    }
  };
  const { auth, headers, soap_headers: blocks, endpoint, security, refused } = preset;
  check(
    Object.entries(auth).flatMap(([name, value]) => (name === 'kind' || typeof value !== 'string' ? [] : [value])),
    'auth',
  );
  check(securityTexts(preset), 'security');
  check(Object.values(headers ?? {}), 'headers');
  blocks.forEach(({ content }, index) => {
    check(textsIn(content as Json), `soap_headers.${index}.content`);
  });
  check([endpoint], 'endpoint');
  if (!/^\/(?!\/)/.test(endpoint))
    problems.push('"endpoint": must start with one slash, below the connection’s address');
  if (security !== undefined && security.username_token === undefined && security.x509 === undefined)
    problems.push('"security": says nothing; give it username_token, x509 or both, or leave it out');
  refused.forEach(({ ok, bad }, index) => {
    if ((ok === undefined) === (bad === undefined))
      problems.push(`"refused.${index}": say either which values are \`ok\` or which are \`bad\``);
  });
  return [...problems, ...recordProblems(asAssembled(preset), settings)];
};
