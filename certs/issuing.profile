# issuing: signs the certificates of clients, staff, servers and the OCSP responder.
# counterfoil-profile(5) explains each key; `counterfoild check` tells what this file makes.
[profile]
purpose = signs the certificates of clients, staff, servers and the OCSP responder

[key]
made = p256, p384
brought = none

[life]
longest = 3652d
backdate = 5m

[subject]
O = {organisation?}
CN = {name}

[san]
uri = none
hosts = no

[usage]
key = keyCertSign, cRLSign
extended = none

[extensions]
path_length = 0
ocsp_no_check = no

[addresses]
crl = {status}/crl/root.crl
issuer = {status}/ca/root.cer
ocsp = none
