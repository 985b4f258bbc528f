// What the console's tests share: one office, each member's browser, and the ways in which a person uses a form.
import assert from 'node:assert/strict';
import { startForeignSite } from './hostile.mjs';
import { openOffice, stage } from './office.mjs';
import { sitDown } from './staff.mjs';
import { accessible, fits, picture, widths } from './browser.mjs';

export async function openDesk() {
  const [office, foreign] = await Promise.all([openOffice(), startForeignSite()]);
  const staged = await stage(office);
  const seats = new Map();
  // The browser of a member, started when it is first wanted.
  const at = (member) => {
    if (!seats.has(member)) seats.set(member, sitDown(office.installation, member));
    return seats.get(member);
  };
  return {
    office, foreign, staged, at,
    // A page of that member's, at a path of the console.
    async visit(member, path, options = {}) {
      const seat = await at(member);
      const page = await seat.open(options);
      page.answer = await page.goto(seat.origin + path);
      return page;
    },
    async close() {
      await Promise.all([...seats.values()].map(async (seat) => (await seat).leave()));
      await foreign.stop();
      await office.stop();
    },
  };
}

// Chosen already: the form alone.
export const orderForm = (client) => `/console/orders/new?organisation=nordbank&service=payments&client=${client}`;

// Forms are known by where they post to.
export const formTo = (page, path) => page.locator(`form[method=post][action="${path}"]`);

// What stands folded is unfolded as a person does it.
export async function unfold(form) {
  for (const fold of await form.locator('xpath=ancestor::details[not(@open)]').all()) await fold.locator('> summary').click();
}
// Type into the fields of a form, by their names.
export async function fill(form, values) {
  await unfold(form);
  for (const [name, value] of Object.entries(values)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.evaluate((element) => (element.tagName === 'INPUT' ? element.type : element.tagName.toLowerCase()));
    if (kind === 'select') await field.selectOption(value);
    else if (kind === 'checkbox') await field.setChecked(value);
    else await field.fill(value);
  }
}
// Press its button; the answer of the page that comes, redirections followed.
export async function send(form, press = (button) => button.click()) {
  await unfold(form);
  const [answer] = await Promise.all([form.page().waitForNavigation(), press(form.locator('button[type=submit]'))]);
  return answer;
}
export async function submit(form, values) {
  await fill(form, values);
  return send(form);
}

// A link of the page, by its words.
export async function follow(page, words) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.locator('main').getByRole('link', { name: words }).first().click()]);
  return answer;
}
export const heading = (page) => page.textContent('h1');
export const notice = (page) => page.textContent('main [role=status]');
export const focused = (page) => page.evaluate(() => document.activeElement?.id);

// A page as it stands, at both widths, without a complaint; `page` has the site's own policy.
export async function looks(page, name) {
  await fits(page, name, (kind) => `console-${name}-${kind}`);
  assert.deepEqual(page.complaints, [], `${name}: complaints of the browser`);
  await page.setViewportSize(widths.desktop);
}
// axe in light and dark, each at one width; `page` lets the tests' scripts in.
export async function clean(page, name) {
  for (const [colorScheme, kind] of [['light', 'phone'], ['dark', 'desktop']]) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(widths[kind]);
    await page.evaluate(() => document.querySelectorAll('details').forEach((element) => { element.open = true; }));
    await accessible(page, `${name}, ${colorScheme}, ${kind}`);
    if (colorScheme === 'dark') await picture(page, `console-${name}-${kind}-dark`);
  }
}
