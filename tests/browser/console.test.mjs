// The console as staff see it: in Chromium, with their certificates in its own store.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { crawl, routeOf, routes } from './crawler.mjs';
import { canaries, shownAsText, startForeignSite } from './hostile.mjs';
import { openOffice } from './office.mjs';
import { sitDown } from './staff.mjs';

let office;
let foreign;
const seats = new Map();
// The browser of a member, started when it is first wanted.
const at = (member) => {
  if (!seats.has(member)) seats.set(member, sitDown(office.installation, member));
  return seats.get(member);
};

before(async () => {
  [office, foreign] = await Promise.all([openOffice(), startForeignSite()]);
});
after(async () => {
  await Promise.all([...seats.values()].map(async (seat) => (await seat).leave()));
  await foreign?.stop();
  await office?.stop();
});

test('the canaries do run where nothing escapes them', async () => {
  const page = await (await at(office.ada)).open();
  const ran = [];
  for (const canary of canaries) {
    for (const html of [canary, `<title>${canary}</title>`, `<input value="${canary}">`, `<input value='${canary}'>`, `<script>'${canary}'</script>`, `<a id="a" href="${canary}">a</a>`, `<script>\`${canary}\`</script>`]) {
      await page.goto(foreign.raw(html));
      if (html.includes('href="javascript:')) {
        await page.click('#a');
        await page.waitForFunction(() => window.pwned);
      }
      if (await page.evaluate(() => window.pwned)) { ran.push(canary); break; }
    }
  }
  assert.deepEqual(ran, canaries);
  await assert.rejects(shownAsText(page, canaries.at(-1), 'where it ran'), / ran\n/);
  await page.close();
});
