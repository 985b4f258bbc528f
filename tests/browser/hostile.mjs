// What hostile people write into forms, and a site of another origin that posts to ours.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

// Each sets window.pwned where it stands as it is in such a page: as markup, in an attribute, in a script, in an address.
export const canaries = [
  ['"><script>window.pwned=1</script>', (text) => `<input value="${text}">`],
  ['<img src=x onerror=window.pwned=1>', (text) => `<p>${text}</p>`],
  ['</title></textarea><svg onload=window.pwned=1>', (text) => `<textarea>${text}</textarea>`],
  ["' autofocus onfocus='window.pwned=1", (text) => `<input value='${text}'>`],
  ['" autofocus onfocus="window.pwned=1', (text) => `<input value="${text}">`],
  ['javascript:window.pwned=1', (text) => `<a id="a" href="${text}">a</a>`],
  ["';window.pwned=1;'", (text) => `<script>var name = '${text}';</script>`],
  ['<!--{{name}}{{>part}}${window.pwned=1}-->', (text) => `<script>var name = \`${text}\`;</script>`],
];

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const fields = (form) => Object.entries(form).map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`).join('');

// post: a form that submits itself. framed: the same in a frame without an origin of its own. raw: a page as it stands.
export async function startForeignSite() {
  const pages = new Map();
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(pages.get(request.url) ?? '<!doctype html><title>foreign</title>');
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const add = (html) => {
    const path = `/${pages.size}`;
    pages.set(path, `<!doctype html><meta charset="utf-8"><title>foreign</title>${html}`);
    return origin + path;
  };
  return {
    origin,
    raw: add,
    post: (action, form = {}, type = 'application/x-www-form-urlencoded') =>
      add(`<form id="f" method="post" enctype="${type}" action="${escape(action)}">${fields(form)}<button id="go">go</button></form>`),
    framed: (actions, form = {}) =>
      add(actions.map((action) => `<iframe sandbox="allow-forms allow-scripts" srcdoc="${escape(`<form method="post" action="${escape(action)}">${fields(form)}</form><script>document.forms[0].submit()</script>`)}"></iframe>`).join('')),
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

// The page shows the text, and did nothing that it says.
export async function shownAsText(page, canary, what, { shown = true } = {}) {
  const seen = await page.evaluate((text) => ({
    pwned: window.pwned,
    shown: document.documentElement.textContent.includes(text) || [...document.querySelectorAll('input, textarea, option')].some((field) => field.value.includes(text)),
    handlers: [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].filter((one) => /^on/i.test(one.name) || /^\s*javascript:/i.test(one.value) && one.name !== 'value').map((one) => `${element.tagName} ${one.name}`)),
  }), canary);
  assert.equal(seen.pwned, undefined, `${what}: ${canary} ran`);
  assert.deepEqual(seen.handlers, [], `${what}: ${canary} became a handler`);
  assert.ok(seen.shown || !shown, `${what}: ${canary} is not shown`);
}
