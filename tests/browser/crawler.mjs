// Every link and every form that the console shows to one member of the staff, held against the table of routes.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './installation.mjs';

// The members' listener's routes: what a path is matched by, and who may.
export const routes = execFileSync(join(build, 'tools/routes'), { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t'))
  .filter(([listener]) => listener === 'members')
  .map(([, method, path, who]) => ({ method, path, who: who.split(','), pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`), fixed: !path.includes('{') }));

// A fixed path before one with a place in it, as the daemon matches.
export const routeOf = (method, path) => {
  const fitting = routes.filter((route) => route.method === method && route.pattern.test(path));
  return fitting.find((route) => route.fixed) ?? fitting[0];
};

// What the page at hand fetches and reads: run in the browser. Addresses and actions without their fragments.
async function lookAt(paths) {
  return Promise.all(paths.map(async (path) => {
    const answer = await fetch(path, { redirect: 'follow' });
    const type = answer.headers.get('content-type') ?? '';
    const text = await answer.text();
    const found = { path, status: answer.status, links: [], forms: [], queries: [], assets: [], foreign: [] };
    if (!type.startsWith('text/html')) return found;
    const document = new DOMParser().parseFromString(text, 'text/html');
    const base = new URL(answer.url);
    const here = (url) => {
      const whole = new URL(url, base);
      return whole.origin === base.origin ? whole.pathname + whole.search : whole.href;
    };
    for (const link of document.querySelectorAll('a[href]')) found.links.push(here(link.getAttribute('href')));
    for (const asset of document.querySelectorAll('link[href], script[src], img[src]')) found.assets.push(here(asset.getAttribute('href') ?? asset.getAttribute('src')));
    // What only markup of somebody else's would bring.
    for (const element of document.querySelectorAll('*')) {
      const odd = [...element.attributes].filter((one) => /^on|^style$|^srcdoc$/i.test(one.name) || (one.name !== 'value' && /^\s*javascript:/i.test(one.value)));
      const script = element.localName === 'script' && (element.textContent !== '' || !/^\/console\/assets\//.test(element.getAttribute('src')));
      if (odd.length || script || /^(iframe|object|embed|style|base|img)$/.test(element.localName)) found.foreign.push(element.outerHTML.slice(0, 200));
    }
    for (const form of document.querySelectorAll('form')) {
      const action = here(form.getAttribute('action') ?? base.href);
      (form.method === 'post' ? found.forms : found.queries).push(action);
    }
    return found;
  }));
}

// All that can be reached from `start`: pages as [{path, status, links, forms}]. Of addresses that one route answers with
// the same names in the query, a few are enough.
export async function crawl(page, origin, start, { few = 6, atOnce = 6 } = {}) {
  await page.goto(origin + start);
  const seen = new Set([start]);
  const counted = new Map();
  const pages = [];
  const wanted = (address) => {
    if (!address.startsWith('/')) return false;
    const url = new URL(address, origin);
    const kind = `${routeOf('GET', url.pathname)?.path ?? url.pathname}?${[...url.searchParams.keys()].sort().join('&')}`;
    counted.set(kind, (counted.get(kind) ?? 0) + 1);
    return counted.get(kind) <= few;
  };
  let waiting = [start];
  while (waiting.length) {
    const next = [];
    for (const one of await page.evaluate(lookAt, waiting.splice(0, atOnce))) {
      pages.push(one);
      for (const address of [...one.links, ...one.assets]) {
        if (seen.has(address)) continue;
        seen.add(address);
        if (wanted(address)) next.push(address);
      }
    }
    waiting.push(...next);
  }
  return pages;
}
