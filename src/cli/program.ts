import { Command } from 'commander';
import { configCommands } from './commands/config.ts';
import { connectionCommands } from './commands/connections.ts';
import { entityCommands } from './commands/entities.ts';
import { feedCommand } from './commands/feed.ts';
import { journalCommands } from './commands/journal.ts';
import { keyCommands } from './commands/keys.ts';
import { mappingCommands } from './commands/mappings.ts';
import { orderCommands } from './commands/orders.ts';
import { parkedCommands } from './commands/parked.ts';
import { recordCommands } from './commands/records.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { viewCommand } from './commands/views.ts';
import type { Io } from './io.ts';
import { EXIT, report } from './problem.ts';

/** The `tally` command with all it can do. */
export const createProgram = (io: Io): Command => {
  const program = new Command('tally')
    .description('Keeps the records a CRM and an ERP share in agreement.')
    .exitOverride()
    .showSuggestionAfterError()
    // What went wrong is said once, by `report`.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined })
    .addHelpText(
      'after',
      '\nAddress and key of the API come from TALLY_API_URL and TALLY_API_KEY, else as `tally up` left them in TALLY_HOME.',
    );
  upCommand(program, io);
  statusCommand(program, io);
  parkedCommands(program, io);
  recordCommands(program, io);
  orderCommands(program, io);
  viewCommand(program, io);
  feedCommand(program, io);
  journalCommands(program, io);
  connectionCommands(program, io);
  mappingCommands(program, io);
  entityCommands(program, io);
  configCommands(program, io);
  keyCommands(program, io);
  return program;
};

/** Runs one command; gives the exit code. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  try {
    await createProgram(io).parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted;
    return report(io, error, args.includes('--json'));
  }
};
