"""zeep_caller WSDL ADDRESS CA CERTIFICATE: a SOAP client that is none of ours, with the same certificate. One line of JSON.

The letter that is its own, and what it is told of another's and of one that does not exist. Exits 1 when it gets no further."""

import json
import sys

import requests
import zeep
from zeep.transports import Transport

wsdl, address, ca, certificate = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.verify = ca
session.cert = certificate
client = zeep.Client(wsdl, transport=Transport(session=session, timeout=20))
service = client.create_service(next(iter(client.wsdl.bindings)), address)


def fault(*arguments):
	try:
		service.Fetch(*arguments)
	except zeep.exceptions.Fault as said:
		return {"code": said.code, "reason": said.message}
	raise SystemExit(f"{arguments} was served")


letter = service.Fetch("nordbank", "document-archive", 2)
print(json.dumps({"title": letter.title, "environment": letter.environment, "caller": letter.caller,
	"not ours": fault("nordbank", "payments", 2), "no such": fault("nordbank", "document-archive", 99)}))
