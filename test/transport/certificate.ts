/** A self-signed certificate for localhost and its key, for tests only. It is valid for a hundred years. */

/** The certificate, PEM. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUApPzB6NO0GainqhLmtPOGl8Q+ucwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAyNDA0NFoYDzIxMjYxMDMw
MDI0MDQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQPBUm2uVct3IOfTk4w8to6BE8+cg+0PN2gX3hF/7flsc4OPVLmxZGw
EhOCdgArBayDoLb5AldNXr620qt3BqR2o28wbTAdBgNVHQ4EFgQUqfCwNxbDqGRv
ij5HcTxFQti70eMwHwYDVR0jBBgwFoAUqfCwNxbDqGRvij5HcTxFQti70eMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAMbhNhcfN0h6WRHBhT5OugNSqeSCbhxzko8qUozJC/jAAiEA
3SRnL4fhPrdREmKeX47yxijat9bR0BN6ihzgAvTuaVQ=
-----END CERTIFICATE-----
`;

/** Its key, PEM. Everybody can read it. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgb32ZeVcbQ//u6wd5
72dTaSoyVvzGJbQvlCTriyrHMk6hRANCAAQPBUm2uVct3IOfTk4w8to6BE8+cg+0
PN2gX3hF/7flsc4OPVLmxZGwEhOCdgArBayDoLb5AldNXr620qt3BqR2
-----END PRIVATE KEY-----
`;

/** What a client shows: a certificate for the common name client01, signed by itself. */
export const clientCertificate = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR6gAwIBAgIUHXTqY4m+zXq7gpnBqmjwjlzlTiEwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIY2xpZW50MDEwIBcNMjYxMTIzMDgyOTAyWhgPMjEyNjEwMzAw
ODI5MDJaMBMxETAPBgNVBAMMCGNsaWVudDAxMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEnyaspOCY8hk7lo9LwL3+uqb6NfQ9iX/Uo8iZQ3Rtb6EEzMDODMIyNW7S
4Kj0yM3JkoqbeaDCBF3PCo+KPndjyKNOMEwwCQYDVR0TBAIwADALBgNVHQ8EBAMC
B4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFJxY95GTX60XJnVCbitN
pfWl+9m4MAoGCCqGSM49BAMCA0kAMEYCIQCMpnpf+MvkaLyEcNpNnPNztjIr79PR
ZleFgHnY3wKYeQIhALm7y8myDxjZuwTrVtIE5TRLA+DC7x1kvW+DaMBf/aX4
-----END CERTIFICATE-----
`;

/** Its SHA-256. */
export const clientFingerprint =
  'E1:17:62:5F:E7:1B:54:6E:B2:93:F3:8A:28:70:0F:F3:83:4F:70:D0:E2:DA:E3:2C:F7:6A:00:49:1B:07:05:40';

/** Its key. Everybody can read it. */
export const clientKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh3PzVFcPu75nJ9y+
cB54KyrDe3EwnAlygsT0LpMIqHehRANCAASfJqyk4JjyGTuWj0vAvf66pvo19D2J
f9SjyJlDdG1voQTMwM4MwjI1btLgqPTIzcmSipt5oMIEXc8Kj4o+d2PI
-----END PRIVATE KEY-----
`;

/** Another certificate for `key`, which has expired. */
export const expiredCertificate = `-----BEGIN CERTIFICATE-----
MIIBIjCByQIUSI7yVXL2JVuVf68QJEFUgyl3KnQwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyNjAzNDYxNloXDTI2MTEyNTAzNDYxNlow
FDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
DwVJtrlXLdyDn05OMPLaOgRPPnIPtDzdoF94Rf+35bHODj1S5sWRsBITgnYAKwWs
g6C2+QJXTV6+ttKrdwakdjAKBggqhkjOPQQDAgNIADBFAiEAqqMeoSQg5H1iryPA
MjQpIYpQKUIsZZtcbBac4I3F+TMCIH/CChrPzyj78NbgDc6fasmZUTcPsAs1b+YV
X8IiIZxs
-----END CERTIFICATE-----
`;
