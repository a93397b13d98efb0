/** What a schema cannot say about a preset: names in templates, and parts that only work together. */
import { templateProblem } from '../engine/template.ts';
import { webhookProblems } from '../engine/webhook.ts';
import { isZone } from '../rest/time.ts';
import type { ODataPreset, ODataRecordType } from './schema.ts';
import { asAssembled } from './translate.ts';

type Say = (problem: string) => void;

const fieldsOf = (type: ODataRecordType): ReadonlySet<string> =>
  new Set([...Object.keys(type.keys), ...Object.keys(type.fields)]);

const namesIn = (when: ODataRecordType['modified_at']): readonly string[] =>
  when === undefined ? [] : typeof when === 'string' ? [when] : [when.date, when.time];

const checkNames = (type: ODataRecordType, place: string, say: Say): void => {
  const known = fieldsOf(type);
  const named = {
    modified_at: namesIn(type.modified_at),
    created_at: namesIn(type.created_at),
    reference: type.reference === undefined ? [] : [type.reference],
    filter: Object.keys(type.filter),
  };
  for (const [option, names] of Object.entries(named))
    for (const name of names)
      if (!known.has(name)) say(`"${place}.${option}": "${name}" is not among the fields; add it there with its kind`);
  if (Object.keys(type.keys).length === 0) say(`"${place}.keys": is empty; name the parts of the key with their kinds`);
  for (const [name, child] of Object.entries(type.children)) {
    const own = new Set([...Object.keys(child.keys), ...Object.keys(child.fields)]);
    if (child.select_by !== undefined && !own.has(child.select_by))
      say(`"${place}.children.${name}.select_by": "${child.select_by}" is not among its fields`);
    if (own.size === 0) say(`"${place}.children.${name}": has no fields; declare some`);
    if (Object.keys(child.keys).length === 0 && type.write.children !== 'none')
      say(`"${place}.children.${name}.keys": is empty; children that are written need a key`);
  }
};

const checkChanges = (type: ODataRecordType, version: ODataPreset['version'], place: string, say: Say): void => {
  const { changes } = type;
  if (changes === undefined) return;
  if (changes.strategy === 'delta') {
    if (version === 'v2') say(`"${place}.changes.strategy": delta is for V4 alone; use timestamp`);
    if (Object.keys(type.children).length > 0)
      say(`"${place}.children": delta links tell nothing of children; leave them out, or use timestamp`);
    if (Object.keys(type.filter).length > 0)
      say(`"${place}.filter": delta links take no filter; leave it out, and use \`include\` in the mapping`);
    return;
  }
  if (type.modified_at === undefined) say(`"${place}.modified_at": is missing; changes by timestamp need it`);
  if (type.created_at !== undefined && changes.order === 'time')
    say(`"${place}.changes.order": must be key where \`created_at\` is: no order has both times`);
};

const checkPromises = (type: ODataRecordType, preset: ODataPreset, place: string, say: Say): void => {
  const { capabilities: promised, write } = type;
  if (promised.guard !== 'none' && !type.etag) say(`"${place}.etag": guard "${promised.guard}" needs ETags`);
  if (promised.deletes === 'in-feed' && type.deleted === undefined && type.changes?.strategy !== 'delta')
    say(`"${place}.deleted": is missing; deletes "in-feed" need a marker, or delta links`);
  if (promised.deletes === 'in-feed' && type.changes === undefined)
    say(`"${place}.changes": is missing; deletes "in-feed" need a change feed`);
  if (promised.idempotency !== 'none' && write.create && type.reference === undefined)
    say(`"${place}.reference": is missing; idempotency "${promised.idempotency}" needs it`);
  if (promised.returns_record && Object.keys(type.children).length > 0)
    say(`"${place}.capabilities.returns_record": must be false; a reply to a write does not have the children`);
  if (write.children === 'separate' && preset.batch === undefined)
    say(`"${place}.write.children": separate needs \`batch\`: record and children are one changeset`);
  if (write.children === 'deep' && !type.etag)
    say(`"${place}.write.children": deep needs ETags, or a child that somebody adds meanwhile is lost`);
};

/** Everything wrong with a preset that its schema accepts, each with its place and what to do. */
export const presetProblems = (preset: ODataPreset): readonly string[] => {
  const problems: string[] = [];
  const say: Say = (problem) => problems.push(problem);
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  const check = (texts: readonly unknown[], place: string): void => {
    for (const text of texts) {
      const problem = typeof text === 'string' ? templateProblem(text, settings) : undefined;
      if (problem !== undefined) say(`"${place}": ${problem}`);
    }
  };
  check(
    Object.entries(preset.auth).flatMap(([name, value]) => (name === 'kind' ? [] : [value])),
    'auth',
  );
  check(Object.values(preset.headers ?? {}), 'headers');
  check(Object.values(preset.query), 'query');
  if (preset.version === 'v2' && preset.batch?.kind === 'json')
    say('"batch.kind": json is for V4 alone; use multipart');
  for (const [place, path] of [
    ['check.path', preset.check.path],
    ['metadata', preset.metadata ?? '/'],
    ['batch.path', preset.batch?.path ?? '/'],
    ['csrf.path', preset.csrf?.path ?? '/'],
  ] as const)
    if (!/^\/(?!\/)/.test(path)) say(`"${place}": must start with one slash, below the connection’s address`);
  for (const [name, type] of Object.entries(preset.records)) {
    const place = `records.${name}`;
    if (type.zone.includes('{')) check([type.zone], `${place}.zone`);
    else if (!isZone(type.zone))
      say(`"${place}.zone": "${type.zone}" is not a time zone; write one as in Europe/Berlin`);
    checkNames(type, place, say);
    checkChanges(type, preset.version, place, say);
    checkPromises(type, preset, place, say);
  }
  const { records } = asAssembled(preset);
  return [...problems, ...webhookProblems({ webhook: preset.webhook, records }, settings)];
};
