#!/bin/sh
# Makes the certificate with which tests speak TLS to 127.0.0.1: self-signed, for 100 years, its key public and good for nothing else.
set -eu
cd "$(dirname "$0")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -sha256 \
  -subj "/CN=voice tests" -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" \
  -keyout key.pem -out cert.pem
