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

const answerOf = (agent) => new Promise((resolve, reject) => {
	// The signal ends the whole call, however slowly the answer drips.
	https.get(url, { agent, signal: AbortSignal.timeout(30_000) }, async (response) => {
		let body = '';
		try {
			for await (const piece of response.setEncoding('utf8')) body += piece;
			resolve({ status: response.statusCode, body });
		} catch (error) {
			reject(error);
		}
	}).on('error', reject);
});

try {
	const agent = new https.Agent({
		pfx: readFileSync(file),
		passphrase: readFileSync(passwordFile, 'utf8').split('\n')[0],
		ca: readFileSync(ca),
		minVersion: 'TLSv1.2',
		keepAlive: true,
	});
	const { status, body } = await answerOf(agent);
	agent.destroy();
	console.log(status);
	console.log(body);
	process.exitCode = status < 300 ? 0 : 1;
} catch (error) { // a wrong password too: the file is opened with the first connection
	console.error(`rest: ${error.code ?? error.name}: ${error.message}`);
	process.exitCode = 1;
}
