// What hostile people write into forms, and a site of another origin that posts to ours.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

// Each would set window.pwned somewhere: as markup, in an attribute, in a script, in an address, in a template.
export const canaries = [
  '"><script>window.pwned=1</script>',
  '<img src=x onerror=window.pwned=1>',
  '</title></textarea><svg onload=window.pwned=1>',
  "' autofocus onfocus='window.pwned=1",
  '" autofocus onfocus="window.pwned=1',
  'javascript:window.pwned=1',
  "';window.pwned=1;'",
  '<!--{{name}}{{>part}}${window.pwned=1}-->',
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
    framed: (action, form = {}) =>
      add(`<iframe sandbox="allow-forms allow-scripts" srcdoc="${escape(`<form method="post" action="${escape(action)}">${fields(form)}</form><script>document.forms[0].submit()</script>`)}"></iframe>`),
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

// The page shows the text, and did nothing that it says.
export async function shownAsText(page, canary, what) {
  const seen = await page.evaluate((text) => ({
    pwned: window.pwned,
    shown: document.documentElement.textContent.includes(text) || [...document.querySelectorAll('input, textarea, option')].some((field) => field.value.includes(text)),
    handlers: [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].filter((one) => /^on/i.test(one.name) || /^\s*javascript:/i.test(one.value) && one.name !== 'value').map((one) => `${element.tagName} ${one.name}`)),
  }), canary);
  assert.equal(seen.pwned, undefined, `${what}: ${canary} ran`);
  assert.deepEqual(seen.handlers, [], `${what}: ${canary} became a handler`);
  assert.ok(seen.shown, `${what}: ${canary} is not shown`);
}
