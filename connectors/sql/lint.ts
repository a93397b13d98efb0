/** What a schema cannot say about a preset: names in statements, and parts that only work together. */
import { templateProblem } from '../engine/template.ts';
import { isZone } from '../rest/time.ts';
import type { Dialect } from './dialect.ts';
import type { RecordType, SqlPreset, Writing } from './schema.ts';
import { parametersOf, statementProblem } from './statement.ts';
import { isParameter } from './values.ts';

type Say = (problem: string) => void;
type Op = 'create' | 'update' | 'delete';

const columnsOf = (type: RecordType): readonly string[] =>
  Object.values(type.columns).map((column) => (typeof column === 'string' ? column : column.column));

const checkStatement = (statement: string, op: Op, type: RecordType, place: string, say: Say): void => {
  const names = { id: op !== 'create', data: op !== 'delete' };
  const allowed = [
    ...(names.id ? [':id', ':version'] : []),
    ':key',
    ...(names.data ? [':data.<path>', ':given.<path>'] : []),
  ].join(', ');
  const problem = statementProblem(statement, (name) => isParameter(name, names), allowed);
  if (problem !== undefined) say(`"${place}.statement": ${problem}`);
  const used = new Set(parametersOf(statement));
  if (op !== 'create' && !used.has('id')) say(`"${place}.statement": must bind :id, or it touches other rows`);
  if (op !== 'create' && type.capabilities.guard === 'version' && !used.has('version'))
    say(`"${place}.statement": must bind :version, which guard "version" promises`);
  if (op === 'create' && type.capabilities.idempotency !== 'none' && !used.has('key'))
    say(`"${place}.statement": must bind :key, or a repeated create makes a second row`);
};

const checkWriting = (writing: Writing | undefined, op: Op, type: RecordType, place: string, say: Say): void => {
  if (writing === undefined) return;
  if (writing.statement !== undefined) checkStatement(writing.statement, op, type, place, say);
  else if (writing.outcome === 'error') say(`"${place}.outcome": is for a statement of your own; remove it`);
  if (
    op === 'create' &&
    type.reference === undefined &&
    writing.table !== undefined &&
    type.capabilities.idempotency !== 'none'
  )
    say(`"records.reference": is missing; idempotency "${type.capabilities.idempotency}" needs a column for our key`);
};

const checkChanges = (type: RecordType, dialect: Dialect, place: string, say: Say): void => {
  const { changes } = type;
  if (changes === undefined) return;
  if (dialect.inFlight === undefined && changes.overlap_ms === undefined)
    say(
      `"${place}.changes.overlap_ms": is missing; ${dialect.name} does not tell which transactions are in flight, so say how long one may take`,
    );
};

const checkPromises = (type: RecordType, place: string, say: Say): void => {
  const { capabilities: promised, changes } = type;
  if (promised.guard !== 'none' && type.version === undefined)
    say(`"${place}.version": is missing; guard "${promised.guard}" needs a column that moves with the row`);
  if (promised.idempotency !== 'none' && type.reference === undefined)
    say(`"${place}.reference": is missing; idempotency "${promised.idempotency}" needs a column for our key`);
  if (
    promised.deletes === 'in-feed' &&
    changes?.strategy !== 'log' &&
    (type.deleted === undefined || changes === undefined)
  )
    say(`"${place}.deleted": is missing; deletes "in-feed" need a column that says so, or a table of changes`);
  if (changes?.strategy === 'timestamp' && type.modified_at === undefined)
    say(`"${place}.modified_at": is missing; name "${changes.column}", so that \`newest wins\` can be decided`);
};

const checkRecord = (type: RecordType, dialect: Dialect, place: string, say: Say): void => {
  if (!isZone(type.zone)) say(`"${place}.zone": "${type.zone}" is not a time zone; write one as in Europe/Berlin`);
  const columns = columnsOf(type);
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (twice !== undefined) say(`"${place}.columns": "${twice}" stands under two names; keep one`);
  if (type.query !== undefined) {
    const problem = statementProblem(type.query, () => false, 'none: a query takes no parameters');
    if (problem !== undefined) say(`"${place}.query": ${problem}`);
    if (!/^\s*(?:select|with)\b/i.test(type.query)) say(`"${place}.query": must be a SELECT`);
  }
  for (const op of ['create', 'update', 'delete'] as const)
    checkWriting(type.write[op], op, type, `${place}.write.${op}`, say);
  checkChanges(type, dialect, place, say);
  checkPromises(type, place, say);
};

/** Everything wrong with a preset that its schema accepts, each with its place and what to do. */
export const presetProblems = (preset: SqlPreset, dialect: Dialect): readonly string[] => {
  const problems: string[] = [];
  const say: Say = (problem) => problems.push(problem);
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  const texts = {
    'auth.user': preset.auth.user,
    'auth.password': preset.auth.password,
    'tls.mode': preset.tls.mode,
    'tls.ca': preset.tls.ca,
    'tls.cert': preset.tls.cert,
    'tls.key': preset.tls.key,
  };
  for (const [place, text] of Object.entries(texts)) {
    const problem = text === undefined ? undefined : templateProblem(text, settings);
    if (problem !== undefined) say(`"${place}": ${problem}`);
  }
  preset.errors.forEach((rule, at) => {
    if (rule.status !== undefined) say(`"errors.${at}.status": a database has codes and no statuses; write \`code\``);
  });
  for (const [name, type] of Object.entries(preset.records)) checkRecord(type, dialect, `records.${name}`, say);
  return problems;
};
