// Members of the staff at a Chromium of their own. The certificate is theirs in an NSS store, and the browser itself does
// the handshake: no proxy, no policy of the machine, nothing outside a temporary folder, and no certificate error ignored.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { flags, listen, widths } from './browser.mjs';
import { build } from './installation.mjs';

const run = promisify(execFile);

// The break-glass way, on the host: the package of a new member of the staff, and the file with its password.
export async function newMember(installation, name, role) {
  const at = join(installation.dir, `${role}-${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`);
  const { stdout } = await run(join(build, 'test/counterfoild'),
    ['admin', 'new', '--config', join(installation.dir, 'counterfoil.conf'), '--name', name, '--role', role, '--out', `${at}.p12`]);
  await writeFile(`${at}.password`, stdout, { mode: 0o600 });
  return { name, role, p12: `${at}.p12`, passwordFile: `${at}.password` };
}
export const firstAdministrator = (installation) => ({ name: 'Ada Administrator', role: 'administrator', p12: `${installation.dir}/admin.p12`, passwordFile: `${installation.dir}.admin-password` });

// A home with a certificate store (empty but for our root, when there is no member), and a profile that says which site
// may have the certificate without asking: a browser without a screen would wait for an answer for ever.
async function makeHome(installation, member) {
  const home = await mkdtemp(join(tmpdir(), 'counterfoil-staff-'));
  const store = join(home, '.pki/nssdb');
  const profile = join(home, 'profile');
  await mkdir(store, { recursive: true });
  await mkdir(join(profile, 'Default'), { recursive: true });
  await run('certutil', ['-N', '-d', `sql:${store}`, '--empty-password']);
  await run('certutil', ['-A', '-d', `sql:${store}`, '-n', 'root', '-t', 'C,,', '-i', `${installation.dir}/ca/root.pem`]);
  if (member) await run('pk12util', ['-i', member.p12, '-d', `sql:${store}`, '-w', member.passwordFile, '-K', '']);
  const sites = { [`https://localhost:${installation.ports.PORT_MEMBERS},*`]: { setting: { filters: [{}] } } };
  await writeFile(join(profile, 'Default/Preferences'), JSON.stringify({ profile: { content_settings: { exceptions: { auto_select_certificate: sites } } } }));
  return { home, profile };
}

// A member (or null: somebody without a certificate) at a browser. open() gives pages that share its session.
export async function sitDown(installation, member) {
  const { home, profile } = await makeHome(installation, member);
  const env = { ...process.env, HOME: home };
  for (const name of Object.keys(env)) if (name.startsWith('XDG_')) delete env[name];
  const context = await chromium.launchPersistentContext(profile, { ...flags, env, acceptDownloads: true, viewport: widths.desktop, reducedMotion: 'reduce' });
  const origin = `https://localhost:${installation.ports.PORT_MEMBERS}`;
  return {
    member, context, origin,
    // scripts: false as a person would turn them off; bypassPolicy: lets the tests' own scripts in.
    async open({ scripts = true, bypassPolicy = false, colorScheme = 'light', viewport = widths.desktop } = {}) {
      const page = listen(await context.newPage());
      page.setDefaultTimeout(15_000);
      const session = await context.newCDPSession(page);
      if (!scripts) await session.send('Emulation.setScriptExecutionDisabled', { value: true });
      if (bypassPolicy) await session.send('Page.setBypassCSP', { enabled: true });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      return page;
    },
    async leave() {
      await context.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
