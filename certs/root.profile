# root: the anchor of trust; signs issuing CAs and its own CRL, and rests offline.
# counterfoil-profile(5) explains each key; `counterfoild check` tells what this file makes.
[profile]
purpose = the anchor of trust; signs issuing CAs and its own CRL, and rests offline

[key]
made = p384
brought = none

[life]
longest = 7305d
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
path_length = 1
ocsp_no_check = no

[addresses]
crl = none
issuer = none
ocsp = none
