"""counterpart: a customer's web service, as the tests play it: REST and SOAP 1.1 and 1.2 (spyne, which is nobody's here).

It stands behind a web server that ends TLS and passes on, in headers that callers cannot set:
	X-Environment   production: only callers with a certificate are served; test: everybody is
	X-Protocol      what the caller speaks
	X-Client-Cert   the caller's certificate, in whatever form that server has
and asks `counterfoil peer` who that is. A caller reaches its own service's letters only. Each answer says which of the two
environments it comes from: by a header, and inside too.

	GET  /me                          who calls
	GET  /letters/ORG/SERVICE/N       a letter, 403 when it is another service's
	POST /soap11, /soap12             the same by SOAP: Fetch(organisation, service, number); /soap11?wsdl describes it
	any  /echo                        the body, sent back in chunks as it comes
	PUT  /count                       how long the body was, and whether it came in chunks
	GET  /bytes/N                     so many bytes; ?chunked without telling their number
	GET  /seen?HEADER_NAME            a header as it came

COUNTERPART_COMMAND is the command counterfoil, COUNTERPART_CA and COUNTERPART_CRL what it checks with. In production what is
not said is refused."""

import json
import os
import subprocess
from http import HTTPStatus

from spyne import Application, ComplexModel, Fault, Integer, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication

NAMESPACE = "urn:example:letters"
PIECE = b"0123456789abcdef" * 4096
LETTERS = {1: "Annual statement", 2: "Østre gate 7 & <Søn>"}


def judge(presented):
	"""What `counterfoil peer` says of the certificate: its JSON."""
	said = subprocess.run([os.environ["COUNTERPART_COMMAND"], "peer", "--json", "--ca", os.environ["COUNTERPART_CA"],
		"--crl", os.environ["COUNTERPART_CRL"], "-"], input=presented.encode("latin-1"), capture_output=True, check=False)
	try:
		return json.loads(said.stdout)
	except ValueError:
		return {"accepted": False, "verdict": "failed", "why": said.stderr.decode("utf-8", "replace")}


def answer(start, environment, status, content, kind="application/json"):
	if kind != "text/plain":
		content = json.dumps({**content, "environment": environment}) + "\n"
	body = content.encode()
	start(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", kind), ("Content-Length", str(len(body))),
		("X-Environment", environment)])
	return [body]


def refuse(start, environment, verdict):
	"""RFC 9457. The words are those that the library knows from Counterfoil's own service."""
	words = {"peer_revoked": "revoked", "peer_held": "revoked", "peer_expired": "expired"}
	status = 401 if verdict["verdict"] == "peer_absent" else 403
	return answer(start, environment, status, {"title": HTTPStatus(status).phrase, "status": status,
		"code": words.get(verdict["verdict"], verdict["verdict"]), "detail": verdict.get("why", "")}, "application/problem+json")


def owns(caller, organisation, service):
	"""In test there are no callers, and its letters are made up: everybody reads them."""
	return caller is None or (caller["organisation_slug"], caller["service_slug"]) == (organisation, service)


class Letter(ComplexModel):
	__namespace__ = NAMESPACE
	number = Integer
	title = Unicode
	environment = Unicode
	caller = Unicode


class Letters(ServiceBase):
	@rpc(Unicode, Unicode, Integer, _returns=Letter)
	def Fetch(ctx, organisation, service, number):
		caller, environment = ctx.transport.req_env["counterpart.caller"], ctx.transport.req_env["counterpart.environment"]
		if not owns(caller, organisation, service):
			raise Fault("Client.NotYours", f"letters of {organisation}/{service} are not for {caller['client_slug']}",
				detail={"environment": environment})
		if number == 500:
			raise RuntimeError("the archive is on fire")
		if number not in LETTERS:
			raise Fault("Client.NoSuchLetter", f"there is no letter {number}", detail={"environment": environment})
		return Letter(number=number, title=LETTERS[number], environment=environment,
			caller=caller["client_slug"] if caller else None)


def soap(protocol):
	return WsgiApplication(Application([Letters], NAMESPACE, name="Letters", in_protocol=protocol(validator="lxml"),
		out_protocol=protocol()))


def pieces(stream):
	while piece := stream.read(len(PIECE)):
		yield piece


def me(environ, start, environment):
	caller = environ["counterpart.caller"]
	names = ("organisation_slug", "service_slug", "client_slug", "serial")
	return answer(start, environment, 200, {"caller": caller and {name: caller[name] for name in names}})


def letter(environ, start, environment):
	path = environ["PATH_INFO"].split("/")[2:]
	if len(path) != 3 or not path[2].isdigit() or int(path[2]) not in LETTERS:
		return answer(start, environment, 404, {"title": "no such letter"}, "application/problem+json")
	if not owns(environ["counterpart.caller"], path[0], path[1]):
		return answer(start, environment, 403, {"title": "not yours", "code": "refused"}, "application/problem+json")
	return answer(start, environment, 200, {"number": int(path[2]), "title": LETTERS[int(path[2])]})


def echo(environ, start, environment):
	start("200 OK", [("Content-Type", environ.get("CONTENT_TYPE", "application/octet-stream")), ("X-Environment", environment)])
	return pieces(environ["wsgi.input"])


def count(environ, start, environment):
	total = sum(len(piece) for piece in pieces(environ["wsgi.input"]))
	return answer(start, environment, 200, {"bytes": total, "transfer": environ.get("HTTP_TRANSFER_ENCODING", "")})


def some_bytes(environ, start, environment):
	left = int(environ["PATH_INFO"].split("/")[2])
	headers = [("Content-Type", "application/octet-stream"), ("X-Environment", environment)]
	if environ["QUERY_STRING"] != "chunked":
		headers.append(("Content-Length", str(left)))
	start("200 OK", headers)
	for _ in range(left // len(PIECE)):
		yield PIECE
	yield PIECE[: left % len(PIECE)]


def seen(environ, start, environment):
	return answer(start, environment, 200, environ.get("HTTP_" + environ["QUERY_STRING"], ""), "text/plain")


class Marked:
	"""What spyne answers, with the environment in a header too."""

	def __init__(self, application):
		self.application = application

	def __call__(self, environ, start, environment):
		def marked(status, headers, *rest):
			return start(status, [*headers, ("X-Environment", environment)], *rest)
		environ["SCRIPT_NAME"] += environ["PATH_INFO"]
		environ["PATH_INFO"] = ""
		return self.application(environ, marked)


ROUTES = {"me": me, "letters": letter, "soap11": Marked(soap(Soap11)), "soap12": Marked(soap(Soap12)), "echo": echo,
	"count": count, "bytes": some_bytes, "seen": seen}


def application(environ, start):
	environment = "test" if environ.get("HTTP_X_ENVIRONMENT") == "test" else "production"
	environ["counterpart.environment"] = environment
	environ["counterpart.caller"] = None
	route = ROUTES.get(environ["PATH_INFO"].split("/")[1])
	if environment == "production" and route is not seen:
		verdict = judge(environ.get("HTTP_X_CLIENT_CERT", ""))
		if verdict.get("accepted") is not True:
			for _ in pieces(environ["wsgi.input"]):
				pass  # closed on bytes that nobody read, the connection would be reset, and the answer lost with it
			return refuse(start, environment, verdict)
		environ["counterpart.caller"] = verdict
	if route is None:
		return answer(start, environment, 404, {"title": "no such path"}, "application/problem+json")
	return route(environ, start, environment)
