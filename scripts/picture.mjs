/** `npm run -s demo -- --once 2>&1 | node scripts/picture.mjs > docs/demo.svg`: what a run printed, as a picture for the README. */
const LINE = 18;
const WIDTH = 1180;
const COLUMNS = 138;
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const wrapped = (line) => {
  const parts = [];
  for (let rest = line; ; ) {
    if (rest.length <= COLUMNS) return [...parts, rest];
    const at = rest.lastIndexOf(' ', COLUMNS);
    parts.push(rest.slice(0, at));
    rest = `    ${rest.slice(at + 1)}`;
  }
};
const colour = (line) =>
  /^(agreement|no agreement)/.test(line)
    ? '#7ee787'
    : line.startsWith('●')
      ? '#79c0ff'
      : line.startsWith('$')
        ? '#ffffff'
        : '#c9d1d9';

let text = '';
for await (const chunk of process.stdin) text += chunk;
// Of the progress lines the first, some in the middle and the last are enough.
const all = text
  .trimEnd()
  .split('\n')
  .map((line) => line.replace(/\r.*\r/, '').trimEnd());
const bars = all.flatMap((line, at) => (/[█░]{5}/.test(line) ? [at] : []));
const kept = new Set(
  bars.filter((_, nth) => nth === 0 || nth === bars.length - 1 || nth % Math.ceil(bars.length / 5) === 0),
);
const lines = ['$ npm run demo -- --once', ...all.filter((_, at) => !bars.includes(at) || kept.has(at))].flatMap(
  wrapped,
);
const height = lines.length * LINE + 40;
const rows = lines.map(
  (line, at) =>
    `<text x="20" y="${32 + at * LINE}" fill="${colour(line)}" xml:space="preserve">${escaped(line)}</text>`,
);
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13.5"><title>The demonstration, as it ran</title><rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n${rows.join('\n')}\n</svg>\n`,
);
