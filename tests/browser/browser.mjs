// Debian's Chromium for the browser tests, and what every page has to stand: phone and desktop, no complaint, axe.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from './installation.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
export const widths = { phone: { width: 390, height: 780 }, desktop: { width: 1280, height: 860 } };

export const flags = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};
export const startBrowser = () => chromium.launch(flags);

// page.complaints is what scripts, styles and policy had to say.
export function listen(page) {
  page.complaints = [];
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.complaints.push(message.text()); });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

// A page in a context of its own.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true, viewport: widths.desktop, reducedMotion: 'reduce', ...options });
  return listen(await context.newPage());
}

export const picture = (page, name) => page.screenshot({ path: join(build, 'screens', `${name}.png`), fullPage: true });

// Nothing wider than the screen; a picture to look at, where there is a name for it.
export async function fits(page, what, pictureOf) {
  for (const [kind, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    const spare = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(spare <= 0, `${what} at ${kind} width is ${spare} px too wide`);
    if (pictureOf(kind)) await picture(page, pictureOf(kind));
  }
}

export async function looksRight(page, name) {
  await fits(page, name, (kind) => `${name}-${kind}`);
  assert.deepEqual(page.complaints, [], `${name}: complaints of the browser`);
}

// Needs scripts, and a context with bypassCSP: the page's policy forbids foreign scripts, as it should.
export async function accessible(page, what, asked = [...rules, 'best-practice']) {
  const found = await page.evaluate(async ([source, runOnly]) => {
    (0, eval)(source);
    const result = await window.axe.run(document, { runOnly });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }, [axe, asked]);
  assert.deepEqual(found, [], `${what}: accessibility`);
}
// A mail is a part of somebody else's page: what that page has to have is not asked of it.
export const accessibleMail = (page, what) => accessible(page, what, rules);
