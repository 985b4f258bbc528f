// One call with a client certificate, by what Node has (18 or later).
//
//	node rest.mjs https://archive.example/v1/me e-banking.p12 password-file ca.pem
//
// The PKCS#12 stays encrypted. ca.pem is the CA that the server must come from (`counterfoil install pem` writes one); without
// it Node would trust every public CA instead.
import { readFileSync } from 'node:fs';
import https from 'node:https';

const [url, file, passwordFile, ca] = process.argv.slice(2);
if (!ca) {
	console.error('usage: node rest.mjs URL FILE.p12 PASSWORD-FILE CA.pem');
	process.exit(2);
}

const agent = new https.Agent({
	pfx: readFileSync(file),
	passphrase: readFileSync(passwordFile, 'utf8').split('\n')[0],
	ca: readFileSync(ca),
	minVersion: 'TLSv1.2',
	keepAlive: true,
});

// The signal ends the whole call, however slowly the answer drips.
https.get(url, { agent, signal: AbortSignal.timeout(30_000) }, async (response) => {
	let body = '';
	for await (const piece of response.setEncoding('utf8')) body += piece;
	console.log(response.statusCode);
	console.log(body);
	agent.destroy();
	process.exitCode = response.statusCode < 300 ? 0 : 1;
}).on('error', (error) => {
	console.error(`rest: ${error.code ?? error.name}: ${error.message}`);
	process.exitCode = 1;
});
