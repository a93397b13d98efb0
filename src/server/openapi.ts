import { z } from 'zod';
import { ACCESS, isKeyless } from './access.ts';
import { API_CODES } from './problems.ts';
import type { Route } from './route.ts';

type Description = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Description => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
};

const parametersOf = (schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Description[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Description>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
};

const operationOf = (route: Route): Description => {
  const permission = ACCESS[route.id];
  return {
    summary: route.summary,
    ...(permission === 'public' ? { security: [] } : {}),
    ...(permission === 'signed' ? { security: [], description: 'Needs no key: its sender signs it.' } : {}),
    ...(isKeyless(permission) ? {} : { description: `Needs \`${permission}\`.` }),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
        }),
    responses: {
      [String(route.status ?? 200)]: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(route.reply, 'input') } },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
};

const PROBLEM = {
  description: 'Refused or failed, as RFC 9457 problem details',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'code', 'detail', 'fix', 'correlation'],
        properties: {
          type: { type: 'string', description: '`urn:tallystick:error:` and the code' },
          title: { type: 'string' },
          status: { type: 'integer' },
          code: {
            type: 'string',
            description: `Stable. The API’s own: ${API_CODES.join(', ')}; all are in docs/errors.md`,
          },
          detail: { type: 'string', description: 'What is wrong, in one sentence' },
          fix: { type: 'string', description: 'What to do about it' },
          correlation: { type: 'string', description: 'The log has more under this id' },
          field: { type: 'string' },
          problems: { type: 'array', items: { type: 'string' } },
          current: { description: 'With DECISION_OUTDATED: the values that stand now' },
        },
      },
    },
  },
} as const;

/** OpenAPI 3.1 of these routes, from the schemas that check them. */
export const openApi = (routes: readonly Route[]): Description => {
  const paths: Record<string, Record<string, Description>> = {};
  for (const route of routes) {
    const [method = '', path = ''] = route.id.split(' ');
    const place = path.replace(/:(\w+)/g, '{$1}');
    paths[place] = { ...paths[place], [method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tallystick admin API',
      version: '1',
      description: 'Reading and acting on a running Tallystick. Values are masked for roles that may not see them.',
    },
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `tally key create`' } },
      responses: { Problem: PROBLEM },
    },
  };
};
