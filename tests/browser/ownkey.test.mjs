// A key of the recipient's own, in the browser: phone and desktop, in two languages, with and without scripts.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, looksRight, openPage, startBrowser } from './browser.mjs';
import { startInstallation } from './installation.mjs';

const folder = mkdtempSync(join(tmpdir(), 'counterfoil-ownkey-'));
let installation;
let browser;

before(async () => {
  installation = await startInstallation();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await installation?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// What the page tells people to run, run as it stands.
function run(command) {
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
}

const languages = {
  en: { locale: 'en-GB', proceed: 'Continue', refused: /not taken.*neither DER nor a PEM/s, ready: /is ready/, notFetched: /has not been fetched/, done: /nothing more will come/ },
  nb: { locale: 'nb-NO', proceed: 'Fortsett', refused: /ikke godtatt.*neither DER nor a PEM/s, ready: /er klart/, notFetched: /ikke hentet/, done: /kommer ikke mer/ },
};

for (const [tag, words] of Object.entries(languages)) for (const scripts of [true, false]) {
  test(`a key of one's own, ${tag}, ${scripts ? 'with' : 'without'} scripts`, { timeout: 120_000 }, async () => {
    const name = (page) => `${tag}-own-${page}${scripts ? '' : '-plain'}`;
    const order = await installation.order('e-banking', 'kari@nordbank.example', ['--own-key', 'yes']);
    const page = await openPage(browser, { bypassCSP: scripts, locale: words.locale, javaScriptEnabled: scripts });
    const looks = async (what) => {
      assert.equal(await page.getAttribute('html', 'lang'), tag, 'the language of the page');
      assert.equal(await page.locator('h1').count(), 1, `${what}: one heading`);
      assert.doesNotMatch(await page.content(), /4567|\{\{/, `${what}: the number is masked, and every place is filled`);
      await looksRight(page, name(what));
      if (scripts) await accessible(page, name(what)); // without them nothing that takes time is evaluated to its end
    };
    await page.goto(order.link);
    await page.check('#own');
    await looks('1-intro');
    await page.fill('#code', order.code);
    await page.click(`text=${words.proceed}`);
    await page.waitForURL(/\/request$/);
    const commands = await page.locator('pre code').allTextContents();
    assert.equal(commands[0], `counterfoil collect ${order.link} --key e-banking.key`);
    await looks('2-request');
    await page.fill('#request', 'garbage');
    await page.click('#send-request');
    assert.match(await page.textContent('[role=alert]'), words.refused);
    assert.equal(order.state(), 'collecting');
    await looks('3-refused');
    run(`rm -f e-banking.*; ${commands[1]}`);
    if (scripts) await page.setInputFiles('#file', join(folder, 'e-banking.csr'));
    else await page.fill('#request', readFileSync(join(folder, 'e-banking.csr'), 'utf8'));
    await page.click('#send-request');
    await page.waitForURL(/\/file$/);
    assert.match(await page.textContent('h1'), words.ready);
    await looks('4-certificate');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#certificate')]);
    assert.match(download.suggestedFilename(), /^e-banking-\d{8}\.pem$/);
    writeFileSync(join(folder, 'chain.pem'), readFileSync(await download.path()));
    run('test "$(openssl x509 -in chain.pem -noout -pubkey)" = "$(openssl pkey -in e-banking.key -pubout)"');
    await page.click('#saved');
    await page.waitForURL(/\/done$/);
    assert.match(await page.textContent('h1'), words.done);
    assert.ok((await page.locator('pre code').allTextContents()).join('\n').includes(download.suggestedFilename()), 'the commands name the very file');
    await looks('5-done');
    assert.equal(order.state(), 'received');
    assert.equal(order.show().messages.filter((message) => message.kind === 'password').length, 0, 'no password is sent');
    await page.goto(order.link);
    assert.match(page.url(), /\/done$/, 'the same browser is led to the end');
    await page.context().close();
  });
}
