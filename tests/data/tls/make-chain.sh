#!/bin/sh
# Makes an authority of our own and what servers do wrong with its certificates, for tests on 127.0.0.1: 100 years valid but for the expired one.
# The key of all servers is key.pem (make.sh); the authority's own keys are thrown away.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$work/$1.key"; }

# sign NAME SUBJECT ISSUER DAYS EXTENSIONS: NAME.pem, for the key NAME.key, by ISSUER.
sign() {
  openssl req -new -key "$work/$1.key" -subj "/CN=$2" -out "$work/$1.csr"
  printf '%s\n' "$5" >"$work/$1.ext"
  openssl x509 -req -sha256 -in "$work/$1.csr" -CA "$work/$3.pem" -CAkey "$work/$3.key" -CAcreateserial -days "$4" \
    -extfile "$work/$1.ext" -out "$work/$1.pem" 2>/dev/null
}

ca='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
here='subjectAltName=IP:127.0.0.1,DNS:localhost'

key root
openssl req -x509 -key "$work/root.key" -sha256 -days 36500 -subj '/CN=voice tests: root' \
  -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$work/root.pem"
key between
sign between 'voice tests: intermediate' root 36500 "$ca"
for leaf in good expired misnamed; do cp key.pem "$work/$leaf.key"; done
sign good 127.0.0.1 between 36500 "$here"
# A negative number of days: it ended before it began, so that it is over at any time.
sign expired 127.0.0.1 between -1 "$here"
sign misnamed old.example.com between 36500 'subjectAltName=DNS:old.example.com'

cp "$work/root.pem" root.pem
cp "$work/good.pem" lonely.pem
for leaf in good expired misnamed; do cat "$work/$leaf.pem" "$work/between.pem" >"$leaf.pem"; done
