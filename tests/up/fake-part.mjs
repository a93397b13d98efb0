/** A part that does nothing but live: it notes its start and its clean end, and is as stubborn as it is told to be. */
import { appendFileSync } from 'node:fs';

const [notes, name, manner] = process.argv.slice(2);
const note = (what) => appendFileSync(notes, `${what} ${name}\n`);

if (manner === 'broken') {
  process.stderr.write('the fake part is broken\n');
  process.exit(3);
}
note('start');
process.on('SIGTERM', () => {
  if (manner === 'stubborn') return;
  note('end');
  process.exit(0);
});
setInterval(() => undefined, 1_000);
process.send?.({ ready: { name } });
if (manner === 'busy') while (true);
