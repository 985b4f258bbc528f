// A real installation on loopback for the browser tests, and an administrator who orders through the command.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, existsSync, rmSync, writeFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const build = process.env.BUILD ?? join(root, 'build');

export async function until(what, probe, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never became true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Started with a hook of the shell, which may change the configuration in "$1".
export async function startInstallation(hook = '') {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-browser-'));
  const dir = join(folder, 'installation');
  const clock = join(folder, 'clock');
  writeFileSync(clock, '0');
  const daemon = spawn(join(build, 'tools/sockets'),
    ['--', join(root, 'tests/support/installation'), dir, join(build, 'test/counterfoild')],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, COUNTERFOIL_TEST_CLOCK: clock, INSTALLATION_NAME: 'Nordic Trust', INSTALLATION_HOOK: hook } });
  await until('the ports are known', () => existsSync(`${dir}.env`), 60);
  const ports = Object.fromEntries(readFileSync(`${dir}.env`, 'utf8').trim().split('\n').map((line) => line.split('=')));
  await until('the daemon is ready', async () => {
    try {
      return (await fetch(`http://localhost:${ports.PORT_OPS}/readyz`)).ok;
    } catch {
      return false;
    }
  }, 60);

  const command = (...words) => execFileSync(join(build, 'counterfoil'),
    ['--server', `https://localhost:${ports.PORT_MEMBERS}`, '--ca', `${dir}/ca/root.pem`, '--identity', `${dir}/admin.p12`,
      '--password-file', `${dir}.admin-password`, '--json', ...words], { encoding: 'utf8' });
  command('organisation', 'add', '--slug', 'nordbank', '--name', 'Nordbank');
  command('service', 'add', '--organisation', 'nordbank', '--slug', 'document-archive', '--name', 'Document archive');
  command('client', 'add', '--organisation', 'nordbank', '--service', 'document-archive', '--slug', 'e-banking', '--name', 'e-banking', '--several', 'yes');
  command('contact', 'add', '--organisation', 'nordbank', '--name', 'Kari Nordmann', '--email', 'kari@nordbank.example', '--mobile', '+4791234567');

  command('contact', 'add', '--organisation', 'nordbank', '--name', 'Ola Nordmann', '--email', 'ola@nordbank.example', '--mobile', '+4791234567', '--language', 'nb');

  const spool = join(dir, 'spool');
  // What does not end in .txt is being written.
  const messages = (kind) => readdirSync(spool).filter((name) => name.includes(`-${kind}-`) && name.endsWith('.txt'));
  const newest = (kind, known) => until(`a ${kind} message`, () => {
    const fresh = messages(kind).filter((name) => !known.has(name));
    return fresh.length ? readFileSync(join(spool, fresh.sort((a, b) => statSync(join(spool, a)).mtimeMs - statSync(join(spool, b)).mtimeMs).pop()), 'utf8') : null;
  });
  const codeOf = (text) => /#([2-9A-HJ-NP-Z]{8})/.exec(text)[1];

  return {
    ports, dir, command, messages, newest, codeOf,
    moveClock: (seconds) => writeFileSync(clock, String(seconds)),
    // A clerk that starts looks at once at what time has overtaken; one that runs, every ten seconds.
    lookNow: () => process.kill(Number(execFileSync('pgrep', ['-P', readFileSync(`${dir}.pid`, 'utf8').trim(), '-f', 'role clerk'], { encoding: 'utf8' })), 'SIGKILL'),
    client: (slug, name) => command('client', 'add', '--organisation', 'nordbank', '--service', 'document-archive', '--slug', slug, '--name', name, '--several', 'yes'),
    // An order: its link, its code, and how to ask for its state.
    async order(client = 'e-banking', contact = 'kari@nordbank.example', more = []) {
      const before = new Set([...messages('link'), ...messages('code')]);
      const { id } = JSON.parse(command('order', 'new', '--organisation', 'nordbank', '--service', 'document-archive', '--client', client,
        '--contact', contact, ...more));
      const link = /https:\/\/\S+\/d\/[A-Za-z0-9_-]{22}/.exec(await newest('link', before))[0];
      const code = codeOf(await newest('code', before));
      return { id, link, code, state: () => JSON.parse(command('order', 'show', id)).state, show: () => JSON.parse(command('order', 'show', id)) };
    },
    stop() {
      return new Promise((resolve) => {
        daemon.once('exit', () => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        daemon.kill('SIGTERM');
      });
    },
  };
}
